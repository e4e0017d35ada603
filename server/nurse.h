/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * nurse.h - whose child a program is that takes over.  Until it serves it has
 * to be a child of the old program, which sees how it ends; as the main process
 * of a service it has to be one of the service manager, because systemd waits
 * at a stop for a main process of its own only, and kills others at once.  So
 * the new program divides when it begins: one half, the nurse, is the child
 * that the old one knows, and ends as the other half does, which goes on; when
 * that is to be the main process it ends the nurse, and thereby falls to who
 * adopts orphans: the service manager.  [main thread]
 */
#ifndef NURSE_H
#define NURSE_H

/* Divide.  There must be no other thread, and nothing open that another process
 * waits for.  Only the half that goes on returns from here; where a process
 * cannot be had, it is the only one, and goes on as a child of the old program.
 */
void nurse_begin(void);

/* End the nurse, if there is one, and wait until we are not its child. */
void nurse_leave(void);

#endif
