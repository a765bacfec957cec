# SPDX-License-Identifier: GPL-2.0-only
"""The three runs: single packets, whole conversations with some packets mutated, and capture files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from perc_scapy.capture.analysis import Analysis
from perc_scapy.pcap.packets import Datagram, Segment
from soak import stages
from soak.mutate import mutate, shuffle
from soak.reseal import Resealer
from soak.seeds import Seed, seeds
from soak.watch import Watch

Tell = Callable[[int], object]
EVERY = 20_000
"""Mutants between two lines of progress."""
MUTATED = 0.4
"""Share of the packets of a conversation that are mutated."""
RARE = 12
"""One conversation in so many goes through the slow stages."""


def packets(count: int, seed: int, watch: Watch, only: set[str] | None, tell: Tell) -> None:
    """`count` mutated datagrams, tunnel messages and handshake messages, each by itself."""
    draw = Random(seed)
    material = [octets for s in seeds(only) for octets in _material(s)]
    for done in range(count):
        data = mutate(draw, draw.choice(material))
        stage = stages.PACKET_STAGES[done % len(stages.PACKET_STAGES)]
        with watch.step(stage.__name__, data):
            stage(data)
        if _pause(done, watch, tell):
            return


def _material(seed: Seed) -> list[bytes]:
    """Payloads as they passed, and what was in the tunnel."""
    found = {p.data for p in seed.packets}
    for tunnel in Analysis(seed.packets, seed.keys()).tunnels:
        found |= {opened.content for opened in tunnel.session.contents(23)}
    return sorted(found)


def conversations(count: int, seed: int, watch: Watch, only: set[str] | None, tell: Tell) -> None:
    """Conversations with many of their packets mutated, in clear or under their own keys, until `count` mutants
    went through analysis, views, and now and then through ladders, conformance, comparison and explanation."""
    draw, done, number = Random(seed), 0, 0
    material = [(s, Resealer(Analysis(s.packets, s.keys()))) for s in seeds(only)]
    while done < count:
        one, resealer = draw.choice(material)
        changed, mutants = _changed(draw, one, resealer)
        _conversation(changed, one, watch, slow=number % RARE == 0)
        before, done, number = done, done + max(1, mutants), number + 1
        if _pause(done // EVERY * EVERY if before // EVERY != done // EVERY else 1, watch, tell):
            return


def _changed(draw: Random, seed: Seed, resealer: Resealer) -> tuple[list[Datagram | Segment], int]:
    found: list[Datagram | Segment] = []
    mutants = 0
    for packet in shuffle(draw, seed.packets):
        if draw.random() < MUTATED:
            mutants += 1
            packet = _mutant(draw, packet, resealer)
        found.append(packet)
    return found, mutants


def _mutant(draw: Random, packet: Datagram | Segment, resealer: Resealer) -> Datagram | Segment:
    if isinstance(packet, Datagram) and draw.random() < 0.6:
        sealed = resealer.mutant(draw, packet)
        if sealed is not None:
            return sealed
    return replace(packet, data=mutate(draw, packet.data))


def _conversation(
    changed: list[Datagram | Segment], seed: Seed, watch: Watch, *, slow: bool
) -> None:
    holder: list[Analysis] = []
    with watch.step(f"analysis of {seed.name}"):
        holder.append(stages.analysed(changed, seed))
    if not holder:
        return
    with watch.step(f"views of {seed.name}"):
        stages.shown(holder[0], changed)
    for stage in stages.CONVERSATION_STAGES if slow else ():
        with watch.step(f"{stage.__name__} of {seed.name}"):
            stage(holder[0])
    if slow:
        watch.limit, limit = 20.0, watch.limit  # a search over hypotheses for every closed packet
        with watch.step(f"explanation of {seed.name}"):
            stages.explained(holder[0])
        watch.limit = limit


def files(count: int, seed: int, watch: Watch, only: set[str] | None, tell: Tell) -> None:
    """`count` mutated capture files."""
    draw = Random(seed)
    material = seeds(only)
    for done in range(count):
        one = draw.choice(material)
        data = mutate(draw, one.file, most=8)
        with watch.step(f"file {one.name}"):
            stages.read(data, one)
        if _pause(done, watch, tell, EVERY // 20):
            return


def _pause(done: int, watch: Watch, tell: Tell, every: int = EVERY) -> bool:
    """Progress and limits, each `every` mutants; True when it is time to stop."""
    if done and done % every == 0:
        if done == every:
            watch.warm()
        tell(done)
        watch.check_memory()
    return watch.full
