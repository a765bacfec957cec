# SPDX-License-Identifier: GPL-2.0-only
import pytest

from perc_scapy.codes import ContentType
from perc_scapy.wireshark.lua import literal, quoted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "nil"),
        (True, "true"),
        (ContentType.ACK, "26"),
        ('say "a\\b"\n', '"say \\"a\\\\b\\"\\n"'),
        ([1, "two", []], '{1, "two", {}}'),
        (
            {"name": 1, "end": 2, 9: 3, "with space": 4},
            '{name = 1, ["end"] = 2, [9] = 3, ["with space"] = 4}',
        ),
        ({"there": 1, "missing": None}, "{there = 1}"),
    ],
)
def test_values(value: object, expected: str) -> None:
    assert literal(value) == expected


def test_long_tables_get_a_line_for_each_entry() -> None:
    lines = literal({"words": ["x" * 40, "y" * 40, "z" * 40]}).splitlines()
    assert lines[:2] == ["{", "  words = {"]
    assert max(map(len, lines)) < 60


def test_what_has_no_lua() -> None:
    with pytest.raises(TypeError, match="bytes"):
        literal({"octets": b"\0"})
    assert quoted("ä") == '"ä"'
