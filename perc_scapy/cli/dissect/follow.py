# SPDX-License-Identifier: GPL-2.0-only
"""`--follow`: one association as a conversation."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from perc_scapy.cli.dissect.source import Source


def lines(args: argparse.Namespace, source: Source) -> Iterator[str]:
    """The conversation; -v and -x show fields and octets of its packets instead."""
    from perc_scapy.cli.demo import terminal_style
    from perc_scapy.view.follow import conversation

    assert source.followed is not None
    return conversation(source.followed, source.views(), lambda: source.start, terminal_style())
