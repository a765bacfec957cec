# SPDX-License-Identifier: GPL-2.0-only
"""Speed as ratios: ours and a peer in turn, in one process and one run, medians of several rounds."""
