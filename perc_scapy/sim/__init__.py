# SPDX-License-Identifier: GPL-2.0-only
"""A seeded network with its own clock (`network`), roles as its nodes (`nodes`), whole conferences (`conference`)."""
