# SPDX-License-Identifier: GPL-2.0-only
"""Markers for octets that do not fit, and what Scapy asks of a field."""

from __future__ import annotations

import copy

import pytest

from perc_scapy.errors import DecodeError
from perc_scapy.layers.fields import AUTO, U16, Fixed, Malformed, Opaque
from perc_scapy.layers.fields.core import absent, hidden, need, shown


def test_malformed_keeps_octets_and_reason():
    marker = Malformed(b"\x01\x02", "why")
    assert bytes(marker) == b"\x01\x02"
    assert eval(repr(marker)) == marker
    assert marker != Malformed(b"\x01\x02", "other")
    assert not marker.absent
    assert absent().absent
    assert bytes(absent()) == b""


def test_auto_is_one_object_however_it_is_copied():
    assert copy.copy(AUTO) is copy.deepcopy(AUTO) is AUTO.copy() is AUTO
    assert repr(AUTO) == "auto"


def test_scapy_calls_getfield_and_addfield():
    field = U16("number")
    assert field.getfield(None, b"\x01\x02\x03") == (b"\x03", 0x0102)
    rest, value = field.getfield(None, b"\x01")
    assert rest == b""
    assert bytes(value) == b"\x01"
    assert field.addfield(None, b"x", 0x0102) == b"x\x01\x02"
    assert field.addfield(None, b"x", value) == b"x\x01"
    assert field.i2len(None, 5) == 2


def test_how_values_are_shown():
    secret, plain = Opaque("key", max=255, secret=True), Fixed("id", 2)
    assert secret.i2repr(None, b"abcd") == "<4 octets, hidden>" == hidden(b"abcd")
    assert "61626364" not in secret.i2repr(None, Malformed(b"abcd", "cut"))
    assert plain.i2repr(None, Malformed(b"a", "cut")) == "malformed: cut: 61"
    assert plain.i2repr(None, absent()) == "absent"
    assert shown(bytes(100)) == f"{'00' * 48}… (100 octets)"


def test_describe_is_plain_data():
    data = Opaque("key", min=1, max=300, secret=True).describe()
    expected = {"kind": "Opaque", "name": "key", "min": 1, "max": 300, "prefix": 2, "secret": True}
    assert expected.items() <= data.items()


def test_need():
    need(2, 1, 3)
    with pytest.raises(DecodeError, match="needs 3 octets, 2 left") as caught:
        need(3, 1, 3)
    assert caught.value.offset == 1
