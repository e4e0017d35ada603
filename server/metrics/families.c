/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "metrics/families.h"

#include "metrics/scribe.h"

#include <string.h>

/* clang-format off */
static const struct { const char *name, *type, *help; } families[] = {
	[FAMILY_BUILD_INFO] = { "bindery_build_info", "gauge", "Always 1; the labels say what runs." },
	[FAMILY_START_TIME] = { "bindery_process_start_time_seconds", "gauge", "When the process began to serve, since 1970." },
	[FAMILY_GENERATION] = { "bindery_generation", "gauge", "Number of the generation that serves." },
	[FAMILY_GENERATIONS] = { "bindery_generations", "gauge", "Generations that live: the one that serves, and those whose connections have not ended." },
	[FAMILY_RELOADS] = { "bindery_reloads_total", "counter", "Reloads, by result." },
	[FAMILY_RELOAD_OK] = { "bindery_reload_last_ok", "gauge", "Whether the last reload was good; 1 when there was none." },
	[FAMILY_RELOAD_TIME] = { "bindery_reload_last_time_seconds", "gauge", "When the last reload was, since 1970; 0 when there was none." },
	[FAMILY_RELOAD_DURATION] = { "bindery_reload_last_duration_seconds", "gauge", "How long the last reload took." },
	[FAMILY_IMAGES] = { "bindery_plugin_images", "gauge", "Plugin files that are mapped." },
	[FAMILY_IMAGES_RETIRED] = { "bindery_plugin_images_retired", "gauge", "Those of them that no live generation uses; they stay until the process ends." },
	[FAMILY_LOG_LOST] = { "bindery_log_lines_lost_total", "counter", "Lines of log that nobody took in time." },
	[FAMILY_CPU] = { "bindery_process_cpu_seconds_total", "counter", "CPU time of the process, user and system." },
	[FAMILY_RESIDENT] = { "bindery_process_resident_memory_bytes", "gauge", "Resident memory." },
	[FAMILY_FDS] = { "bindery_process_open_fds", "gauge", "Open file descriptors." },
	[FAMILY_FDS_MOST] = { "bindery_process_max_fds", "gauge", "The limit of open file descriptors." },
	[FAMILY_THREADS] = { "bindery_process_threads", "gauge", "Threads of the process." },
	[FAMILY_CONNECTIONS] = { "bindery_pipeline_connections", "gauge", "Connections now." },
	[FAMILY_ACCEPTED] = { "bindery_pipeline_accepted_total", "counter", "Connections that began." },
	[FAMILY_ENDED] = { "bindery_pipeline_ended_total", "counter", "Connections that ended, by reason." },
	[FAMILY_RECEIVED] = { "bindery_pipeline_received_bytes_total", "counter", "Bytes read from clients and backends." },
	[FAMILY_SENT] = { "bindery_pipeline_sent_bytes_total", "counter", "Bytes that the kernel took for clients and backends." },
	[FAMILY_STALLS] = { "bindery_pipeline_stalls_total", "counter", "How often a client's or backend's socket took no more for the moment." },
	[FAMILY_CONNECT] = { "bindery_pipeline_connect_seconds", "histogram", "Time from opening the last binding until the backend was connected." },
	[FAMILY_LIFETIME] = { "bindery_pipeline_lifetime_seconds", "histogram", "Age of connections when they ended." },
	[FAMILY_WORKER_CONNECTIONS] = { "bindery_worker_connections", "gauge", "Connections now." },
	[FAMILY_WORKER_TURN] = { "bindery_worker_turn_seconds", "histogram", "Work of one turn of the event loop: how long others may have had to wait." },
	[FAMILY_WORKER_PEAK] = { "bindery_worker_turn_peak_seconds", "gauge", "The longest turn of the last minute." },
	[FAMILY_WORKER_PAUSES] = { "bindery_worker_accept_pauses_total", "counter", "How often accepting paused: for want of descriptors or memory, or at limits.connections." },
	[FAMILY_WORKER_HELD] = { "bindery_worker_slow_callbacks_total", "counter", "Callbacks of plugins that held the worker for 100 ms or longer." },
	[FAMILY_WORKER_TURNED_AWAY] = { "bindery_worker_turned_away_total", "counter", "Clients that were reset because descriptors had run out." },
};
/* clang-format on */

const char *
family_begin(FILE *out, enum family f)
{
	scribe_family(
	    out, families[f].name, families[f].type, families[f].help);
	return families[f].name;
}

bool
family_is_ours(const char *name)
{
	for (unsigned i = 0; i < FAMILY_COUNT; i++)
		if (strcmp(families[i].name, name) == 0)
			return true;
	return false;
}
