# SPDX-License-Identifier: GPL-2.0-only
"""The three message flows, step by step. A step that was not captured proves nothing; what followed without it does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from perc_scapy.capture.steps import Section, Step
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import Judge, rule
from perc_scapy.conform.requirements import requirements
from perc_scapy.conform.rules.privacy import joiners_cannot_look_back
from perc_scapy.conform.subject import Part, Subject

FLOWS = {"SS1": "first participants", "SS2": "second participants", "NUJ": "later participants"}
_LOOKED_BACK = "NUJ-03"


def _judge(subject: Subject, id_: str) -> Iterator[Finding]:
    """The step is seen, in every run of its flow in which a later step of the same chain is seen."""
    if not one_conference(subject):
        return
    for section in subject.story.sections:
        for chain in chains(section):
            for place, step in enumerate(chain):
                if name_of(step) == id_:
                    yield from _step(chain, place)
    if id_ == _LOOKED_BACK:
        yield from joiners_cannot_look_back(subject)


def one_conference(subject: Subject) -> bool:
    """The flows are told of one conference in one draft-00 tunnel."""
    ids = {a.conference_id for a in subject.analysis.associations if a.conference_id}
    return len(ids) == 1 and len(list(subject.draft00())) == len(subject.tunnels) > 0


def chains(section: Section) -> Iterator[list[Step]]:
    """Runs of steps in which each one is what the next one needs: a handshake, a key's way, a packet's way."""
    chain: list[Step] = []
    for step in section.steps:
        if not step.id:
            continue
        if chain and (step.message.startswith(("Tunnel(ekt_key ", "SRTP")) and _begins(step)):
            yield chain
            chain = []
        chain.append(step)
    if chain:
        yield chain


def _begins(step: Step) -> bool:
    return step.message.startswith("Tunnel") or step.dst == "MDD"


def name_of(step: Step) -> str:
    """The requirement id of a step: later joiners' steps have their letter behind it."""
    return step.id.split(".")[0]


def _step(chain: list[Step], place: int) -> Iterator[Finding]:
    step = chain[place]
    if step.packet is not None:
        yield Finding(step.packet, True)
        return
    later = next((s for s in chain[place + 1 :] if s.packet is not None), None)
    link_seen = any(s.packet is not None for s in chain if {s.src, s.dst} == {step.src, step.dst})
    if later is not None and link_seen:
        text = f"{later.id} ({later.message}) without {step.id} ({step.message})"
        yield Finding(later.packet, False, text)


def _register() -> None:
    for id_, row in requirements().items():
        flow = id_.split("-")[0]
        if flow in FLOWS:
            judge: Judge = partial(_judge, id_=id_)
            judge.__doc__ = _judge.__doc__
            rule(
                id_,
                expected=row.statement,
                about=f"{FLOWS[flow]} of one conference whose tunnel can be read",
                needs=Part.TUNNEL | Part.INNER,
                broken_by="the steps behind it without this one",
            )(judge)


_register()
