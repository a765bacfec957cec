# SPDX-License-Identifier: GPL-2.0-only
"""Exported PDUs (LINKTYPE 252): octets of one protocol without the layers below, named and addressed by tags.

Wireshark's "Export PDUs" writes them and its dissectors open them by name; here they carry what was decrypted,
tunnel messages above all. A packet is a list of tags (type, length, value; big-endian), end tag 0, then the octets.
"""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import NamedTuple

from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.pcapng import PcapngWriter, Sink
from perc_scapy.pcap.transport import Address, Datagram

LINKTYPE = 252

# Tags, as Wireshark's exported_pdu_tlvs.h numbers them.
END = 0
DISSECTOR = 12
HEURISTIC_DISSECTOR = 13
IPV4_SRC, IPV4_DST, IPV6_SRC, IPV6_DST = 20, 21, 22, 23
PORT_TYPE, SRC_PORT, DST_PORT = 24, 25, 26
PORT_TYPE_TCP, PORT_TYPE_UDP = 2, 3

NOWHERE = Address("0.0.0.0", 0)  # noqa: S104  an address that is not known
TUNNEL = "perc_tunnel"
"""Dissector of tunnel messages, which came out of DTLS or TLS, whatever the port type says."""
NAMED = {TUNNEL, "dtls", "rtp", "rtcp", "perc_double"}
"""Protocols whose name says more than the octets do."""
_CARRIED = NAMED | {"udp", "srtp", "srtcp", "perc_srtp", "stun", "stun-udp", "perc"}
"""Protocols whose PDU is a UDP payload, where no port type says so."""


class ExportedPdu(NamedTuple):
    """One packet of such a capture; `protocol` is the name of the dissector that is to open `data`."""

    protocol: str
    data: bytes
    src: Address = NOWHERE
    dst: Address = NOWHERE
    port_type: int = 0


def read_pdu(packet: bytes) -> ExportedPdu | None:
    """Cut a packet at its tags; None when they run over its end or name no protocol."""
    tags, at = {}, 0
    while True:
        if len(packet) < at + 4:
            return None
        tag, length = struct.unpack_from("!HH", packet, at)
        if tag == END:
            break
        tags[tag] = packet[at + 4 : at + 4 + length]
        at += 4 + length
    name = tags.get(DISSECTOR) or tags.get(HEURISTIC_DISSECTOR)
    if not name:
        return None
    protocol = name.rstrip(b"\0").decode("ascii", "replace")
    src = _address(tags, (IPV4_SRC, IPV6_SRC), SRC_PORT)
    dst = _address(tags, (IPV4_DST, IPV6_DST), DST_PORT)
    port_type = int.from_bytes(tags.get(PORT_TYPE, b""), "big")
    return ExportedPdu(protocol, packet[at + 4 :], src, dst, port_type)


def _address(tags: dict[int, bytes], hosts: tuple[int, int], port: int) -> Address:
    for tag, size in zip(hosts, (4, 16), strict=True):
        host = tags.get(tag, b"")
        if len(host) == size:
            number = int.from_bytes(tags.get(port, b"")[-4:], "big") & 0xFFFF
            return Address(str(ip_address(host)), number)
    return NOWHERE


def datagram(frame: Frame) -> Datagram | None:
    """The PDU as the UDP payload that it was; None for PDUs of other transports, tunnel messages excepted."""
    pdu = read_pdu(frame.data)
    if pdu is None:
        return None
    by_udp = pdu.port_type == PORT_TYPE_UDP or pdu.protocol == TUNNEL
    if not by_udp and (pdu.port_type or pdu.protocol not in _CARRIED):
        return None
    name = pdu.protocol if pdu.protocol in NAMED else ""
    return Datagram(frame.number, frame.time, pdu.src, pdu.dst, pdu.data, protocol=name)


class ExportedPduWriter:
    """A pcapng file of exported PDUs; times in nanoseconds since 1970."""

    def __init__(self, stream: Sink) -> None:
        self._writer = PcapngWriter(stream, link_type=LINKTYPE, interface="decrypted")

    def packet(
        self,
        time_ns: int,
        protocol: str,
        data: bytes,
        src: Address | None = None,
        dst: Address | None = None,
        *,
        comment: str = "",
    ) -> None:
        """Write `data` for the dissector named `protocol` ("dtls", "rtp", "perc_tunnel" …)."""
        tags = _tag(DISSECTOR, _padded(protocol.encode()))
        tags += _host_tag(src, IPV4_SRC, IPV6_SRC) + _host_tag(dst, IPV4_DST, IPV6_DST)
        if src is not None and dst is not None:
            tags += _tag(PORT_TYPE, struct.pack("!I", PORT_TYPE_UDP))
            tags += _tag(SRC_PORT, struct.pack("!I", src.port))
            tags += _tag(DST_PORT, struct.pack("!I", dst.port))
        self._writer.packet(time_ns, tags + _tag(END, b"") + data, comment=comment)


def _tag(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value


def _padded(text: bytes) -> bytes:
    """Wireshark pads names with zeros to four octets and counts these."""
    return text + b"\0" * (-len(text) % 4)


def _host_tag(end: Address | None, v4: int, v6: int) -> bytes:
    if end is None:
        return b""
    host = ip_address(end.host.partition("%")[0])
    return _tag(v4 if host.version == 4 else v6, host.packed)
