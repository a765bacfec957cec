# SPDX-License-Identifier: GPL-2.0-only
"""Statements about media: what opens, what must not, what the MDD left alone."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.checks.rule import check
from perc_scapy.capture.media_steps import e2e_keys
from perc_scapy.capture.participants import Participant
from perc_scapy.capture.secrecy import look_back
from perc_scapy.capture.steps import Check


def senders_renew_their_keys(analysis: Analysis, people: list[Participant]) -> Check:
    """Under a new EKT key every sender uses a new end-to-end key, and no two senders share one (R8871-22, EKT-17)."""
    bad: list[str] = []
    owners: dict[str, str] = {}
    for person in people:
        for _, spi, epoch, key_id in e2e_keys(person):
            name = f"{person.letter} under SPI {spi:#06x} epoch {epoch}"
            if owners.setdefault(key_id, name) != name:
                bad.append(f"{name} and {owners[key_id]} have one key")
    return check("end-to-end keys are renewed", bad, f"{len(owners)} keys, all different")


def listeners_open_what_they_may(analysis: Analysis, people: list[Participant]) -> Check:
    """With nothing but its own keys, each listener opens every packet of a sender from the first one on."""
    by_listener = {id(a): p.letter for p in people for a in p.associations}
    first: dict[tuple[str, int], int] = {}
    bad, count = [], 0
    for m in analysis.own_media:
        if m.kind != "rtp" or m.from_endpoint or m.association is None or m.opened.repeat:
            continue
        key = by_listener[id(m.association)], m.ssrc
        if m.rtp is not None:
            count += 1
            first.setdefault(key, m.timestamp)
        elif key in first and _after(m.timestamp, first[key]):
            bad.append(f"packet {m.number}: {key[0]} cannot open: {m.opened.problem}")
    bad += [
        f"{who} opens nothing of {ssrc:08x}" for who, ssrc in sorted(_pairs(people) - set(first))
    ]
    return check("listeners open all they may", bad, f"{count} packets")


def _after(timestamp: int, first: int) -> bool:
    """RTP time wraps; what a network delayed from before the first packet does not count."""
    return 0 < (timestamp - first) % (1 << 32) < 1 << 31


def _pairs(people: list[Participant]) -> set[tuple[str, int]]:
    """Every listener with every SSRC of everybody else."""
    return {(p.letter, s) for p in people for o in people if o is not p for s in o.ssrcs}


def ekt_fields_are_unchanged(analysis: Analysis, people: list[Participant]) -> Check:
    """The MDD passes each EKT field on octet for octet (EKT-21)."""
    sent = {m.rtp: m.opened.ekt for p in people for m in p.sent if m.rtp is not None}
    heard = [m for p in people for m in p.heard if m.rtp in sent]
    bad = [f"packet {m.number}" for m in heard if m.rtp and m.opened.ekt != sent[m.rtp]]
    return check("EKT fields pass unchanged", bad, f"{len(heard)} packets compared")


def joiners_cannot_look_back(analysis: Analysis, people: list[Participant]) -> Check:
    """Who joined third or later opens nothing that was sent before it held a key, even with all hop keys."""
    bad, text = [], []
    for joiner in people[2:]:
        attempt = look_back(analysis, joiner)
        if attempt.opened_earlier:
            bad.append(f"{joiner.letter} opens {attempt.opened_earlier} earlier packets")
        if not attempt.earlier or not attempt.opened_after:
            bad.append(f"{joiner.letter}: nothing to try it on")
        text.append(f"{joiner.letter} opens 0 of {attempt.earlier} with {attempt.keys_tried} keys")
    return check("joiners cannot open the past", bad, "; ".join(text) or "nobody joined later")
