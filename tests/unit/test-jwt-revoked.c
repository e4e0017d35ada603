/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Lists of what is revoked, and patterns of destinations. */

#include "unit.h"

#include "../../plugins/jwt-guard/jwt-pattern.c"
#include "../../plugins/jwt-guard/jwt-revoked.c"

static struct jwt_revoked *
list(const char *text)
{
	struct jwt_revoked *r;

	ck_assert_int_eq(jwt_revoked_read(&r, text, strlen(text)), 0);
	return r;
}

START_TEST(lines_are_names)
{
	struct jwt_revoked *r = list("# old\n\n j-1 \r\nidentity:bob\n"
				     "jti:alice\n\tsystem:x y\t\n#j-9\nlast");

	ck_assert_uint_eq(jwt_revoked_count(r), 5);
	ck_assert(jwt_revoked_has(r, "j-1", NULL));
	ck_assert(jwt_revoked_has(r, NULL, "j-1"));
	ck_assert(jwt_revoked_has(r, "z", "bob"));
	ck_assert(!jwt_revoked_has(r, "bob", "z"));
	ck_assert(jwt_revoked_has(r, "alice", "z"));
	ck_assert(!jwt_revoked_has(r, "z", "alice"));
	ck_assert(jwt_revoked_has(r, NULL, "system:x y"));
	ck_assert(jwt_revoked_has(r, "last", NULL));
	ck_assert(!jwt_revoked_has(r, "j-9", "j-"));
	ck_assert(!jwt_revoked_has(r, "j-1 ", ""));
	ck_assert(!jwt_revoked_has(r, NULL, NULL));
	jwt_revoked_unref(&r);
	ck_assert_ptr_null(r);
}
END_TEST

START_TEST(a_space_behind_the_prefix_does_not_count)
{
	struct jwt_revoked *r =
	    list("jti: a\n identity:\t b c \njti:\nidentity:  d\n");

	ck_assert_uint_eq(jwt_revoked_count(r), 4);
	ck_assert(jwt_revoked_has(r, "a", NULL));
	ck_assert(!jwt_revoked_has(r, NULL, "a"));
	ck_assert(jwt_revoked_has(r, NULL, "b c"));
	ck_assert(jwt_revoked_has(r, NULL, "d"));
	ck_assert(!jwt_revoked_has(r, "d", NULL));
	jwt_revoked_unref(&r);
}
END_TEST

START_TEST(nothing_is_an_empty_list)
{
	struct jwt_revoked *r = list("");

	ck_assert_uint_eq(jwt_revoked_count(r), 0);
	ck_assert(!jwt_revoked_has(r, "", ""));
	jwt_revoked_unref(&r);
	jwt_revoked_unref(&r);
	ck_assert(!jwt_revoked_has(NULL, "a", "b"));
	ck_assert_uint_eq(jwt_revoked_count(NULL), 0);
	ck_assert_int_eq(jwt_revoked_read(&r, "a\0b", 3), -EINVAL);
	ck_assert_ptr_null(r);
}
END_TEST

START_TEST(a_list_lives_as_long_as_somebody_holds_it)
{
	struct jwt_revoked *a = list("x"), *b = jwt_revoked_ref(a);

	jwt_revoked_unref(&a);
	ck_assert(jwt_revoked_has(b, "x", NULL));
	jwt_revoked_unref(&b);
}
END_TEST

START_TEST(patterns_fit_what_they_say)
{
	static const struct {
		const char *pattern, *destination;
		bool fits;
	} cases[] = {
		{ "db:5432", "db:5432", true },
		{ "DB:5432", "db:5432", true },
		{ "db:5432", "db:54321", false },
		{ "db:5432", "xdb:5432", false },
		{ "db:5432", "db:", false },
		{ "db:5432", "db", false },
		{ "db:*", "db:1", true },
		{ "*:22", "anything:22", true },
		{ "*:22", "[::1]:22", true },
		{ "*:*", "a:1", true },
		{ "*.a.example:1", "b.a.example:1", true },
		{ "*.a.example:1", "c.b.A.example:1", true },
		{ "*.a.example:1", "a.example:1", false },
		{ "*.a.example:1", ".a.example:1", false },
		{ "*.a.example:1", "ba.example:1", false },
		{ "[2001:db8::1]:5", "[2001:db8::1]:5", true },
		{ "[2001:db8::1]:5", "[2001:db8::15]:5", false },
		{ "[::1]:5", "[::1]", false },
		{ "[2001:0DB8:0::1]:5", "[2001:db8::1]:5", true },
		{ "[0:0:0:0:0:ffff:192.0.2.1]:5", "[::ffff:192.0.2.1]:5",
		    true },
		{ "[2001:0DB8:0::1]:5", "[2001:db8::2]:5", false },
		{ "[::1]:5", "db:5", false },
		{ "db:5432", "", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(!destination_wrong(cases[i].pattern), "%s",
		    cases[i].pattern);
		ck_assert_msg(destination_fits(cases[i].pattern,
				  cases[i].destination) == cases[i].fits,
		    "%s %s", cases[i].pattern, cases[i].destination);
	}
}
END_TEST

START_TEST(patterns_that_cannot_fit_are_wrong)
{
	static const char *const wrong[] = { "", "db", ":1", "db:", "db:0",
		"db:65536", "db:-1", "db:01x", "db:1 ", "a b:1", "u@db:1",
		"2001:db8::1:5", "d*:1", "*b:1", "a.*:1", "*.*.b:1", "[::1]",
		"http://db:1", "db:05432", "[x]:1", "[]:1", "[::1]x:1",
		"[fe80::1%eth0]:1", "[192.0.2.1]:1", "[::1:1" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(destination_wrong(wrong[i]), "%s", wrong[i]);
}
END_TEST

UNIT_TESTS("jwt-revoked", lines_are_names,
    a_space_behind_the_prefix_does_not_count, nothing_is_an_empty_list,
    a_list_lives_as_long_as_somebody_holds_it, patterns_fit_what_they_say,
    patterns_that_cannot_fit_are_wrong)
