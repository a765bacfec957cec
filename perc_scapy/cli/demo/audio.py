# SPDX-License-Identifier: GPL-2.0-only
"""Whether each listener's recording is what the sender said, sample for sample, and begins and ends where it must.

Where it must begin is read from the capture: the first packet that the listener's own keys open. A recording that
begins later, has a gap, or ends before the last packet that reached the listener is a fault.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.participants import Participant
from perc_scapy.capture.steps import Check
from perc_scapy.codes import EktMessageType
from perc_scapy.errors import DecodeError
from perc_scapy.media.g711 import PCMU, round_trip
from perc_scapy.media.packetizer import FRAME_SAMPLES
from perc_scapy.media.wav import decode_wav
from perc_scapy.wire import EktField

_WRAP = 1 << 32


class Delivery:
    """One sender's packets that one listener could open, as the capture has them."""

    def __init__(self, packets: list[MediaPacket], origin: int) -> None:
        """`origin`: RTP timestamp of the sender's first sample."""
        self.packets = packets
        self.positions = [(p.timestamp - origin) % _WRAP for p in packets]

    @property
    def start(self) -> int:
        """Position of the first sample in the sender's audio."""
        return self.positions[0]

    @property
    def length(self) -> int:
        """Samples from the first to the last."""
        return max(self.positions) + FRAME_SAMPLES - self.start

    @property
    def whole(self) -> bool:
        """No frame is missing in between."""
        wanted = range(self.start, self.start + self.length, FRAME_SAMPLES)
        return set(self.positions) == set(wanted)


def deliveries(
    analysis: Analysis, people: list[Participant]
) -> Iterator[tuple[Participant, Participant, Delivery | None]]:
    """(sender, listener, what was delivered) for every pair."""
    arrived: dict[tuple[int, int], list[MediaPacket]] = defaultdict(list)
    for packet in analysis.own_media:
        if packet.kind == "rtp" and not packet.from_endpoint:
            arrived[id(packet.association), packet.ssrc].append(packet)
    for listener in people:
        for sender in people:
            if listener is not sender:
                packets = _in_time(_from_to(arrived, sender, listener), listener)
                good = bool(packets and sender.sent)
                found = Delivery(packets, sender.sent[0].timestamp) if good else None
                yield sender, listener, found


def _from_to(
    arrived: Mapping[tuple[int, int], list[MediaPacket]], sender: Participant, listener: Participant
) -> list[MediaPacket]:
    names = [(id(a), ssrc) for a in listener.associations for ssrc in sender.ssrcs]
    found = [packet for name in names for packet in arrived.get(name, ())]
    return sorted(found, key=lambda packet: packet.number)


def _in_time(packets: list[MediaPacket], listener: Participant) -> list[MediaPacket]:
    """Those that open with what the listener held when they came: a joiner may speak before the others have its key."""
    keys = [key for a in listener.associations for key in a.ekt_keys()]
    came = {key.parameters.spi: key.packet for key in reversed(keys)}
    learned: set[tuple[int, int | None, int | None]] = set()
    found = []
    for packet in packets:
        told = _full_field(packet)  # of the key that protects this packet or the next ones
        if told and came.get(told.spi, packet.number) < packet.number:
            learned.add((packet.ssrc, told.spi, told.epoch))
        used = packet.ssrc, packet.opened.spi, packet.opened.epoch
        if packet.rtp is not None and used in learned:
            found.append(packet)
    return found


def _full_field(packet: MediaPacket) -> EktField | None:
    ekt = packet.opened.ekt if packet.opened.hop_opened else None
    return ekt if ekt and ekt.type == EktMessageType.FULL else None


def check_recording(name: str, wav: Path, voice: array[int], delivery: Delivery | None) -> Check:
    """Compare one recording with the G.711 round trip of the voice, which repeats for ever."""
    if delivery is None:
        return Check(name, False, "the capture has nothing that could be heard")
    if not delivery.whole:
        return Check(name, False, "frames are missing in the capture")
    try:
        heard = decode_wav(wav.read_bytes()).samples
    except (OSError, DecodeError) as error:
        return Check(name, False, f"no recording: {error}")
    said = _said(voice, delivery.start, delivery.length)
    if len(heard) != len(said):
        return Check(name, False, f"{len(heard)} samples recorded, {len(said)} delivered")
    wrong = next((i for i, (a, b) in enumerate(zip(heard, said, strict=True)) if a != b), None)
    if wrong is not None:
        return Check(name, False, f"sample {wrong} differs")
    first = delivery.packets[0].number
    return Check(name, True, f"{len(said)} samples equal, from packet {first} on")


def _said(voice: array[int], start: int, length: int) -> array[int]:
    """Samples of the endless, G.711-coded voice; its last frame is filled up with silence."""
    coded = round_trip(PCMU, voice)
    silence = PCMU.decode(bytes((PCMU.silence,)))
    coded.extend(silence * (-len(coded) % FRAME_SAMPLES))
    shift = start % len(coded)
    turns = (shift + length) // len(coded) + 1
    return (coded * turns)[shift : shift + length]
