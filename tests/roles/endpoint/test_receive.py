# SPDX-License-Identifier: GPL-2.0-only
"""The receiving side by itself: what is dropped under which name."""

from __future__ import annotations

import random

import pytest

from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.hop import HeaderChange, change_headers
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.events import Drop
from perc_scapy.roles.endpoint.receive import Dropped, ReceivingSide
from perc_scapy.roles.endpoint.send import SendingStream
from perc_scapy.wire import peel_ekt
from tests.roles.kmf_world import identity

KEY, SALT = b"o" * 16, b"t" * 12
K1 = EktParameters(1, 1, Key(b"1" * 16), Key(b"s" * 12), 1000)
K2 = EktParameters(2, 1, Key(b"2" * 16), Key(b"u" * 12), 1000)


def sides(*, keys: tuple[EktParameters, ...] = (K1,)) -> tuple[SendingStream, ReceivingSide]:
    config = EndpointConfig(identity("a"), identity("kmf").fingerprint, max_sources=4)
    sending = SendingStream(config, 9, SrtpContext(7, KEY, SALT), random.Random(3).randbytes)
    sending.add_parameters(K1, 0.0)
    receiving = ReceivingSide(config, 9, SrtpContext(7, KEY, SALT))
    for parameters in keys:
        receiving.add_parameters(parameters, 0.0)
    return sending, receiving


def packet(sending: SendingStream, now: float = 0.0) -> bytes:
    return sending.protect(b"payload", 0, 0, False, now)


def drop_of(receiving: ReceivingSide, wire: bytes, now: float = 0.0) -> Drop:
    with pytest.raises(Dropped) as outcome:
        receiving.unprotect_untrusted(wire, now)
    return outcome.value.drop


@pytest.mark.req("R8871-17")
def test_an_opened_packet_and_the_key_that_it_taught() -> None:
    sending, receiving = sides()
    media, learned = receiving.unprotect_untrusted(packet(sending), 1.0)
    assert media.payload == b"payload"
    assert learned is not None
    assert (learned.ssrc, learned.spi, learned.epoch) == (sending.ssrc, 1, 0)
    _, again = receiving.unprotect_untrusted(packet(sending), 1.0)
    assert again is None
    assert receiving.sources[sending.ssrc].key_id == learned.key_id


@pytest.mark.req("DBL-17")
def test_values_that_the_mdd_changed_are_told_apart_from_the_senders() -> None:
    sending, receiving = sides()
    hop = SrtpContext(7, KEY, SALT)
    srtp, field = peel_ekt(sending.protect(b"payload", 0, 0, True, 0.0))
    plain = hop.unprotect(srtp)
    changed = change_headers(plain, HeaderChange(pt=111, seq=9, marker=False))
    wire = SrtpContext(7, KEY, SALT).protect(changed) + field.raw
    media, _ = receiving.unprotect_untrusted(wire, 0.0)
    assert (media.payload_type, media.outer_payload_type) == (0, 111)
    assert (media.sequence, media.outer_sequence) == (int.from_bytes(plain[2:4], "big"), 9)
    assert media.marker


@pytest.mark.req("EKT-07", "EKT-14")
def test_names_of_drops() -> None:
    sending, receiving = sides(keys=(K2,))
    assert drop_of(receiving, packet(sending)) is Drop.UNKNOWN_SPI
    for _ in range(2):
        packet(sending)
    assert drop_of(receiving, packet(sending, 0.01)) is Drop.NO_SENDER_KEY  # a short field
    stranger = b"\x80\x00" + bytes(6) + b"\x01\x02\x03\x04" + bytes(60)
    assert drop_of(receiving, stranger) is Drop.AUTHENTICATION
    receiving.add_parameters(K1, 0.0)
    wire = packet(sending, 1.0)  # a full one
    receiving.unprotect_untrusted(wire, 1.0)
    assert drop_of(receiving, wire) is Drop.REPLAYED
    damaged = bytearray(packet(sending))
    damaged[15] ^= 1
    assert drop_of(receiving, bytes(damaged)) is Drop.AUTHENTICATION
    assert drop_of(receiving, packet(sending)[:-1] + b"\x01") is Drop.MALFORMED
    assert drop_of(receiving, b"\x80\x00") is Drop.MALFORMED


@pytest.mark.req("R8871-35")
def test_new_senders_beyond_the_limit_cost_no_cryptography() -> None:
    sending, receiving = sides()
    for ssrc in range(4):
        receiving._source(ssrc)
    assert drop_of(receiving, packet(sending)) is Drop.TOO_MANY_SOURCES
    assert receiving._outer.last_index(sending.ssrc) is None


def test_clear_forgets_senders_and_keys() -> None:
    sending, receiving = sides()
    receiving.unprotect_untrusted(packet(sending), 0.0)
    receiving.clear()
    assert receiving.sources == {}
    assert drop_of(receiving, packet(sending)) is Drop.UNKNOWN_SPI
