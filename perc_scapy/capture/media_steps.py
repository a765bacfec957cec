# SPDX-License-Identifier: GPL-2.0-only
"""Steps of media: a packet of one participant at the MDD's ingress and, opened again, at each receiver."""

from __future__ import annotations

from collections.abc import Iterable

from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.participants import Participant
from perc_scapy.capture.steps import MDD, Step
from perc_scapy.codes import EktMessageType


def delivered(
    sender: Participant, receiver: Participant, spi: int | None, after: int = 0
) -> tuple[MediaPacket, MediaPacket] | None:
    """The first packet of `sender`, later than packet `after`, that brings its key under the EKT key `spi` in a full
    field, passes the MDD and opens at `receiver`: (at ingress, at the receiver)."""
    ingress = {p.rtp: p for p in reversed(sender.sent) if p.rtp is not None and p.number > after}
    for packet in receiver.heard:
        before = ingress.get(packet.rtp) if packet.rtp is not None else None
        ekt = packet.opened.ekt
        full = ekt is not None and ekt.type == EktMessageType.FULL and ekt.spi == spi
        opened_then = packet.opened.spi == spi and not packet.opened.late
        if before is not None and full and opened_then:
            return before, packet
    return None


def media_steps(
    sender: Participant,
    receivers: Iterable[tuple[Participant, str]],
    spi: int | None,
    name: str,
    sent_id: str,
    after: int = 0,
) -> list[Step]:
    """One step into the MDD and one out of it for each (receiver, step id). `name`: the EKT key, K1, K2 …

    `after`: the packet in which the newest member says that it holds the EKT key; what follows is the step.
    """
    text = f"SRTP(E2E key of {sender.letter}) + EKT"
    arrivals = [(who, id_, delivered(sender, who, spi, after)) for who, id_ in receivers]
    first = next((pair[0] for _, _, pair in arrivals if pair is not None), None)
    steps = [Step(sent_id, sender.letter, MDD, text, None if first is None else first.number)]
    if first is not None:
        steps[0].notes.append(_key_note(sender, first, name))
    for who, id_, pair in arrivals:
        packet = None if pair is None else pair[1]
        step = Step(id_, MDD, who.letter, text, None if packet is None else packet.number)
        if packet is not None:
            step.notes.append(f"{who.letter} takes {sender.letter}'s key out with {name}")
        steps.append(step)
    return steps


def hop_media_steps(sender: Participant, receivers: Iterable[Participant]) -> list[Step]:
    """Of media with one layer: the first packet of each source into the MDD, and out of it at each receiver."""
    steps = []
    for ssrc in sender.ssrcs:
        first = next(m for m in sender.sent if m.ssrc == ssrc)
        text = f"SRTP({sender.letter}, SSRC {ssrc:08x})"
        steps.append(Step("", sender.letter, MDD, text, first.number))
        for receiver in receivers:
            heard = next((m for m in receiver.heard if m.ssrc == ssrc), None)
            if heard is not None:
                steps.append(Step("", MDD, receiver.letter, text, heard.number))
    return steps


def _key_note(sender: Participant, packet: MediaPacket, name: str) -> str:
    opened = packet.opened
    return (
        f"{sender.letter} sends SSRC {packet.ssrc:08x} under E2E key {opened.key_id}, "
        f"{name}, epoch {opened.epoch}"
    )


def e2e_keys(person: Participant) -> list[tuple[int, int, int, str]]:
    """(packet, SPI, epoch, key id) wherever a participant begins to send under another key, or another name of it."""
    found: list[tuple[int, int, int, str]] = []
    for packet in person.sent:
        opened = packet.opened
        if opened.key_id is None or opened.spi is None or opened.epoch is None:
            continue
        name = opened.spi, opened.epoch, opened.key_id
        if not found or found[-1][1:] != name:
            found.append((packet.number, *name))
    return found
