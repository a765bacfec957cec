# SPDX-License-Identifier: GPL-2.0-only
"""Mutants under the right keys: other content, and every layer above still opens."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.pcap.packets import Datagram
from soak.reseal import Resealer
from soak.seeds import Seed, seeds


@cache
def seed() -> Seed:
    return seeds({"session-setup-2"})[0]


@cache
def analysis() -> Analysis:
    return Analysis(seed().packets, seed().keys())


def with_mutant(mutant: Datagram) -> Analysis:
    changed = [mutant if p.number == mutant.number else p for p in seed().packets]
    return Analysis(changed, seed().keys())


def test_a_media_packet_opens_with_other_content() -> None:
    original = next(m for m in analysis().media if m.kind == "rtp" and m.opened.plain is not None)
    resealer, opened = Resealer(analysis()), 0
    for draw in range(6):
        mutant = resealer.mutant(Random(draw), original.datagram)
        assert mutant is not None
        assert mutant.data != original.datagram.data
        found = next(m for m in with_mutant(mutant).media if m.number == original.number)
        if found.opened.outer is not None:  # some have their EKT field mutated, too
            opened += 1
            assert found.opened.outer.payload != original.opened.outer.payload
    assert opened >= 3


def test_a_protected_record_opens_with_other_content() -> None:
    session, seen = next(
        (s, r)
        for s, _, _ in analysis().dtls_sessions()
        for r in getattr(s, "records", ())
        if r.record.epoch and r.content and any(p.number == r.packet for p in seed().packets)
        and Resealer(analysis()).mutant(Random(1), _datagram(r.packet)) is not None
    )  # fmt: skip
    mutant = Resealer(analysis()).mutant(Random(1), _datagram(seen.packet))
    assert mutant is not None
    again = with_mutant(mutant)
    records = [
        r for s, _, _ in again.dtls_sessions() for r in s.records
        if r.packet == seen.packet and r.record.number == seen.record.number
    ]  # fmt: skip
    assert records[0].content not in (None, seen.content)
    assert session.client_random in {s.client_random for s, _, _ in again.dtls_sessions()}


def _datagram(number: int) -> Datagram:
    return next(p for p in seed().packets if p.number == number and isinstance(p, Datagram))


def test_what_is_not_protected_has_no_such_mutant() -> None:
    hello = seed().packets[0]
    assert isinstance(hello, Datagram)
    assert Resealer(analysis()).mutant(Random(1), hello) is None
    assert (
        Resealer(Analysis(seed().packets)).mutant(Random(1), analysis().media[0].datagram) is None
    )


@pytest.mark.parametrize("draw", [1, 2])
def test_the_same_generator_gives_the_same(draw: int) -> None:
    media = analysis().media[0].datagram
    one, two = (Resealer(analysis()).mutant(Random(draw), media) for _ in range(2))
    assert one == two
