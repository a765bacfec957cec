# SPDX-License-Identifier: GPL-2.0-only
"""Frames of any link type without names: hardware addresses replaced, what carries no IP emptied."""

from __future__ import annotations

from collections.abc import Callable

from perc_scapy.keys.anonymous.addresses import Addresses
from perc_scapy.keys.anonymous.exported_pdus import anonymous_pdu, learn_pdu
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from perc_scapy.keys.anonymous.transport import IpNames
from perc_scapy.pcap import exported
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.links import ip_offset

ETHERNET, COOKED, COOKED2 = 1, 113, 276
_HEADERS = {0: 4, ETHERNET: 14, COOKED: 16, 108: 4, COOKED2: 20}
"""Link type -> octets of its header that hold no address, once these are replaced."""
_ARP = b"\x08\x06"


class FrameNames:
    """Feed all frames to `learn`, then each one to `anonymous`, both in capture order."""

    def __init__(self, seed: bytes) -> None:
        names = Pseudonyms(seed)
        self._ip = IpNames(names)

    @property
    def addresses(self) -> Addresses:
        """The mapping in use."""
        return self._ip.addresses

    def learn(self, frame: Frame) -> None:
        """See what is in pieces, and which addresses are there."""
        if frame.link_type == exported.LINKTYPE:
            learn_pdu(frame.data, self._ip.datagrams, self.addresses)
        at = ip_offset(frame.link_type, frame.data)
        if at >= 0:
            self._ip.learn(frame.number, frame.time_ns, frame.data[at:])

    def anonymous(self, frame: Frame) -> bytes:
        """The frame's octets with stand-ins. Never raises."""
        data = frame.data
        at = ip_offset(frame.link_type, data)
        if at >= 0:
            head = self._link(frame.link_type, data[:at])
            cut = len(data) < frame.length
            return head + self._ip.anonymous(frame.number, data[at:], cut=cut)
        if frame.link_type == ETHERNET and data[12:14] == _ARP:
            return self._link(ETHERNET, data[:14]) + self._arp(data[14:])
        if frame.link_type == exported.LINKTYPE:
            return anonymous_pdu(data, self._ip.datagrams, self.addresses)
        size = _HEADERS.get(frame.link_type, 0)
        head = data[:size] if len(data) >= size else b""
        return self._link(frame.link_type, head) + bytes(len(data) - len(head))

    def _link(self, link_type: int, head: bytes) -> bytes:
        mac = self.addresses.mac
        if link_type == ETHERNET and len(head) >= 12:
            return mac(head[:6]) + mac(head[6:12]) + head[12:]
        if link_type == COOKED and len(head) >= 14:
            return head[:6] + _hardware(head[6:14], head[4:6], mac) + head[14:]
        if link_type == COOKED2 and len(head) >= 20:
            return head[:12] + _hardware(head[12:20], b"\0" + head[11:12], mac) + head[20:]
        return head

    def _arp(self, data: bytes) -> bytes:
        """Of Ethernet and IPv4 (RFC 826); any other becomes zeros behind its form."""
        if data[:6] != b"\0\1\x08\0\6\4" or len(data) < 28:
            return data[:8] + bytes(max(0, len(data) - 8))
        mac, ip = self.addresses.mac, self.addresses.ip
        new = data[:8] + mac(data[8:14]) + ip(data[14:18]) + mac(data[18:24]) + ip(data[24:28])
        return new + bytes(len(data) - len(new))


def _hardware(field: bytes, length: bytes, mac: Callable[[bytes], bytes]) -> bytes:
    """A field of eight octets with an address of `length` in it."""
    return mac(field[:6]) + bytes(2) if int.from_bytes(length, "big") == 6 else bytes(len(field))
