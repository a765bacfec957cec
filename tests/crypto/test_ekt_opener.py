# SPDX-License-Identifier: GPL-2.0-only
"""The opener alone, over a layer that is no half of a double. Through both layers: test_perc*.py."""

import pytest

from perc_scapy.crypto import EktReceiver, Key, SrtpContext
from perc_scapy.crypto.double import SyntheticPacket
from perc_scapy.crypto.ekt import EktParameters, EktPlaintext, wrap
from perc_scapy.crypto.ekt_opener import EktOpener
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import AuthenticationError, ReplayError, UnknownSpiError
from perc_scapy.wire import EktField, Ohb, full_ekt_field, peel_ekt
from tests.crypto.support import SSRC, octets, rtp

SHORT = EktField(b"\0", 0)
SET = EktParameters(3, 1, Key(octets(1, 16)), Key(octets(2, 14)), 1000)


def opener(profile: int) -> EktOpener:
    row = SRTP_PROFILES[profile]
    ring = EktReceiver(key_length=row.key_length, salt_length=row.salt_length)
    ring.add_parameters(SET, 0.0)
    return EktOpener(row, ring)


def field(key: bytes, roc: int = 0, spi: int = 3) -> EktField:
    octet = wrap(SET.key, EktPlaintext(Key(key), SSRC, roc).encode())
    return peel_ekt(full_ekt_field(octet, spi, 0))[1]


def packet(context: SrtpContext, index: int) -> SyntheticPacket:
    wire = context.protect(rtp(seq=index & 0xFFFF), index=index)
    return SyntheticPacket(wire[:12], wire[12:], Ohb())


@pytest.mark.parametrize("profile", [1, 7])
def test_a_single_layer_with_its_own_salt_length(profile: int) -> None:
    key, way = octets(9, 16), opener(profile)
    sender = SrtpContext(profile, key, SET.salt[: SRTP_PROFILES[profile].salt_length])
    first = packet(sender, 5 << 16 | 65535)
    used, payload = way.open(first, field(key, 5), 1.0)
    assert first.header + payload == rtp(seq=65535)
    assert (used.spi, used.master.key) == (3, key)
    assert way.open(packet(sender, 6 << 16), SHORT, 1.0)[0] is used
    with pytest.raises(ReplayError):
        way.open(first, SHORT, 1.0)


@pytest.mark.req("EKT-07", "EKT-08")
def test_what_it_refuses() -> None:
    way, sender = opener(7), SrtpContext(7, octets(9, 16), SET.salt[:12])
    with pytest.raises(AuthenticationError, match="no end-to-end key"):
        way.open(packet(sender, 1), SHORT, 1.0)
    with pytest.raises(UnknownSpiError):
        way.open(packet(sender, 2), field(octets(9, 16), spi=4), 1.0)
    with pytest.raises(AuthenticationError):
        way.open(packet(sender, 3), field(octets(8, 16)), 1.0)
    assert way.ekt.ssrcs() == []  # nothing counts before a packet authenticated
    assert way.open(packet(sender, 4), field(octets(9, 16)), 1.0)
    assert way.ekt.ssrcs() == [SSRC]
