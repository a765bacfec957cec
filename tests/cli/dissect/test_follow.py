# SPDX-License-Identifier: GPL-2.0-only
"""`--follow` on the command line; the conversation itself is tested in tests/view/test_follow.py."""

from __future__ import annotations

from pathlib import Path

from tests.cli.dissect.test_printing import perc, talk, trace

__all__ = ["talk", "trace"]


def test_a_number_and_an_id(trace: Path, talk, capsys) -> None:
    by_letter = perc(capsys, trace, "--follow", "A")[1]
    assert perc(capsys, trace, "--follow", "1")[1] == by_letter
    assert (
        perc(capsys, trace, "--follow", talk.people["A"].association_id.hex()[:8])[1] == by_letter
    )
    assert by_letter.splitlines()[2].split()[:2] == ["7", "0.006000"]


def test_with_fields_the_packets_are_shown_as_ever(trace: Path, capsys) -> None:
    out = perc(capsys, trace, "--follow", "A", "-v")[1]
    assert "DTLSTunnelMessage (decrypted" in out
