# SPDX-License-Identifier: GPL-2.0-only
"""Keys from EKT fields, as a reader of captures uses them; also where EKT keys the only layer (RFC 8870 section 4)."""

import math

import pytest

from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.capture.ekt_layer import MAX_CURRENT, SHORT, EktLayer, add_all, add_stated
from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.hops import HopReader
from perc_scapy.crypto import Key, MasterKey, SrtpContext
from perc_scapy.crypto.double import SyntheticPacket
from perc_scapy.crypto.ekt import EktParameters, EktPlaintext, wrap
from perc_scapy.crypto.ekt_receiver import EktReceiver
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import AuthenticationError
from perc_scapy.wire import Ohb, full_ekt_field, peel_ekt
from tests.capture.handmade import k
from tests.capture.webrtc import rtcp, rtp

MESSAGE = HandshakeMessage(1, False, 1, 26, 7, b"", ())
DTLS = MasterKey(Key(bytes(16)), Key(bytes(14)))


def received(number: int) -> ReceivedEktKey:
    return ReceivedEktKey(1, 100.0, k(number), MESSAGE)


def test_sets_that_cannot_be_used_are_passed_over() -> None:
    ring = EktReceiver(key_length=32)
    add_all(ring, [received(1)])
    assert ring.spis(100.0) == []
    ring = EktReceiver(key_length=16)
    add_all(ring, [received(1), received(2), received(1)])
    assert ring.spis(100.0) == [1, 2]


def test_stated_sets_hold_for_all_time_and_give_way_to_a_handshake() -> None:
    ring = EktReceiver(key_length=16)
    add_all(ring, [received(1)])
    add_stated(ring, [EktParameters(1, 1, Key(bytes(16)), Key(bytes(12)), 5), k(3)])
    assert ring.spis(1e12) == [3]
    assert ring.spis(100.0) == [1, 3]
    assert ring._living(1, 100.0) == k(1)
    assert ring._living(3, math.inf) is None  # nothing lives at the end of time


class Sender:
    """EKT over a single profile: every packet under the master key of the last full field."""

    def __init__(self, profile: int, parameters: EktParameters, key: bytes) -> None:
        self.row = SRTP_PROFILES[profile]
        self.parameters, self.key = parameters, Key(key)
        salt = parameters.salt[: self.row.salt_length]
        self.context = SrtpContext(profile, self.key, salt)

    def field(self, ssrc: int, roc: int = 0, epoch: int = 0) -> bytes:
        octets = EktPlaintext(self.key, ssrc, roc).encode()
        return full_ekt_field(wrap(self.parameters.key, octets), self.parameters.spi, epoch)

    def packet(self, index: int, *, full: bool, ssrc: int = 5, epoch: int = 0) -> bytes:
        wire = self.context.protect(rtp(index, ssrc), index=index)
        return wire + (self.field(ssrc, index >> 16, epoch) if full else b"\0")


@pytest.mark.parametrize("profile", [1, 7])
def test_one_layer_keyed_by_ekt(profile: int) -> None:
    salt = Key(bytes(range(20, 34)))
    parameters = EktParameters(7, 1, Key(bytes(range(16))), salt, 1000)
    sender = Sender(profile, parameters, bytes(range(60, 76)))
    reader = HopReader(
        profile, DTLS if profile == 1 else MasterKey(DTLS.key, Key(bytes(12))),
        [ReceivedEktKey(1, 0.0, parameters, MESSAGE)],
    )  # fmt: skip
    before = SrtpContext(profile, DTLS.key, DTLS.salt[: SRTP_PROFILES[profile].salt_length])
    first = reader.rtp(before.protect(rtp(0)) + b"\0", 1.0)
    assert (first.plain, first.key_id) == (
        rtp(0),
        None,
    )  # before the first field: the keys of DTLS-SRTP
    for n in range(65530, 65545):
        found = reader.rtp(sender.packet(n, full=n % 4 == 2), 1.0)
        assert found.plain == rtp(n, 5)
        assert (found.spi, found.epoch, found.key_id) == (7, 0, sender.key.id)
    assert reader.rtcp(sender.context.protect_rtcp(rtcp(5))).plain == rtcp(5)
    assert reader.rtcp(before.protect_rtcp(rtcp(9))).plain == rtcp(9)
    again = reader.rtp(sender.packet(65550, full=False), 1.0)
    assert again.hop_opened
    new = Sender(profile, parameters, bytes(range(90, 106)))
    assert reader.rtp(new.packet(65551, full=True, epoch=1), 1.0).key_id == new.key.id


def test_repeats_of_one_layer_are_seen() -> None:
    parameters = k(1)
    sender = Sender(7, parameters, bytes(range(60, 76)))
    reader = HopReader(7, None, [ReceivedEktKey(1, 0.0, parameters, MESSAGE)])
    wire = sender.packet(1, full=True)
    assert reader.rtp(wire, 1.0).plain == rtp(1, 5)
    assert reader.rtp(wire, 1.0).repeat


def test_who_has_no_key_at_all_says_so() -> None:
    reader = HopReader(7, None, [])
    for found in (reader.rtp(rtp(1) + bytes(40), 0.0), reader.rtcp(rtcp() + bytes(40))):
        assert found.problem == "no key of this hop fits"


def test_keys_in_use_are_bounded_and_none_is_lost() -> None:
    layer = EktLayer(SRTP_PROFILES[7], [received(1)])
    sender = Sender(7, k(1), bytes(range(60, 76)))
    for n in range(MAX_CURRENT + 3):
        srtp, field = peel_ekt(sender.packet(1, full=True, ssrc=n))
        layer.open(SyntheticPacket(srtp[:12], srtp[12:], Ohb()), field, 100.0)
    assert len(layer._current) <= MAX_CURRENT
    srtp = sender.packet(2, full=False, ssrc=0)[:-1]
    key, _ = layer.open(SyntheticPacket(srtp[:12], srtp[12:], Ohb()), SHORT, 100.0)
    assert key.name == sender.key.id


def test_srtcp_of_a_stranger() -> None:
    layer = EktLayer(SRTP_PROFILES[7], [received(1)])
    with pytest.raises(AuthenticationError):
        layer.open_rtcp(rtcp() + bytes(30))
