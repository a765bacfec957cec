# SPDX-License-Identifier: GPL-2.0-only
"""UDP payloads without names, by what they are (RFC 7983). Of what is none of the known kinds, nothing stays."""

from __future__ import annotations

from perc_scapy.keys.anonymous.addresses import Addresses
from perc_scapy.keys.anonymous.dtls import DtlsNames
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from perc_scapy.keys.anonymous.rtcp import anonymous_rtcp
from perc_scapy.keys.anonymous.stun import anonymous_stun
from perc_scapy.pcap.packets import Address
from perc_scapy.wire import RTP_FIXED, classify

_CHANNEL_HEADER = 4
_MAX_DEPTH = 4
_OTHERS = {2049, 4500, 5353, 5355}
"""NFS, IKE, mDNS and LLMNR; DNS, NetBIOS and portmap are below 1024."""
_RELAYED = {80, 443}
"""Ports below 1024 through which media go all the same: TURN and ICE where nothing else gets out."""
Ends = tuple[Address, Address]


class DatagramNames:
    """Feed all payloads to `learn`, then each one to `anonymous`."""

    def __init__(self, names: Pseudonyms, addresses: Addresses) -> None:
        self._names, self._addresses = names, addresses
        self._dtls = DtlsNames(names)

    def learn(self, ends: Ends, data: bytes) -> None:
        """What may come in pieces. `ends`: (source, destination)."""
        kind = classify(data)
        if kind == "dtls":
            self._dtls.learn(ends, data)
        elif kind == "turn":
            self._dtls.learn(ends, _channel_data(data))

    def anonymous(self, ends: Ends, data: bytes, depth: int = 0) -> bytes:
        """The same number of octets, without names."""
        kind = classify(data)
        if kind == "dtls":
            return self._dtls.anonymous(ends, data)
        if kind in ("rtp", "rtcp") and _no_media(ends):
            return bytes(len(data))
        if kind == "rtcp":
            return anonymous_rtcp(data, self._names)
        if kind == "rtp":
            return data if len(data) >= RTP_FIXED else bytes(len(data))
        if depth < _MAX_DEPTH and kind == "stun":
            return anonymous_stun(data, self._names, self._addresses,
                                  lambda inner: self.anonymous(ends, inner, depth + 1))  # fmt: skip
        inner = _channel_data(data) if kind == "turn" else b""
        if depth < _MAX_DEPTH and inner:
            new = data[:_CHANNEL_HEADER] + self.anonymous(ends, inner, depth + 1)
            return new + bytes(len(data) - len(new))
        return bytes(len(data))


def _no_media(ends: Ends) -> bool:
    """Whether a port says that these are no media: a DNS query with the right id looks like RTP of version 2."""
    ports = {end.port for end in ends}
    return bool(ports & _OTHERS) or any(p < 1024 for p in ports - _RELAYED)


def _channel_data(data: bytes) -> bytes:
    """RFC 8656 section 12.4: channel number, length, octets, perhaps padding. Empty when it is not that."""
    end = _CHANNEL_HEADER + int.from_bytes(data[2:4], "big")
    return data[_CHANNEL_HEADER:end] if end <= len(data) < end + 4 else b""
