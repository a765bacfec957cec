# SPDX-License-Identifier: GPL-2.0-only
"""New EKT keys and new end-to-end keys: that senders change theirs, share none, and give receivers time."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.media import MediaPacket
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.rules.ekt_fields import announced, ekt_streams
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.packets import Heard

TOO_SOON = 0.1
"""Seconds after its first announcement in which a new key may not protect yet: 0.25 less what a network shifts."""


@rule(
    "R8871-22",
    "EKT-17",
    "FW16-07",
    expected="a new end-to-end key, epoch 0, under a new EKT key",
    about="senders that announce keys under several EKT keys",
    needs=Part.HOP | Part.END,
    broken_by="the old end-to-end key announced under the new EKT key",
    shown_in="violation-e2e-key-kept",
)
def new_ekt_key_new_master_key(subject: Subject) -> Iterator[Finding]:
    """Keys in full fields of one sender: none stands under two SPIs, and the first under a new SPI has epoch 0 (unless
    packets before it are missing, so that a later key shows first)."""
    for stream in ekt_streams(subject):
        homes: dict[bytes, int] = {}
        spis: set[int] = set()
        for one in subject.ekt.announced(stream):
            if one.plain is None:
                continue
            spi = one.field.spi
            first = homes.setdefault(bytes(one.plain.key), spi)
            text = f"the key of SPI {first:#06x} again under {spi:#06x}"
            if spi not in spis and spis and one.field.epoch:
                yield Finding(one.heard.number, False, f"epoch {one.field.epoch} under a new SPI")
            if spis and (spi not in spis or first != spi):
                yield Finding(one.heard.number, first == spi, text)
            spis.add(spi)


@rule(
    "EKT-16",
    expected="250 ms between the announcement of a new key and its use",
    about="changes of keys while a sender talks",
    needs=Part.HOP | Part.END,
    broken_by="the new key in the packet that announces it",
    shown_in="violation-no-hold",
)
def new_keys_wait(subject: Subject) -> Iterator[Finding]:
    """Where packets under the old key are seen in the second before: none within 100 ms of the first announcement is
    under the new one (the rest of the 250 is left to the network)."""
    for stream in ekt_streams(subject):
        first: dict[str, tuple[float, int]] = {}
        for one in subject.ekt.announced(stream):
            if one.plain is not None:
                first.setdefault(one.plain.key.id, (one.heard.m.datagram.time, one.heard.number))
        yield from _changes(stream.packets, first)


def _changes(packets: list[Heard], announced_at: dict[str, tuple[float, int]]) -> Iterator[Finding]:
    last: tuple[str, float] | None = None
    for heard in packets:
        key, now = heard.m.opened.key_id, heard.m.datagram.time
        if key is None:
            continue
        if last is not None and key != last[0] and key in announced_at and now - last[1] < 1.0:
            waited = now - announced_at[key][0]
            text = f"in use {waited * 1000:.0f} ms after its announcement"
            yield Finding(heard.number, waited >= TOO_SOON, text)
        last = key, now


@rule(
    "R8871-20",
    expected="the salt of the EKTKey in the end-to-end layer",
    about="packets announced in EKT fields that can be unwrapped",
    needs=Part.HOP | Part.END,
    broken_by="the first half of the exported salt, which only the sender knows",
)
def salt_is_the_ekt_one(subject: Subject) -> Iterator[Finding]:
    """Packets open with the key of a field and the salt of its parameter set. One that stays closed is tried with the
    sender's own exported salt."""
    for stream in ekt_streams(subject):
        for heard in stream.packets:
            if heard.m.opened.plain is not None:
                yield Finding(heard.number, True)
    for heard, salt in subject.end_doubts.exported_salts:
        yield Finding(heard.number, False, salt)


@rule(
    "R8871-36",
    "R8871-34",
    expected="one SSRC, one sender",
    about="SSRCs at the MDD's ingress",
    needs=Part.HOP,
    broken_by="two endpoints that send with one SSRC",
    shown_in="violation-ssrc-two-senders",
)
def ssrcs_have_one_owner(subject: Subject) -> Iterator[Finding]:
    """SSRCs of authenticated packets from endpoints: all of one SSRC come from one participant of the conference; one
    that leaves and comes back keeps or changes its own."""
    owners: dict[tuple[bytes | None, int], str] = {}
    for person in subject.people:
        for ssrc, packet, conference in _first_uses(person.sent):
            owner = owners.setdefault((conference, ssrc), person.letter)
            yield Finding(packet, owner == person.letter, f"{ssrc:08x} is an SSRC of {owner}")


def _first_uses(sent: list[MediaPacket]) -> Iterator[tuple[int, int, bytes | None]]:
    seen = set()
    for m in sent:
        conference = None if m.association is None else m.association.conference_id
        if (m.ssrc, conference) not in seen:
            seen.add((m.ssrc, conference))
            yield m.ssrc, m.number, conference


@rule(
    "FW16-05",
    expected="no end-to-end key is shared by two senders",
    about="end-to-end keys in EKT fields",
    needs=Part.HOP | Part.END,
    broken_by="two endpoints with one key",
)
def senders_share_no_key(subject: Subject) -> Iterator[Finding]:
    """Keys in full fields: each belongs to the endpoint in whose packets it stands first."""
    owners: dict[bytes, object] = {}
    names = {id(a): p.letter for p in subject.people for a in p.associations}
    for stream, one in announced(subject):
        if one.plain is not None and stream.from_endpoint:
            owner = names.get(id(stream.association))
            first = owners.setdefault(bytes(one.plain.key), owner)
            yield Finding(one.heard.number, first == owner, f"a key of {first}")
