/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* bold: a filter in C++, with what C++ brings along: constructors, a template,
 * an inline static, an exception that stays inside. */
#include <bindery/plugin.h>

#include <new>
#include <stdexcept>
#include <string>

namespace {

template <typename T> struct counted {
	static inline int count = 0;
	T value;
	explicit counted(T v) : value(v) { ++count; }
};

struct bold {
	std::string text;
	counted<int> number{ 1 };
};

int
bold_open(struct bnd_stage *st, void *)
{
	new (st->self) bold;
	bnd_bypass(st, BND_BACK, BND_FRONT);
	return 0;
}

void
bold_flow(struct bnd_stage *st)
{
	bold *b = static_cast<bold *>(st->self);
	const char *p;

	while (size_t n = bnd_peek(st, BND_FRONT, 1, &p)) {
		try {
			b->text.assign(p, n).insert(0, "*").append("*");
			if (b->text.size() > bnd_room(st, BND_BACK))
				throw std::length_error("full");
		} catch (const std::exception &) {
			return;
		}
		bnd_out(st, BND_BACK, b->text.data(), b->text.size());
		bnd_eat(st, BND_FRONT, n);
	}
	if (bnd_ended(st, BND_FRONT))
		bnd_end(st, BND_BACK);
}

void
bold_close(struct bnd_stage *st, int)
{
	static_cast<bold *>(st->self)->~bold();
}

bnd_type
make_type()
{
	bnd_type t = { BND_HEAD("bold", "1.0", BND_FILTER) };

	t.stage_size = sizeof(bold);
	t.open = bold_open;
	t.flow = bold_flow;
	t.close = bold_close;
	return t;
}

const bnd_type type = make_type();

} // namespace

BND_PLUGIN(type);
