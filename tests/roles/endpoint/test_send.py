# SPDX-License-Identifier: GPL-2.0-only
"""The sending stream by itself: numbering, change of EKT keys, sender information."""

from __future__ import annotations

import random
from typing import Any

import pytest

from perc_scapy.crypto.ekt import EktParameters, unwrap
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import CryptoError, KeyExhaustedError
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.rtp import parse_rtp_untrusted
from perc_scapy.roles.endpoint.send import SendingStream
from perc_scapy.wire import peel_ekt
from tests.roles.kmf_world import identity

KEY, SALT = b"o" * 16, b"t" * 12


def stream(profile: int = 9, seed: int = 1, **changes: Any) -> SendingStream:
    config = EndpointConfig(identity("a"), identity("kmf").fingerprint, **changes)
    return SendingStream(config, profile, SrtpContext(7, KEY, SALT), random.Random(seed).randbytes)


def parameters(spi: int, ttl: int = 1000, salt: bytes = b"s" * 12) -> EktParameters:
    return EktParameters(spi, 1, Key(bytes((spi,)) * 16), Key(salt), ttl)


def test_a_plain_stream_is_ready_at_once_and_numbers_its_packets() -> None:
    sending = stream(7, profiles=(7,), hbh_only=True)
    assert sending.ready
    opener = SrtpContext(7, KEY, SALT)
    packets = [
        parse_rtp_untrusted(opener.unprotect(sending.protect(b"x", 160 * n, 0, n == 0, 0.0)))
        for n in range(5)
    ]
    assert [p.sequence - packets[0].sequence for p in packets] == list(range(5))
    assert [(p.timestamp - packets[0].timestamp) % 2**32 for p in packets] == [
        160 * n for n in range(5)
    ]
    assert packets[0].sequence < 2**15
    assert {p.ssrc for p in packets} == {sending.ssrc}


def test_the_sequence_number_wraps() -> None:
    sending = stream(7, profiles=(7,), hbh_only=True)
    sending._sequence = 0xFFFF
    opener = SrtpContext(7, KEY, SALT)
    numbers = [
        parse_rtp_untrusted(opener.unprotect(sending.protect(b"x", 0, 0, False, 0.0))).sequence
        for _ in range(3)
    ]
    assert numbers == [0xFFFF, 0, 1]


@pytest.mark.req("EKT-15")
def test_three_full_fields_then_short_ones_and_a_full_one_every_100_ms() -> None:
    sending = stream()
    assert not sending.ready
    assert sending.add_parameters(parameters(1), 0.0)
    kinds = [peel_ekt(sending.protect(b"x", 0, 0, False, 0.02 * n))[1].type for n in range(20)]
    assert kinds[:3] == [2, 2, 2]
    full = [n for n, kind in enumerate(kinds) if kind == 2]
    assert full == [0, 1, 2, 7, 12, 17]


@pytest.mark.req("R8871-22", "EKT-17")
def test_a_later_key_waits_and_the_newest_due_one_wins() -> None:
    sending = stream(key_change_delay=1.0)
    sending.add_parameters(parameters(1), 0.0)
    first = sending.key_event()
    assert not sending.add_parameters(parameters(2), 10.0)
    assert not sending.add_parameters(parameters(3), 10.5)
    assert sending.get_timer() == 11.0
    assert sending.change_keys(10.9) is None
    changed = sending.change_keys(11.5)
    assert changed is not None
    assert (changed.spi, changed.epoch) == (3, 0)
    assert changed.key_id != first.key_id
    assert sending.get_timer() is None


@pytest.mark.req("EKT-18")
def test_the_time_to_live_runs_from_receipt_and_not_from_use() -> None:
    sending = stream(key_change_delay=5.0)
    sending.add_parameters(parameters(1), 0.0)
    sending.add_parameters(parameters(2, ttl=20), 100.0)
    sending.change_keys(105.0)
    sending.protect(b"x", 0, 0, False, 119.9)
    with pytest.raises(KeyExhaustedError):
        sending.protect(b"x", 0, 0, False, 120.1)


def test_an_older_key_that_is_repeated_is_not_gone_back_to() -> None:
    sending = stream(key_change_delay=1.0)
    sending.add_parameters(parameters(1), 0.0)
    sending.add_parameters(parameters(2), 1.0)
    assert sending.change_keys(2.0) is not None
    sending.add_parameters(parameters(1), 3.0)
    assert sending.change_keys(9.0) is None
    assert sending.key_event().spi == 2


def test_the_spi_in_use_under_another_key_does_not_replace_it() -> None:
    sending = stream(key_change_delay=1.0)
    sending.add_parameters(parameters(1), 0.0)
    other = EktParameters(1, 1, Key(b"?" * 16), Key(b"s" * 12), 1000)
    sending.add_parameters(other, 5.0)
    assert sending.change_keys(6.0) is None
    field = peel_ekt(sending.protect(b"x", 0, 0, False, 6.0))[1]
    assert unwrap(b"\x01" * 16, field.ciphertext)


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(CryptoError):
        stream().add_parameters(parameters(1, salt=b"s" * 11), 0.0)


def test_sender_information_only_after_something_new_was_sent() -> None:
    sending = stream()
    sending.add_parameters(parameters(1), 0.0)
    assert sending.sender_info(0.0) is None
    sending.protect(b"12345", 800, 0, False, 1.0)
    info = sending.sender_info(1.5)
    assert info is not None
    assert (info.packets, info.octets, info.ntp) == (1, 5, 0x0000000180000000)
    sending.protect(b"12345", 800, 0, False, 1.0)
    again = sending.sender_info(1.0)
    assert again is not None
    assert (info.rtp_timestamp - again.rtp_timestamp) % 2**32 == 4000
    assert sending.sender_info(2.0) is None
