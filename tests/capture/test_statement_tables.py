# SPDX-License-Identifier: GPL-2.0-only
"""The table reader by itself; what it refuses is in test_statements."""

from __future__ import annotations

import pytest

from perc_scapy.capture.statement_tables import PROFILE_NAMES, Table, number, octets, read_tables
from perc_scapy.errors import ConfigError


def test_a_field_is_taken_once_and_the_rest_is_a_mistake() -> None:
    table = Table({"a": 1, "b": "0x10"}, "f", "t[1]")
    assert table.take("a", number(0, 9)) == 1
    assert table.optional("c", number(0, 9)) is None
    with pytest.raises(ConfigError, match=r"f: t\[1\]: b: unknown field; known: a, c"):
        table.finish()
    assert table.take("b", number(0, 16)) == 16
    table.finish()


def test_hex_wins_where_both_spellings_have_the_length() -> None:
    assert octets()("abcd") == b"\xab\xcd"
    assert octets(3)("abcd") == b"i\xb7\x1d"


@pytest.mark.parametrize("text", ["a = ", "a" * 100, "x = " + "[" * 5000, "x = " + "9" * 5000])
def test_what_is_no_toml_is_said_without_quoting_it(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^f: (not valid TOML|x: )") as caught:
        read_tables(text, "f", ["x"])
    assert len(str(caught.value)) < 80


def test_every_profile_can_be_named() -> None:
    assert set(PROFILE_NAMES.values()) == {1, 2, 5, 6, 7, 8, 9, 10}
