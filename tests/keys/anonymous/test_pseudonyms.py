# SPDX-License-Identifier: GPL-2.0-only
"""Stand-ins: same length, same for the same, different under another seed."""

import pytest

from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms

NAMES = Pseudonyms(bytes(32))


@pytest.mark.parametrize("data", [b"", b"x", b"meet.example.org", bytes(range(256))])
def test_length_and_consistency(data: bytes) -> None:
    for make in (NAMES.octets, NAMES.text):
        assert len(make(data)) == len(data)
        assert make(data) == make(data)
        if len(data) > 1:
            assert make(data) != data
            assert make(data) != getattr(Pseudonyms(b"\1" * 32), make.__name__)(data)


def test_names_keep_their_form() -> None:
    found = NAMES.text(b"alice@meet.example.org")
    assert [i for i, c in enumerate(found) if c in b"@."] == [5, 10, 18]
    assert found.replace(b"@", b"").replace(b".", b"").isalpha()
    assert found != NAMES.text(b"alica@meet.example.org")


def test_parts_are_the_same_alone() -> None:
    assert NAMES.parts(b"ab:cd", b":") == NAMES.text(b"ab") + b":" + NAMES.text(b"cd")
    assert NAMES.parts(b"cd:ab", b":").split(b":")[::-1] == NAMES.parts(b"ab:cd", b":").split(b":")
