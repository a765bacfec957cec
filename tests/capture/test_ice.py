# SPDX-License-Identifier: GPL-2.0-only
"""User names in STUN checks."""

import pytest

from perc_scapy.capture.ice import MAX_FLOWS, MAX_NAMES, IceNames, username
from perc_scapy.pcap.packets import Address, Datagram
from tests.capture.webrtc import RTP_PAIR, A, B, stun

C = Address("203.0.113.5", 60000)


def check(src: Address, dst: Address, name: str) -> Datagram:
    return Datagram(1, 0.0, src, dst, stun(name))


def flow(*ends: Address) -> frozenset[Address]:
    return frozenset(ends)


@pytest.mark.parametrize("cut", range(len(stun("abcd:efgh"))))
def test_any_octets_are_answered(cut: int) -> None:
    message = stun("abcd:efgh")
    assert username(message) == b"abcd:efgh"
    assert username(message[:cut]) in (b"", b"abcd:efgh"[: max(0, cut - 24)])


def test_an_answer_has_no_name() -> None:
    assert username(stun("x:y", answer=True)) == b""


def test_flows_of_one_session_whoever_checks() -> None:
    names = IceNames()
    names.add(check(A, B, "b:a"))
    names.add(check(C, B, "a:b"))
    names.add(check(*RTP_PAIR, "c:d"))
    assert names.same(flow(A, B), flow(B, C))
    assert not names.same(flow(A, B), flow(*RTP_PAIR))
    assert not names.same(flow(A, C), flow(A, B))


def test_memory_is_bounded() -> None:
    names = IceNames()
    for n in range(MAX_NAMES + 5):
        names.add(check(A, B, f"x{n}:y"))
    for n in range(MAX_NAMES + 5):
        names.add(check(A, C, f"x{n}:y"))
    assert names.same(flow(A, B), flow(A, C))
    for n in range(1, MAX_FLOWS + 1):
        names.add(check(Address("192.0.2.1", n), B, "p:q"))
    assert not names.same(flow(A, B), flow(A, C))
    assert len(names._names) == MAX_FLOWS
