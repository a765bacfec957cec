# SPDX-License-Identifier: GPL-2.0-only
"""Double SRTP opened in buffers: the same outcomes as packet by packet, and hardly any packet by itself."""

from __future__ import annotations

import pytest

from perc_scapy.capture import fast_media
from perc_scapy.capture.fast_media import FULL, UNUSUAL, FastMedia, Opened
from perc_scapy.capture.key_material import KeyMaterial
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import Datagram
from tests.capture.handmade import HandmadeConference, k


def conference(packets: int = 60) -> HandmadeConference:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    for n in range(packets):
        talk.say("A", b"%d from A" % n)
        talk.say("B", b"%d from B" % n)
    return talk


def opened_by(talk: HandmadeConference, trace: list[Datagram]) -> tuple[FastMedia, Opened]:
    """All media of a trace in one buffer."""
    material = KeyMaterial()
    for datagram in trace:
        material.add(datagram)
    media = FastMedia(*material.openers(material.analysis(talk.keylog())))
    data, places = b"", []
    for row, datagram in enumerate(trace):
        if datagram.data[0] >> 6 == 2:
            packet = ip_udp(datagram.src, datagram.dst, datagram.data)
            start = len(data) + len(packet) - len(datagram.data)
            data += packet
            name = data[start - 16 : start - 4] + data[start + 8 : start + 12]
            seq = int.from_bytes(datagram.data[2:4], "big")
            seq = {0: seq, 2: FULL - seq}.get(datagram.data[-1], UNUSUAL)
            seq = seq if datagram.data[0] == 0x80 else UNUSUAL
            places.append((row, name, start, len(data), seq))
    return media, media.open(data, places, trace.__getitem__)


def keys_of(media: FastMedia, opened: Opened) -> dict[int, tuple[object, ...]]:
    found = {row: m_key(m) for row, m in opened.others.items()}
    for row, number in zip(opened.rows, opened.lines, strict=True):
        hop, key = media.known[number][:2]
        found[row] = hop.association.client_random, hop.from_endpoint, key.spi, key.epoch, key.name
    return found


def m_key(m) -> tuple[object, ...]:
    o = m.opened
    return m.association and m.association.client_random, m.from_endpoint, o.spi, o.epoch, o.key_id


def reference(talk: HandmadeConference, trace: list[Datagram]) -> dict[int, tuple[object, ...]]:
    material = KeyMaterial()
    for datagram in trace:
        material.add(datagram)
    reader, late = material.openers(material.analysis(talk.keylog()))
    found = {}
    for row, datagram in enumerate(trace):
        m = reader.read(datagram)
        if m is not None:
            if m.opened.plain is None:
                late.open(m)
            found[row] = m_key(m)
    return found


def test_packets_in_order_are_opened_here() -> None:
    talk = conference()
    media, opened = opened_by(talk, talk.trace)
    assert keys_of(media, opened) == reference(talk, talk.trace)
    assert len(opened.rows) > 8 * len(opened.others)


def test_a_new_key_in_the_middle() -> None:
    talk = conference(20)
    talk.people["A"].sender.ekt.rekey(talk.now)
    for n in range(20):
        talk.say("A", b"%d under a new key" % n)
    talk.give("B", k(2))
    for n in range(20):
        talk.say("B", b"%d under a new set" % n)
    media, opened = opened_by(talk, talk.trace)
    assert keys_of(media, opened) == reference(talk, talk.trace)
    assert len({known.key.name for known in media.known.values()}) == 4
    assert len(opened.rows) > 100


@pytest.mark.parametrize(
    "change", ["lost", "repeated", "swapped", "altered outside", "altered inside", "cut"]
)
def test_disorder(change: str) -> None:
    talk = conference()
    trace = list(talk.trace)
    place = len(trace) - 77
    d = trace[place]
    match change:
        case "lost":
            del trace[place : place + 6]
        case "repeated":
            trace.insert(place + 9, d)
        case "swapped":
            trace[place], trace[place + 8] = trace[place + 8], d
        case "altered outside":
            trace[place] = Datagram(
                d.number, d.time, d.src, d.dst, d.data[:20] + b"?" + d.data[21:]
            )
        case "altered inside":
            data = d.data
            trace[place] = Datagram(
                d.number, d.time, d.src, d.dst, data[:3] + bytes((data[3] ^ 1,)) + data[4:]
            )
        case "cut":
            trace[place] = Datagram(d.number, d.time, d.src, d.dst, d.data[:13])
    trace = [Datagram(n, d.time, d.src, d.dst, d.data) for n, d in enumerate(trace, 1)]
    media, opened = opened_by(talk, trace)
    assert keys_of(media, opened) == reference(talk, trace)
    assert len(opened.rows) > 150


def test_payload_is_what_remains_without_overhead() -> None:
    talk = conference(8)
    for name in "AB":  # full fields come ten times a second
        talk.now += 0.2
        talk.say(name, b"8 from A")
    trace = talk.trace
    media, opened = opened_by(talk, trace)
    fields = set()
    for row, number in zip(opened.rows, opened.lines, strict=True):
        known = media.known[number]
        assert len(trace[row].data) - known.overhead == 8
        assert known.ekt_type == trace[row].data[-1]
        fields.add(known.ekt_type)
    assert fields == {0, 2}


def test_without_keys_everything_is_read_by_itself() -> None:
    talk = conference(5)
    talk.lines.clear()
    _, opened = opened_by(talk, talk.trace)
    assert not opened.rows
    assert all(m.opened.plain is None for m in opened.others.values())


def test_what_is_followed_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_media, "MAX_LINES", 3)
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    for n in range(40):
        talk.say("A", b"x%d" % n, ssrc=n // 2)
    media, opened = opened_by(talk, talk.trace)
    assert keys_of(media, opened) == reference(talk, talk.trace)
    assert len(media._lines) <= 3
    media.open(b"", [], talk.trace.__getitem__)
    assert len(media.known) <= 6
