# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import io
from pathlib import Path

import pytest

from perc_scapy.cli import main
from perc_scapy.cli.terminal import printable, use_color


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_of_people_who_want_it(environ, wanted):
    assert use_color(Terminal(), environ) is wanted
    assert use_color(io.StringIO(), environ) is False


def test_what_moves_a_cursor_is_shown_as_an_escape():
    assert printable("a\x1b[31m\n\u202eb\x9b") == "a\\x1b[31m\\n\\u202eb\\x9b"
    assert printable("Zoë.pcapng") == "Zoë.pcapng"


@pytest.mark.parametrize(
    "command", [["check"], ["diff"], ["explain"], ["keys", "list"], ["decrypt", "-o", "OUT"]]
)
def test_file_names_reach_no_terminal_raw(command, tmp_path, capfd):
    golden = Path(__file__).parents[2] / "captures" / "session-setup-1"
    data = (golden / "trace.pcapng").read_bytes()
    evil = tmp_path / "e\x1b[31m\u202evil\n.pcapng"
    evil.write_bytes(data[:-3])  # damaged, so that everybody names it
    keys = ["-k", str(golden / "secrets.keylog")]
    both = [str(evil)] * 2 if command == ["diff"] else [str(evil)]
    main([*(str(tmp_path / "out") if c == "OUT" else c for c in command), *both, *keys])
    out, err = capfd.readouterr()
    for text in (out, err):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "vil\n" not in text
    assert "e\\x1b[31m\\u202evil\\n.pcapng" in out + err
