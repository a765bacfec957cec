# SPDX-License-Identifier: GPL-2.0-only
"""Golden captures: what they are made of (`builders`) and how they are made again (`make`)."""
