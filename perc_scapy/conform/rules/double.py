# SPDX-License-Identifier: GPL-2.0-only
"""Both layers of double SRTP: what senders build, and what an MDD may change and must note in the OHB."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.rules.keys import has_inner, told
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.ekt_view import inner_header
from perc_scapy.conform.subject.packets import Heard
from perc_scapy.wire import Ohb

DOUBLE = "double-protected packets"
RELAYED = "relayed packets whose ingress is captured"
FROM_ENDPOINTS = "double-protected packets from endpoints"


def doubles(subject: Subject, *, from_endpoint: bool | None = None) -> Iterator[Heard]:
    """Packets of double profiles whose hop layer opened and whose inner layer is there."""
    for heard in subject.packets.heard:
        if heard.double and from_endpoint in (None, heard.m.from_endpoint):
            yield heard


def relayed(subject: Subject) -> Iterator[tuple[Heard, Heard]]:
    """(ingress, egress) of double-protected packets."""
    return ((s, o) for s, o in subject.packets.relayed if s.double)


@rule(
    "DBL-02",
    expected="the outer half of key and salt in the hop-by-hop layer",
    about="packets of double profiles on hops with known keys",
    needs=Part.HOP | Part.INNER,
    broken_by="inner and outer half the wrong way round",
    shown_in="violation-full-double-key",
)
def outer_half_is_used(subject: Subject) -> Iterator[Finding]:
    """Packets open under the second half; one that does not is tried with the first. And key information is no first
    half."""
    for heard in doubles(subject):
        yield Finding(heard.number, True)
    for view, message, keys in told(subject):
        full = view.association.exported()
        if full is not None and has_inner(full, keys):
            yield Finding(message.packet, False, "inner halves in key information")
    for doubt in subject.doubts.closed:
        if doubt.other_half:
            yield Finding(doubt.m.number, False, "opens with the inner half of the exported key")


@rule(
    "DBL-03",
    expected="inner ciphertext, inner tag of 16 octets and an OHB inside of the outer layer",
    about=DOUBLE,
    needs=Part.HOP,
    broken_by="a packet with one layer only",
)
def both_layers_are_there(subject: Subject) -> Iterator[Finding]:
    """Octets inside of the outer layer of each packet from an endpoint: 17 at the least."""
    for heard in doubles(subject, from_endpoint=True):
        assert heard.m.opened.outer is not None
        size = len(heard.m.opened.outer.payload)
        yield Finding(heard.number, size >= 17, f"{size} octets inside of the outer layer")


@rule(
    "DBL-04",
    expected="an inner tag over the header without its extension",
    about="double-protected packets with a header extension",
    needs=Part.HOP | Part.END,
    broken_by="associated data with X set and the extension, as drafts up to -05 have it",
)
def inner_tag_is_over_the_synthetic_header(subject: Subject) -> Iterator[Finding]:
    """Packets with X set open with X cleared. One that stays closed is tried with its whole header."""
    for heard in doubles(subject):
        if heard.header[0] & 0x10 and heard.m.opened.plain is not None:
            yield Finding(heard.number, True)
    for heard in subject.end_doubts.whole_headers:
        yield Finding(heard.number, False, "opens with the header extension in the associated data")


@rule(
    "DBL-05",
    expected="an empty OHB (00) from the sender",
    about=FROM_ENDPOINTS,
    needs=Part.HOP,
    broken_by="an endpoint that writes its own SEQ into the OHB",
)
def senders_leave_the_ohb_empty(subject: Subject) -> Iterator[Finding]:
    """OHB of every packet on its way from an endpoint."""
    for heard in doubles(subject, from_endpoint=True):
        if not heard.ohb_fault:
            yield Finding(heard.number, heard.ohb == Ohb(), f"OHB {heard.ohb.encode().hex()}")


@rule(
    "DBL-07",
    expected="reserved bits 0, no B without M, and every octet that the config octet announces",
    about=DOUBLE,
    needs=Part.HOP,
    broken_by="reserved bits set",
    shown_in="violation-ohb-reserved",
)
def ohbs_are_well_formed(subject: Subject) -> Iterator[Finding]:
    """The OHB of every packet that carries an inner packet of the conference; what the MDD sends of its own has no
    inner layer and is none."""
    sent = {h.header[4:12] for h in subject.packets.heard if h.m.from_endpoint}
    for heard in doubles(subject):
        carries = heard.m.from_endpoint or heard.header[4:12] in sent  # timestamp and SSRC
        if carries or not heard.ohb_fault:
            yield Finding(heard.number, not heard.ohb_fault, heard.ohb_fault)


@rule(
    "DBL-06",
    expected="the original PT, SEQ and M in the OHB wherever the header has another",
    about=RELAYED,
    needs=Part.HOP,
    broken_by="a changed SEQ without an OHB, or with another number in it",
    shown_in="violation-ohb-sequence",
)
def ohb_has_the_originals(subject: Subject) -> Iterator[Finding]:
    """Header and OHB at the egress, put together, give the header that came in with its OHB put back."""
    for source, out in relayed(subject):
        if out.ohb_fault:
            continue
        was, now = source.original, out.original
        wrong = []
        if was[2:4] != now[2:4]:
            wrong.append(
                f"SEQ {int.from_bytes(now[2:4], 'big')} for {int.from_bytes(was[2:4], 'big')}"
            )
        if (was[1] ^ now[1]) & 0x7F:
            wrong.append(f"PT {now[1] & 0x7F} for {was[1] & 0x7F}")
        if (was[1] ^ now[1]) & 0x80:
            wrong.append(f"marker {now[1] >> 7} for {was[1] >> 7}")
        yield Finding(out.number, not wrong, f"originals: {', '.join(wrong)}")


@rule(
    "DBL-10",
    expected="nothing in the OHB that equals the header, and what was in it stays",
    about="relayed packets with an OHB",
    needs=Part.HOP,
    broken_by="an OHB with a SEQ that nobody changed",
    shown_in="violation-ohb-sequence",
)
def ohb_has_nothing_else(subject: Subject) -> Iterator[Finding]:
    """A field that is set back to its original is dropped; what an earlier MDD noted keeps its value (see DBL-06)."""
    for _, out in relayed(subject):
        if out.ohb == Ohb() or out.ohb_fault:
            continue
        same = []
        if out.ohb.seq == out.seq:
            same.append("SEQ")
        if out.ohb.pt == out.pt:
            same.append("PT")
        if out.ohb.marker is not None and out.ohb.marker == out.marker:
            same.append("marker")
        yield Finding(out.number, not same, f"{' and '.join(same)} noted and not changed")


@rule(
    "DBL-11",
    expected="V, P, CC, CSRCs, timestamp, SSRC and payload as the sender wrote them",
    about=RELAYED,
    needs=Part.HOP,
    broken_by="an MDD that rewrites the timestamp, or an octet of the payload",
    shown_in="violation-timestamp-altered",
)
def only_three_fields_change(subject: Subject) -> Iterator[Finding]:
    """Headers of one inner packet before and after the MDD, without PT, SEQ, M and the extension; and its octets, see
    R8871-01."""
    for source, out in relayed(subject):
        was, now = inner_header(source), inner_header(out)
        wrong = _changed(was, now)
        yield Finding(out.number, not wrong, f"changed: {', '.join(wrong)}")
    yield from inner_packets_pass_unaltered(subject)


@rule(
    "R8871-02",
    expected="PT, SEQ and marker changed as RFC 8723 allows it, nothing else",
    about=RELAYED,
    needs=Part.HOP,
    broken_by="a payload type that changes and is not in the OHB",
    shown_in="violation-ohb-sequence",
)
def changes_are_allowed_ones(subject: Subject) -> Iterator[Finding]:
    """DBL-11 and DBL-06 together."""
    yield from only_three_fields_change(subject)
    yield from ohb_has_the_originals(subject)


@rule(
    "FW16-10",
    expected="the SSRC as the sender wrote it",
    about=RELAYED,
    needs=Part.HOP,
    broken_by="an MDD that passes one stream off as the continuation of another",
    shown_in="violation-ssrc-altered",
)
def ssrcs_stay(subject: Subject) -> Iterator[Finding]:
    """SSRC of one inner packet before and after the MDD."""
    for source, out in relayed(subject):
        was, now = source.header[8:12], out.header[8:12]
        yield Finding(out.number, was == now, f"SSRC {now.hex()} for {was.hex()}")


def _changed(was: bytes, now: bytes) -> list[str]:
    found = []
    if was[0] != now[0]:
        found.append("V, P or CC")
    if was[4:8] != now[4:8]:
        found.append("timestamp")
    if was[8:12] != now[8:12]:
        found.append("SSRC")
    if was[12:] != now[12:] and len(was) == len(now):
        found.append("CSRC list")
    return found


@rule(
    "R8871-01",
    expected="the inner packet unaltered",
    about="packets toward endpoints that have an origin at the ingress",
    needs=Part.HOP,
    broken_by="an MDD that changes an octet of the payload",
    shown_in="violation-payload-altered",
)
def inner_packets_pass_unaltered(subject: Subject) -> Iterator[Finding]:
    """Inner ciphertext and tag at the egress are those of some packet at the ingress. Where SSRC, timestamp and number
    are those of one whose octets differ, the MDD changed them."""
    origins: dict[bytes, set[object]] = defaultdict(set)
    for heard in doubles(subject, from_endpoint=True):
        origins[heard.original[2:4] + heard.header[4:12]].add(heard.body)
    for heard in doubles(subject, from_endpoint=False) if origins else ():
        known = origins.get(heard.original[2:4] + heard.header[4:12])
        if known is not None:
            yield Finding(heard.number, heard.body in known, "other octets than at the ingress")


@rule(
    "DBL-12",
    expected="packets whose extension the MDD changed open at the receiver",
    about="relayed packets with another header extension than at the ingress",
    needs=Part.HOP | Part.END,
    broken_by="a sender whose inner tag covers the extension",
)
def extensions_may_change(subject: Subject) -> Iterator[Finding]:
    """Only where the same packet could be opened at one of the two places."""
    for source, out in relayed(subject):
        if extension(source) != extension(out):
            opened = out.m.opened.plain is not None or out.m.opened.repeat
            if opened or source.m.opened.plain is not None:
                yield Finding(out.number, opened, "does not open after the change")


def extension(heard: Heard) -> bytes:
    """Header extension with its X bit; empty without."""
    end = 12 + 4 * (heard.header[0] & 0x0F)
    return heard.header[end:] if heard.header[0] & 0x10 else b""


@rule(
    "DBL-18",
    expected="no two packets of one SSRC with one inner index under one end-to-end key",
    about=FROM_ENDPOINTS,
    needs=Part.HOP | Part.END,
    broken_by="an endpoint that starts SEQ again under the old key",
)
def inner_indices_are_used_once(subject: Subject) -> Iterator[Finding]:
    """Packets with the same original SEQ, key and rollover counter and different inner octets: nonce reuse. Both must
    authenticate, so that a forger's packet is not taken for one of the sender's."""
    for stream in subject.packets.streams:
        if not stream.from_endpoint:
            continue
        first: dict[int, Heard] = {}
        for heard in stream.packets:
            before = first.setdefault(heard.original_seq, heard)
            if before is heard or before.body == heard.body:
                yield Finding(heard.number, True)
            elif _same_nonce(subject, before, heard):
                text = f"the inner index of packet {before.number} with other content"
                yield Finding(heard.number, False, text)


def _same_nonce(subject: Subject, one: Heard, other: Heard) -> bool:
    key = one.m.opened.key_id or other.m.opened.key_id
    if key is None:
        return False
    opens = subject.ekt.opens
    return any(opens(one, key, roc) and opens(other, key, roc) for roc in range(3))
