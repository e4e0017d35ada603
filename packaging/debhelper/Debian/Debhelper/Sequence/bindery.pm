# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

# "dh $@ --with bindery", or the build dependency dh-sequence-bindery.
use strict;
use warnings;

insert_before('dh_installdeb', 'dh_bindery');

1;
