# SPDX-License-Identifier: GPL-2.0-only
"""Thin shells that put the roles on real sockets: the only code that waits, reads clocks and opens files."""
