# SPDX-License-Identifier: GPL-2.0-only
"""EKT fields behind SRTP packets: form, content, order, and that the MDD leaves them alone."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.codes import EktMessageType
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.ekt_view import Announced
from perc_scapy.conform.subject.packets import Heard, Stream, profile_of
from perc_scapy.errors import DecodeError
from perc_scapy.wire import peel_ekt

FIELDS = "EKT fields"
FULL_FIELDS = "full EKT fields under known EKT keys"
FIRST = 5
"""Packets of a new stream among which one full field must be: three come at once, then one each 100 ms."""
AUDIO, VIDEO = (0.2, 1.0), (20.0, 60.0)
"""Seconds between full fields where no packet is missing, and where some are: at least twice what audio should take;
video may wait for its next intra frame."""
AUDIO_OCTETS = 400
"""Mean size of packets below which a stream counts as audio."""
ROUNDING = 2.0
"""Seconds by which the clocks of a capture and of an endpoint may differ about a TTL."""


def ekt_streams(subject: Subject) -> Iterator[Stream]:
    """Streams of senders whose association negotiated EKT with a double profile."""
    for stream in subject.packets.sources:
        row = profile_of(stream.association)
        if stream.association.ekt_cipher is not None and row is not None and row.is_double:
            yield stream


def announced(subject: Subject) -> Iterator[tuple[Stream, Announced]]:
    """Full fields of senders, in the order of their packets."""
    for stream in ekt_streams(subject):
        for one in subject.ekt.announced(stream):
            yield stream, one


@rule(
    "EKT-06",
    expected="an EKT field behind every SRTP packet, and behind no SRTCP packet",
    about="SRTP and SRTCP packets of associations with EKT",
    needs=Part.HOP,
    broken_by="an EKT field behind an RTCP report",
    shown_in="violation-ekt-on-rtcp",
)
def every_packet_has_a_field(subject: Subject) -> Iterator[Finding]:
    """A packet that authenticates only as it is has no field; SRTCP that authenticates only without its last octets has
    one."""
    for m in subject.packets.rtp + subject.packets.rtcp:
        if id(m.association) in subject.packets.with_ekt and m.opened.outer is not None:
            ok = m.kind == "rtcp" or m.opened.ekt is not None
            yield Finding(m.number, ok, "SRTP without an EKT field")
    for doubt in subject.doubts.closed:
        if doubt.m.kind == "rtcp" and doubt.with_field:
            yield Finding(doubt.m.number, False, "SRTCP with an EKT field behind it")
        elif doubt.no_field:
            yield Finding(doubt.m.number, False, "SRTP without an EKT field")


@rule(
    "EKT-01",
    "EKT-19",
    expected="fields of type 0 (one octet) or 2 (full)",
    about=FIELDS,
    broken_by="type 1, or a type that no document assigns",
)
def types_are_assigned(subject: Subject) -> Iterator[Finding]:
    """The last octet of each SRTP packet of associations with EKT: 1 and 3 to 255 mean nothing today."""
    without = {id(doubt.m) for doubt in subject.doubts.closed if doubt.no_field}
    for m in subject.packets.rtp:
        if id(m.association) not in subject.packets.with_ekt or not m.datagram.data:
            continue
        if id(m) in without or (m.opened.outer is not None and m.opened.ekt is None):
            continue  # there is no field: see EKT-06
        kind = m.datagram.data[-1]
        ok = kind in (EktMessageType.SHORT, EktMessageType.FULL)
        yield Finding(m.number, ok, f"EKT message type {kind}")


@rule(
    "EKT-02",
    expected="ciphertext, SPI, epoch, length of the whole field, 02",
    about="full EKT fields",
    broken_by="a length that counts the ciphertext only",
)
def full_fields_are_whole(subject: Subject) -> Iterator[Finding]:
    """Each packet that ends in 02: the length fits, and leaves a key-wrap ciphertext (a multiple of 8, 16 or more)."""
    for m in subject.packets.rtp:
        if id(m.association) not in subject.packets.with_ekt:
            continue
        if not m.datagram.data or m.datagram.data[-1] != EktMessageType.FULL:
            continue
        try:
            size = len(peel_ekt(m.datagram.data)[1].ciphertext)
        except DecodeError as error:
            yield Finding(m.number, False, str(error))
            continue
        ok = size % 8 == 0 and size >= 16
        yield Finding(m.number, ok, f"{size} octets of ciphertext are no key wrap")


@rule(
    "EKT-04",
    expected="a ciphertext that unwraps under the EKT key of its SPI",
    about="full EKT fields under known EKT keys",
    needs=Part.HOP | Part.END,
    broken_by="key wrap without padding (RFC 3394), or a field that was changed on its way",
    shown_in="violation-ekt-altered",
)
def fields_unwrap(subject: Subject) -> Iterator[Finding]:
    """Every full field at every hop whose SPI was given to somebody in the conference."""
    for stream in subject.packets.streams:
        for one in subject.ekt.announced(stream):
            if one.problem != "unknown SPI":
                yield Finding(one.heard.number, one.problem != "does not unwrap", "does not unwrap")


@rule(
    "EKT-03",
    expected="length, master key, SSRC, ROC in the plaintext, and nothing else",
    about=FULL_FIELDS,
    needs=Part.HOP | Part.END,
    broken_by="a plaintext without the length octet, as drafts up to -01 have it",
    shown_in="violation-ekt-ssrc",
)
def plaintexts_are_whole(subject: Subject) -> Iterator[Finding]:
    """The length octet accounts for all octets, and the SSRC is that of the packet."""
    for stream, one in announced(subject):
        if one.plain is not None:
            text = f"SSRC {one.plain.ssrc:08x} in the field of {stream.ssrc:08x}"
            yield Finding(one.heard.number, one.plain.ssrc == stream.ssrc, text)
        elif one.problem == "malformed plaintext":
            yield Finding(one.heard.number, False, one.problem)


@rule(
    "EKT-07",
    "T00-EP-07",
    expected="full fields under an EKT key that the sender was given",
    about="full EKT fields of endpoints whose ekt_key can be read",
    needs=Part.HOP | Part.INNER,
    broken_by="an SPI that the KMF never gave out",
)
def senders_use_their_keys(subject: Subject) -> Iterator[Finding]:
    """The SPI of each full field at the ingress is one of an ekt_key that its endpoint had got by then."""
    since = {(id(g.association), g.spi): g.received.packet for g in reversed(subject.ekt.given)}
    able = {owner for owner, _ in since}
    for stream, one in announced(subject):
        owner = id(stream.association)
        if stream.from_endpoint and owner in able:
            given = since.get((owner, one.field.spi))
            text = f"SPI {one.field.spi:#06x}, which the sender was not given"
            ok = given is not None and given < one.heard.number
            if ok or subject.whole:
                yield Finding(one.heard.number, ok, text)


@rule(
    "EKT-09",
    expected="the SSRC of the packet in the plaintext",
    about=FULL_FIELDS,
    needs=Part.HOP | Part.END,
    broken_by="one field for several SSRCs",
    shown_in="violation-ekt-ssrc",
)
def fields_name_their_ssrc(subject: Subject) -> Iterator[Finding]:
    """SSRC inside against SSRC of the header."""
    for stream, one in announced(subject):
        if one.plain is not None:
            text = f"SSRC {one.plain.ssrc:08x} in the field of {stream.ssrc:08x}"
            yield Finding(one.heard.number, one.plain.ssrc == stream.ssrc, text)


@rule(
    "EKT-10",
    expected="a master key as long as the transform's, or as its inner half",
    about=FULL_FIELDS,
    needs=Part.HOP | Part.END,
    broken_by="16 octets with profile 0x000A",
)
def keys_fit_the_transform(subject: Subject) -> Iterator[Finding]:
    """Length of the key inside against the profile that the sender negotiated."""
    for stream, one in announced(subject):
        row = profile_of(stream.association)
        if one.plain is not None and row is not None:
            ok = len(one.plain.key) in (row.layer.key_length, row.key_length)
            text = f"a key of {len(one.plain.key)} octets with {row.name}"
            yield Finding(one.heard.number, ok, text)


@rule(
    "EKT-13",
    expected="epochs that never go back under one SPI, and one key for an epoch",
    about="full EKT fields",
    needs=Part.HOP,
    broken_by="an endpoint that announces an older key again",
    shown_in="violation-epoch-back",
)
def epochs_go_on(subject: Subject) -> Iterator[Finding]:
    """SPI, epoch and key of full fields, in the order of the sender's packets rather than of their arrival."""
    for stream in ekt_streams(subject):
        highest: dict[int, int] = {}
        keys: dict[tuple[int, int], bytes] = {}
        for one in subject.ekt.announced(stream):
            spi, epoch = one.field.spi, one.field.epoch
            top = highest.get(spi, epoch)
            highest[spi] = max(top, epoch)
            yield Finding(one.heard.number, epoch >= top, f"epoch {epoch} after {top}")
            if one.plain is not None:
                key = keys.setdefault((spi, epoch), bytes(one.plain.key))
                ok = key == bytes(one.plain.key)
                yield Finding(one.heard.number, ok, f"another key under epoch {epoch}")


@rule(
    "EKT-14",
    expected="the rollover counter that the packet is protected with",
    about="packets with a full EKT field whose end-to-end layer can be opened",
    needs=Part.HOP | Part.END,
    broken_by="ROC 0 for ever",
)
def fields_have_the_roc(subject: Subject) -> Iterator[Finding]:
    """The packet opens with the ROC of its own field; one that opens with a neighbour or with 0 only is a fault."""
    for _, one in announced(subject):
        key_id = one.heard.m.opened.key_id
        if one.plain is None or key_id is None:
            continue
        roc = one.plain.roc
        right = subject.ekt.opens(one.heard, key_id, roc)
        if right is None or right:
            yield Finding(one.heard.number, True)
            continue
        others = [n for n in (roc + 1, roc - 1, 0) if n >= 0]
        real = next((n for n in others if subject.ekt.opens(one.heard, key_id, n)), None)
        if real is not None:
            yield Finding(one.heard.number, False, f"ROC {roc}, the packet has {real}")


@rule(
    "EKT-15",
    expected="full fields at the start of a stream and again and again: every 100 ms for audio",
    about="streams of senders with EKT",
    needs=Part.HOP,
    broken_by="one full field for a whole call, or none",
    shown_in="violation-announced-once",
)
def full_fields_come_often(subject: Subject) -> Iterator[Finding]:
    """One among the first five packets seen of an SSRC; then never more than 0.2 s of audio (packets of less than 400
    octets on average) without one, 1 s where packets are missing; 20 s and a minute of anything else."""
    for stream in ekt_streams(subject):
        packets = stream.packets
        if not stream.from_endpoint and not any(map(_is_full, packets)):
            continue  # what the MDD sends of its own has no end-to-end key
        if len(packets) >= FIRST:
            ok = any(_is_full(h) for h in packets[:FIRST])
            yield Finding(packets[0].number, ok, "none in the first packets of the stream")
        yield from _gaps(packets)


def _is_full(heard: Heard) -> bool:
    field = heard.m.opened.ekt
    return field is not None and field.type == EktMessageType.FULL


def _gaps(packets: list[Heard]) -> Iterator[Finding]:
    """`whole`: seconds of packets without a full field and without a hole in their numbers; `spoken`: with holes."""
    octets = sum(len(h.m.datagram.data) for h in packets) / len(packets)
    strict, limit = AUDIO if octets < AUDIO_OCTETS else VIDEO
    whole, spoken, before = 0.0, 0.0, packets[0]
    for heard in packets:
        # Silence is no time in which a field could have been sent.
        step = min(max(heard.m.datagram.time - before.m.datagram.time, 0.0), 0.1)
        follows = (heard.original_seq - before.original_seq) & 0xFFFF <= 1
        before, spoken = heard, spoken + step
        whole = whole + step if follows else 0.0
        if _is_full(heard):
            whole = spoken = 0.0
            yield Finding(heard.number, True)
        elif whole > strict or spoken > limit:
            text = f"none in {max(whole, spoken):.1f} s of packets"
            yield Finding(heard.number, False, text)
            whole = spoken = 0.0


@rule(
    "EKT-18",
    expected="no EKT key in use after its time to live",
    about="full EKT fields of endpoints whose ekt_key can be read",
    needs=Part.HOP | Part.INNER,
    broken_by="an endpoint that goes on after ekt_ttl seconds",
    shown_in="violation-ekt-ttl",
)
def keys_die_in_time(subject: Subject) -> Iterator[Finding]:
    """Time of each full field at the ingress against the last ekt_key with its SPI, two seconds of tolerance."""
    until: dict[tuple[int, int], float] = {}
    for given in subject.ekt.given:
        parameters = given.received.parameters
        key = id(given.association), given.spi
        end = given.received.time + parameters.ttl
        until[key] = max(end, until.get(key, end))
    for stream, one in announced(subject):
        end_at = until.get((id(stream.association), one.field.spi))
        if stream.from_endpoint and end_at is not None:
            late = one.heard.m.datagram.time - end_at
            text = f"SPI {one.field.spi:#06x}, {late:.0f} s after its time"
            yield Finding(one.heard.number, late <= ROUNDING, text)


@rule(
    "EKT-21",
    expected="the EKT field of a relayed packet, octet for octet",
    about="relayed packets with EKT whose ingress is captured",
    needs=Part.HOP,
    broken_by="an MDD that changes, cuts or adds an EKT field",
    shown_in="violation-ekt-altered",
)
def mdd_leaves_fields_alone(subject: Subject) -> Iterator[Finding]:
    """The field at the ingress against that at each egress."""
    for source, out in subject.packets.relayed:
        if id(source.m.association) in subject.packets.with_ekt:
            ok = source.m.opened.ekt == out.m.opened.ekt
            yield Finding(out.number, ok, f"another field than in packet {source.number}")
