# SPDX-License-Identifier: GPL-2.0-only
"""Parts of a capture that secrets open."""

from perc_scapy.conform.subject.part import SECRETS, Part


def test_every_part_says_what_opens_it() -> None:
    assert set(SECRETS) == set(Part)
