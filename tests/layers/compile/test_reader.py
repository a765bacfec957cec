# SPDX-License-Identifier: GPL-2.0-only
"""Leading fields without decoding the rest."""

from __future__ import annotations

import pytest

from perc_scapy.errors import DecodeError, LocalError
from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.layers.compile import reader
from tests.layers.toys import ToyNumbers, ToyRtp
from tests.layers.vectors import ASSOCIATION, V00_E, V00_K


def test_fields_in_the_order_asked():
    read = reader(DTLSTunnelMessage, "type", "association_id")
    assert read(V00_K) == (2, ASSOCIATION)
    assert read(V00_E) == (0, ASSOCIATION)
    assert reader(DTLSTunnelMessage, "type", "association_id") is read
    assert reader(DTLSTunnelMessage)(b"") == ()


def test_every_kind_of_number():
    packet = ToyNumbers(u24=0x010203, u48=7, version=1, count=21, twelve=0xABC, long=0x7FFFFF)
    names = ("u24", "u48", "u64", "version", "count", "twelve", "four", "long", "thirty_nine")
    assert reader(ToyNumbers, *names)(bytes(packet)) == tuple(getattr(packet, n) for n in names)


def test_exactly_the_octets_needed():
    assert reader(DTLSTunnelMessage, "association_id")(V00_E[:18]) == (ASSOCIATION,)
    with pytest.raises(DecodeError, match="needs 18 octets, has 17"):
        reader(DTLSTunnelMessage, "association_id")(V00_E[:17])


def test_only_fixed_places():
    for cls, name in ((DTLSTunnelMessage, "dtls_message"), (ToyRtp, "media"), (ToyRtp, "nothing")):
        with pytest.raises(LocalError, match="no fixed place"):
            reader(cls, name)
