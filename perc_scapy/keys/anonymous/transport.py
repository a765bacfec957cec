# SPDX-License-Identifier: GPL-2.0-only
"""IP packets without names and addresses: same lengths, right checksums (RFC 791, 768, 9293, 792, 8200)."""

from __future__ import annotations

from perc_scapy.keys.anonymous.addresses import Addresses
from perc_scapy.keys.anonymous.datagrams import DatagramNames
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from perc_scapy.keys.anonymous.tls import TlsNames
from perc_scapy.pcap.fragments import Reassembler
from perc_scapy.pcap.headers import internet_checksum
from perc_scapy.pcap.ip import FRAGMENT_HEADER, TCP, UDP, IpPart, read_ip, skip_extensions
from perc_scapy.pcap.packets import Segment
from perc_scapy.pcap.transport import address, transport

ICMP, ICMP6 = 1, 58
_ECHO = {(ICMP, 0), (ICMP, 8), (ICMP6, 128), (ICMP6, 129)}
_NO_OPERATION = b"\x01"
_TCP_OPTIONS = {1, 2, 3, 4, 5}
MAX_HELD = 1 << 26
"""Octets kept of packets that came in IP fragments; those beyond become zeros."""


class IpNames:
    """Feed all IP packets to `learn`, then each one to `anonymous`, both in capture order."""

    def __init__(self, names: Pseudonyms) -> None:
        self.addresses = Addresses()
        self.datagrams = DatagramNames(names, self.addresses)
        self._tls = TlsNames(names)
        self._fragments = Reassembler()
        self._wholes: dict[int, IpPart] = {}
        """By frame: the packet that its fragment belongs to."""
        self._held = 0

    def learn(self, number: int, time_ns: int, packet: bytes) -> None:
        """One packet, link layer cut off."""
        part = read_ip(packet)
        if part is None:
            return
        self.addresses.taken |= {part.src, part.dst}
        if part.fragment is not None:
            whole = self._fragments.add(number, time_ns, part)
            if whole is None or self._held > MAX_HELD:
                return
            part = whole.part
            self._held += len(part.body)
            self._wholes |= dict.fromkeys(whole.numbers, part)
        found = transport(number, 0.0, part)
        if isinstance(found, Segment):
            self._tls.learn(found)
        elif found is not None:
            self.datagrams.learn((found.src, found.dst), found.data)

    def anonymous(self, number: int, packet: bytes, *, cut: bool) -> bytes:
        """The packet with stand-ins. `cut`: the capture does not have all of it, so checksums become zero."""
        part = read_ip(packet)
        if part is None:
            return bytes(len(packet))
        body = self._fragment(number, part) if part.fragment else self._body(number, part, cut=cut)
        start = _body_start(packet)
        head = self._ipv4(packet[:start]) if packet[0] >> 4 == 4 else self._ipv6(packet[:start])
        return head + body + bytes(len(packet) - start - len(body))  # a trailer may hold anything

    # -- headers

    def _ipv4(self, head: bytes) -> bytes:
        options = _NO_OPERATION * (len(head) - 20)
        front, ends = head[:10], self.addresses.ip(head[12:16]) + self.addresses.ip(head[16:20])
        checksum = internet_checksum(front + b"\0\0" + ends + options)
        return front + checksum.to_bytes(2, "big") + ends + options

    def _ipv6(self, head: bytes) -> bytes:
        out = bytearray(head)
        out[8:24], out[24:40] = self.addresses.ip(head[8:24]), self.addresses.ip(head[24:40])
        kind, at = head[6], 40
        while at + 8 <= len(head):
            if kind == FRAGMENT_HEADER:
                kind, at = head[at], at + 8
                continue
            after, end = skip_one(head, kind, at)
            out[at + 2 : end] = bytes(len(out[at + 2 : end]))
            kind, at = after, end
        return bytes(out[: len(head)])

    # -- what is inside

    def _fragment(self, number: int, part: IpPart) -> bytes:
        whole, place = self._wholes.get(number), part.fragment
        if whole is None or place is None:
            return bytes(len(part.body))
        start, end = place.offset, place.offset + len(part.body)
        if whole.body[start:end] != part.body:
            return bytes(
                len(part.body)
            )  # overlapping pieces, or extension headers that were cut up too
        return self._body(number, whole, cut=False)[start:end]

    def _body(self, number: int, part: IpPart, *, cut: bool) -> bytes:
        rewrite = {UDP: self._udp, TCP: self._tcp}.get(part.protocol, self._other)
        new = rewrite(number, part)
        return _with_checksum(
            new, part.protocol, self._pseudo(part, len(new)), cut=cut or part.missing > 0
        )

    def _pseudo(self, part: IpPart, length: int) -> bytes:
        if part.protocol == ICMP:
            return b""
        ends = self.addresses.ip(part.src) + self.addresses.ip(part.dst)
        return ends + length.to_bytes(4, "big") + part.protocol.to_bytes(4, "big")

    def _udp(self, number: int, part: IpPart) -> bytes:
        udp = part.body
        if len(udp) < 8:
            return bytes(len(udp))
        ends = address(part.src, udp[0:2]), address(part.dst, udp[2:4])
        length = max(8, int.from_bytes(udp[4:6], "big"))
        new = udp[:8] + self.datagrams.anonymous(ends, udp[8:length])
        return new + bytes(len(udp) - len(new))

    def _tcp(self, number: int, part: IpPart) -> bytes:
        found = transport(number, 0.0, part)
        if not isinstance(found, Segment):
            return bytes(len(part.body))
        header = len(part.body) - len(found.data)
        options = _tcp_options(part.body[20:header])
        return part.body[:20] + options + self._tls.anonymous(found)

    def _other(self, number: int, part: IpPart) -> bytes:
        """Control messages carry pieces of other packets and addresses: type, code and echo numbers stay."""
        body = part.body
        if part.protocol not in (ICMP, ICMP6) or len(body) < 8:
            return bytes(len(body))
        kept = 8 if (part.protocol, body[0]) in _ECHO else 4
        return body[:kept] + bytes(len(body) - kept)


def _tcp_options(options: bytes) -> bytes:
    """End, no-operation, segment size, window scale and selective acknowledgements stay. Others become no-operations:
    a clock (timestamps), a cookie (fast open), addresses (multipath) say which machine it is.
    """
    out, at = bytearray(options), 0
    while at < len(out) and out[at]:
        size = 1 if out[at] == 1 else max(2, out[at + 1]) if at + 1 < len(out) else len(out)
        if out[at] not in _TCP_OPTIONS:
            out[at : at + size] = _NO_OPERATION * len(out[at : at + size])
        at += size
    out[at:] = bytes(len(out[at:]))
    return bytes(out)


def skip_one(head: bytes, kind: int, at: int) -> tuple[int, int]:
    """(next header, end) of the extension header at `at`."""
    size = 4 * (head[at + 1] + 2) if kind == 51 else 8 + 8 * head[at + 1]
    return head[at], at + size


def _body_start(packet: bytes) -> int:
    """Where the transport header begins, or the fragment's piece."""
    if packet[0] >> 4 == 4:
        return 4 * (packet[0] & 0x0F)
    kind, at = skip_extensions(packet, 40, packet[6])
    if kind == FRAGMENT_HEADER and len(packet) >= at + 8:
        whole = int.from_bytes(packet[at + 2 : at + 4], "big") & 0xFFF9 == 0
        kind, at = packet[at], at + 8
        if whole:
            kind, at = skip_extensions(packet, at, kind)
    return min(at, len(packet))


_CHECKSUMS = {UDP: 6, TCP: 16, ICMP: 2, ICMP6: 2}


def _with_checksum(body: bytes, protocol: int, pseudo: bytes, *, cut: bool) -> bytes:
    at = _CHECKSUMS.get(protocol)
    if at is None or len(body) < at + 2:
        return body
    if protocol == UDP and body[6:8] == b"\0\0":
        return body  # sent without one (RFC 768)
    blank = body[:at] + b"\0\0" + body[at + 2 :]
    total = 0 if cut else internet_checksum(pseudo + blank)
    if protocol == UDP and not total and not cut:
        total = 0xFFFF
    return blank[:at] + total.to_bytes(2, "big") + blank[at + 2 :]
