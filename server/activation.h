/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * activation.h - the listening sockets that the service manager opened for us,
 * as sd_listen_fds(3) has it: LISTEN_FDS of them from descriptor 3 on, if
 * LISTEN_PID is this process, with the names of LISTEN_FDNAMES.  [main thread]
 */
#ifndef ACTIVATION_H
#define ACTIVATION_H

#include "base/report.h"

/* Put them into the table of worker/inherit.h and unset the variables.  What is
 * no socket that we can serve is a warning.  0, or -ENOMEM. */
int activation_take(struct report *report);

#endif
