# SPDX-License-Identifier: GPL-2.0-only
"""The three message flows, step by step. A step that was not captured proves nothing; what followed without it does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from perc_scapy.capture.participants import Participant
from perc_scapy.capture.steps import MDD, Section, Step
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import Judge, rule
from perc_scapy.conform.requirements import requirements
from perc_scapy.conform.rules.privacy import joiners_cannot_look_back
from perc_scapy.conform.subject import Part, Subject

FLOWS = {"SS1": "first participants", "SS2": "second participants", "NUJ": "later participants"}
_LOOKED_BACK = "NUJ-03"
MANY = 20
"""Packets of a sender that are no accident."""


def _judge(subject: Subject, id_: str) -> Iterator[Finding]:
    """The step is seen wherever something follows that needs it: a later step of the same handshake, key or packet; the
    acknowledgement of who got it; packets of a sender that should have brought it, or have reached somebody."""
    if not one_conference(subject):
        return
    for section in subject.story.sections:
        for chain in chains(section):
            for place, step in enumerate(chain):
                if name_of(step) == id_:
                    yield from _step(subject, section, chain, place)
    if id_ == _LOOKED_BACK:
        yield from joiners_cannot_look_back(subject)


def one_conference(subject: Subject) -> bool:
    """The flows are told of one conference in one draft-00 tunnel."""
    ids = {a.conference_id for a in subject.analysis.associations if a.conference_id}
    return len(ids) == 1 and len(list(subject.draft00())) == len(subject.tunnels) == 1


def chains(section: Section) -> Iterator[list[Step]]:
    """Runs of steps in which each one is what the next one needs: a handshake, a key's way, a packet's way."""
    chain: list[Step] = []
    for step in section.steps:
        if not step.id:
            continue
        begins = step.message.startswith("Tunnel(ekt_key ") or _is_media_in(step)
        if chain and begins:
            yield chain
            chain = []
        chain.append(step)
    if chain:
        yield chain


def _is_media_in(step: Step) -> bool:
    return step.message.startswith("SRTP") and step.dst == MDD


def name_of(step: Step) -> str:
    """The requirement id of a step: later joiners' steps have their letter behind it."""
    return step.id.split(".")[0]


def _step(subject: Subject, section: Section, chain: list[Step], place: int) -> Iterator[Finding]:
    step = chain[place]
    if step.packet is not None:
        yield Finding(step.packet, True)
        return
    if not subject.whole:
        return
    proof = (
        _media(subject, chain, step)
        if step.message.startswith("SRTP")
        else _later(chain, place) or _acknowledged(section, chain, step)
    )
    if proof is not None:
        yield Finding(proof[0], False, f"{proof[1]} without {step.id} ({step.message})")


def _later(chain: list[Step], place: int) -> tuple[int, str] | None:
    """A later step of the chain, if anything at all was seen between the two ends of the missing one."""
    step = chain[place]
    link = any(s.packet is not None for s in chain if {s.src, s.dst} == {step.src, step.dst})
    for later in chain[place + 1 :]:
        if later.packet is not None and link:
            return later.packet, f"{later.id} ({later.message})"
    return None


def _acknowledged(section: Section, chain: list[Step], step: Step) -> tuple[int, str] | None:
    """For the last step of a chain. A handshake: the endpoint acknowledges the EKT key that it got behind it. An
    acknowledgement in the tunnel: it came from the endpoint."""
    ack = next((s for s in section.steps if s.message == "ekt_key_ack" and s.packet), None)
    if step is not chain[-1] or ack is None or ack.packet is None:
        return None
    if step.message == "Tunnel(ekt_key_ack)":
        before = chain[-2]
        return None if before.packet is None else (before.packet, f"{before.id} ({before.message})")
    return ack.packet, f"{ack.id} ({ack.message})"


_END = 1 << 62
"""Behind every packet."""


def _media(subject: Subject, chain: list[Step], step: Step) -> tuple[int, str] | None:
    """Many packets of the sender while the flow's EKT key is the newest: none brings its key, or none gets through."""
    people = {p.letter: p for p in subject.people}
    sender, ends = people.get(chain[0].src), {s.dst for s in chain} - {MDD}
    if sender is None or not ends <= set(people):
        return None
    first, last = _season(subject, [sender, *(people[letter] for letter in ends)])
    sent = [m for m in sender.sent if first < m.number < last]
    if len(sent) < MANY:
        return None
    announced = any(m.opened.ekt is not None and m.opened.ekt.ciphertext for m in sent)
    receiver = people.get(step.dst)
    if receiver is None:
        proof = not announced
    else:
        heard = {m.ssrc for m in receiver.heard if first < m.number < last}
        proof = (
            announced and receiver.association.direct is not None and not heard & {*sender.ssrcs}
        )
    return (sent[-1].number, f"{len(sent)} packets of {sender.letter}") if proof else None


def _season(subject: Subject, ends: list[Participant]) -> tuple[int, int]:
    """From the packet in which the last of these got its first EKT key to the first key that is newer than that."""
    first = max((p.ekt_keys()[0].packet if p.ekt_keys() else _END) for p in ends)
    keys = [key for p in subject.people for key in p.ekt_keys()]
    known = {key.parameters.spi for key in keys if key.packet <= first}
    news = (key.packet for key in keys if key.parameters.spi not in known)
    return first, min(news, default=_END)


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
