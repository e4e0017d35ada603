/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/ask.h"

#include "base/utf8.h"
#include "tool/client.h"
#include "tool/command.h"
#include "tool/screen.h"
#include "tool/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static char *
ask_request(const char *command, const json_t *arguments)
{
	CLEANUP(json_release)
	json_t *request = json_pack(
	    "{s:i, s:s}", "bindery", ASK_PROTOCOL, "command", command);
	char *text, *line = NULL;

	if (!request)
		return NULL;
	if (json_object_size(arguments) &&
	    json_object_set_new(
		request, "arguments", json_deep_copy(arguments)) < 0)
		return NULL;
	text = json_dumps(request, JSON_COMPACT);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}

static int
ask_strange(const char *what)
{
	return tool_fail(EX_SOFTWARE,
	    "the daemon's answer %s: does another program serve the socket?",
	    what);
}

/* Is it an answer, and of our protocol? */
static int
ask_check(const json_t *o)
{
	const json_t *ok = json_object_get(o, "ok");
	int64_t version = view_int(o, "bindery");

	if (!json_is_object(o) || !version)
		return ask_strange("is not one of binderyd");
	if (version != ASK_PROTOCOL)
		return tool_fail(EX_SOFTWARE,
		    "the daemon speaks version %lld of the protocol, this "
		    "program version %d: use the one that came with the daemon",
		    (long long)version, ASK_PROTOCOL);
	if (json_is_true(ok) && json_is_object(json_object_get(o, "answer")))
		return EX_OK;
	if (json_is_false(ok) && json_is_string(json_object_get(o, "error")))
		return STATUS_REFUSED;
	return ask_strange("lacks members");
}

static int
ask_text(const struct tool *t, const char *request, json_t **object_r)
{
	CLEANUP(client_answer_finish) struct client_answer a = { 0 };
	json_error_t error;
	size_t n = strlen(request);
	int rc;

	if (n > CLIENT_REQUEST_MAX)
		return tool_fail(EX_USAGE,
		    "the arguments are longer than the %d bytes that the "
		    "daemon takes",
		    CLIENT_REQUEST_MAX);
	rc = client_ask(t->socket,
	    t->timeout_ms ? t->timeout_ms : t->command->timeout_ms, request, n,
	    &a);
	if (rc)
		return rc;
	*object_r = json_loadb(a.text, a.size, 0, &error);
	if (!*object_r && json_error_code(&error) == json_error_out_of_memory)
		return tool_no_memory();
	return *object_r ? EX_OK : ask_strange("is not JSON");
}

int
ask(const struct tool *t, const char *command, const json_t *arguments,
    json_t **answer_r)
{
	CLEANUP(json_release) json_t *object = NULL;
	char *request = ask_request(command, arguments);
	int rc;

	*answer_r = NULL;
	if (!request)
		return tool_no_memory();
	rc = ask_text(t, request, &object);
	free(request);
	if (!rc)
		rc = ask_check(object);
	if (rc == EX_OK)
		*answer_r = json_incref(json_object_get(object, "answer"));
	else if (rc == STATUS_REFUSED)
		*answer_r = json_incref(object);
	return rc;
}

int
ask_refused(const struct tool *t, const json_t *answer)
{
	json_t *errors = json_object_get(answer, "errors"), *line;
	size_t i;

	if (t->is_json) {
		CLEANUP(json_release)
		json_t *o = json_pack("{s:s, s:O*}", "error",
		    view_text(answer, "error"), "errors", errors);
		int rc = o ? tool_print_json(o) : tool_no_memory();

		return rc ? rc : STATUS_REFUSED;
	}
	screen_stop(); /* what is said on it goes with it */
	json_array_foreach(errors, i, line)
	{
		char *text = strdup(
		    json_is_string(line) ? json_string_value(line) : "?");

		if (!text)
			return tool_no_memory();
		utf8_tame(text);
		fprintf(stderr, "%s\n", text);
		free(text);
	}
	return tool_fail(STATUS_REFUSED, "%s", view_text(answer, "error"));
}

int
ask_well(const struct tool *t, const char *command, const json_t *arguments,
    json_t **answer_r)
{
	int rc = ask(t, command, arguments, answer_r);

	if (rc != STATUS_REFUSED)
		return rc;
	rc = ask_refused(t, *answer_r);
	json_decref(*answer_r);
	*answer_r = NULL;
	return rc;
}

int
ask_and_print(struct tool *t)
{
	CLEANUP(json_release) json_t *answer = NULL;
	int rc = ask_well(t, t->command->asks, t->arguments, &answer);

	if (rc)
		return rc;
	if (t->is_json && t->command->note)
		t->command->note(t, answer);
	return t->is_json ? tool_print_json(answer)
			  : t->command->print(t, answer);
}
