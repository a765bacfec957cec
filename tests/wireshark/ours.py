# SPDX-License-Identifier: GPL-2.0-only
"""Our JSON of a packet as (name, value) pairs under the names that Wireshark uses for the same octets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keyring import Keyring
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.layers.fields import LAYERS
from perc_scapy.layers.names import filter_name
from perc_scapy.pcap.packets import payloads
from perc_scapy.pcap.reader import open_capture
from perc_scapy.view.insides import Insides, tunnel_part
from perc_scapy.view.packets import PacketViewer
from perc_scapy.view.parts import Part

Pairs = list[tuple[str, Any]]
HIDDEN = re.compile(r"<(\d+) octets, hidden>")
COUNTS_ONE_MORE = "rtp.ext.rfc5285.len"
"""Wireshark shows the octets; on the wire is one less."""
UNKNOWN_PROFILES = {9, 10}
"""Protection profiles that Wireshark 4.0 prints as unknown."""

HELLO = {
    "version": "dtls.handshake.version",
    "random": "dtls.handshake.random",
    "session_id": "dtls.handshake.session_id",
    "cookie": "dtls.handshake.cookie",
    "cipher_suites": "dtls.handshake.ciphersuite",
    "cipher_suite": "dtls.handshake.ciphersuite",
    "compression_methods": "dtls.handshake.comp_method",
    "compression_method": "dtls.handshake.comp_method",
}
HEADER = {
    "msg_type": "type",
    "length": "length",
    "message_seq": "message_seq",
    "fragment_offset": "fragment_offset",
    "fragment_length": "fragment_length",
}
SIGNED = {"scheme": "dtls.handshake.sig_hash_alg", "signature": "dtls.handshake.sig"}
RTP = {
    "version": "rtp.version",
    "padding": "rtp.padding",
    "extension": "rtp.ext",
    "csrc_count": "rtp.cc",
    "marker": "rtp.marker",
    "payload_type": "rtp.p_type",
    "sequence_number": "rtp.seq",
    "timestamp": "rtp.timestamp",
    "ssrc": "rtp.ssrc",
    "csrc": "rtp.csrc.item",
}
HMAC = RTP | {"ciphertext": "srtp.enc_payload", "tag": "srtp.auth_tag"}
THEIRS: dict[str, dict[str, str]] = {
    "DTLSRecord": {
        "type": "dtls.record.content_type",
        "version": "dtls.record.version",
        "epoch": "dtls.record.epoch",
        "sequence_number": "dtls.record.sequence_number",
        "length": "dtls.record.length",
    },
    "DTLSHandshake": {ours: f"dtls.handshake.{theirs}" for ours, theirs in HEADER.items()},
    "DTLS10Handshake": {ours: f"dtls.handshake.{theirs}" for ours, theirs in HEADER.items()},
    "DTLSClientHello": HELLO,
    "DTLSServerHello": HELLO,
    "DTLSHelloVerifyRequest": HELLO,
    "DTLSCertificate": {"certificates": "dtls.handshake.certificate"},
    "DTLSCertificateRequest": {
        "certificate_types": "dtls.handshake.cert_type",
        "signature_algorithms": "dtls.handshake.sig_hash_alg",
    },
    "DTLSServerECDH": {
        "curve_type": "dtls.handshake.server_curve_type",
        "named_curve": "dtls.handshake.server_named_curve",
        "public": "dtls.handshake.server_point",
        **SIGNED,
    },
    "DTLSServerDH": {
        "dh_p": "dtls.handshake.p",
        "dh_g": "dtls.handshake.g",
        "dh_Ys": "dtls.handshake.ys",
        **SIGNED,
    },
    "DTLSClientECDH": {"public": "dtls.handshake.client_point"},
    "DTLSCertificateVerify": {
        "scheme": "dtls.handshake.sig_hash_alg",
        "signature": "dtls.handshake.client_cert_vrfy.sig",
    },
    "DTLSNewSessionTicket": {
        "ticket_lifetime_hint": "dtls.handshake.session_ticket_lifetime_hint",
        "ticket": "dtls.handshake.session_ticket",
    },
    "DTLSClientExtension": {
        "type": "dtls.handshake.extension.type",
        "length": "dtls.handshake.extension.len",
    },
    "DTLSServerExtension": {
        "type": "dtls.handshake.extension.type",
        "length": "dtls.handshake.extension.len",
    },
    "ExtSupportedGroups": {"groups": "dtls.handshake.extensions_supported_group"},
    "ExtECPointFormats": {"formats": "dtls.handshake.extensions_ec_point_format"},
    "ExtSignatureAlgorithms": {"algorithms": "dtls.handshake.sig_hash_alg"},
    "ExtUseSRTP": {"profiles": "dtls.use_srtp.protection_profile", "srtp_mki": "dtls.use_srtp.mki"},
    "ExtUseSRTPSelected": {
        "profiles": "dtls.use_srtp.protection_profile",
        "srtp_mki": "dtls.use_srtp.mki",
    },
    "ExtRecordSizeLimit": {"record_size_limit": "dtls.record_size_limit"},
    "ExtStatusRequest": {"status_type": "dtls.handshake.extensions_status_request_type"},
    "ExtSupportedVersions": {"versions": "dtls.handshake.extensions.supported_version"},
    "ExtSelectedVersion": {"version": "dtls.handshake.extensions.supported_version"},
    "KeyShareEntry": {
        "group": "dtls.handshake.extensions_key_share_group",
        "key_exchange": "dtls.handshake.extensions_key_share_key_exchange",
    },
    "ExtKeyShareSelected": {
        "group": "dtls.handshake.extensions_key_share_group",
        "key_exchange": "dtls.handshake.extensions_key_share_key_exchange",
    },
    "ExtALPN": {"protocols": "dtls.handshake.extensions_alpn_str"},
    "ServerName": {"host_name": "dtls.handshake.extensions_server_name"},
    "DTLSAlert": {
        "level": "dtls.alert_message.level",
        "description": "dtls.alert_message.desc",
    },
    "SRTP": RTP,
    "SRTPAEAD": RTP,
    "DoubleSRTP": RTP,
    "SRTPHMAC80": HMAC,
    "SRTPHMAC32": HMAC,
    "SRTCPHMAC": {
        "version": "rtcp.version",
        "padding": "rtcp.padding",
        "count": "rtcp.rc",
        "packet_type": "rtcp.pt",
        "length": "rtcp.length",
        "ssrc": "rtcp.senderssrc",
        "encrypted": "srtcp.e",
        "index": "srtcp.index",
        "tag": "srtcp.auth_tag",
    },
    "RTPExtension": {"profile": "rtp.ext.profile", "length": "rtp.ext.len"},
    "RTPOneByteElement": {
        "id": "rtp.ext.rfc5285.id",
        "len": "rtp.ext.rfc5285.len",
        "data": "rtp.ext.rfc5285.data",
    },
}
"""Our layer -> our field -> Wireshark's own field for it. What is not here has its name with "perc." in front."""

NOT_SHOWN = {
    # Wireshark names these but gives no octets of them, or has no name for them at all.
    ("DTLSRecord", "content"),
    ("DTLSFinished", "verify_data"),
    ("DTLSChangeCipherSpec", "type"),
    ("DTLSHandshake", "body"),  # a fragment
    ("DTLSCertificateRequest", "certificate_authorities"),
    ("ExtRenegotiationInfo", "renegotiated_connection"),
    ("DTLS10Handshake", "body"),
    ("DTLSClientExtension", "body"),
    ("DTLSServerExtension", "body"),
    ("ExtStatusRequest", "responder_ids"),
    ("ExtStatusRequest", "request_extensions"),
    ("ServerName", "name_type"),
    ("SRTCPHMAC", "ciphertext"),
    ("SRTP", "ciphertext"),  # no call was seen, so Wireshark takes it for plain RTP
    ("RTPElementPadding", "zero"),
}


ALL_THEIRS = {theirs for own in THEIRS.values() for theirs in own.values()}
DTLS_ONLY_HERE = {ContentType.ACK, HandshakeType.EKT_KEY}
"""Records and handshake messages that Wireshark 4.0 leaves to the script."""
META = {"layer", "decrypted", "payload", "left_over"}
EXTRA_PROFILES = "perc.dtls.ext.use_srtp.profiles"


def comparable(layers: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What tshark can show: it opens no SRTP, and no record of a type that it does not know.

    Records of TLS are left to its own dissector, which gives them several names.
    """
    for layer in layers:
        if layer["layer"] == "TLSRecord":
            continue
        if layer["layer"] in LAYERS and not (layer.get("decrypted") and _closed_to_tshark(layer)):
            yield layer


def _closed_to_tshark(layer: dict[str, Any]) -> bool:
    return layer["layer"] == "DTLSACK" or layer["layer"].startswith(("RTP", "RTCP", "DoubleP"))


def pairs_of(layer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every value below one layer of our JSON, as text."""
    name = layer["layer"]
    if name == "DTLS13Record":
        return  # unknown to Wireshark 4.0
    from_us = layer.get("type" if name == "DTLSRecord" else "msg_type") in DTLS_ONLY_HERE
    own = {} if from_us else THEIRS.get(name, {})
    for field, value in layer.items():
        nested = value if isinstance(value, list) else [value]
        if any(isinstance(item, dict) for item in nested):
            for item in nested:
                yield from pairs_of(item) if isinstance(item, dict) and "layer" in item else ()
        elif field not in META and (from_us or (name, field) not in NOT_SHOWN):
            yield from _values(LAYERS[name], field, nested, own.get(field))


def _values(
    cls: Any, field: str, values: list[Any], theirs: str | None
) -> Iterator[tuple[str, str]]:
    ours = f"perc.{filter_name(cls, field)}"
    declared = getattr(cls().fieldtype[field], "fld", cls().fieldtype[field])
    if theirs is None and hasattr(declared, "prefix"):
        yield f"{ours}_length", str(sum(_octets(declared, value) for value in values))
    for value in values:
        if not HIDDEN.fullmatch(str(value)) and value != "":
            yield theirs or ours, str(value + 1 if theirs == COUNTS_ONE_MORE else value)
        if theirs == "dtls.use_srtp.protection_profile" and value in UNKNOWN_PROFILES:
            yield EXTRA_PROFILES, str(value)


def _octets(declared: Any, value: Any) -> int:
    if isinstance(value, int):
        return declared.item.fixed_size()
    hidden = HIDDEN.fullmatch(value)
    return int(hidden[1]) if hidden else len(value) // 2


class Ours:
    """A capture as we read it, packet by packet."""

    def __init__(self, path: Path, keys: Path | None) -> None:
        with open_capture(path) as reader:
            self.frames = list(reader)
        keyring = Keyring.of([] if keys is None else [keys])
        for text in reader.secrets:
            keyring.add_text(text)
        analysis = Analysis(payloads(self.frames), keyring)
        self._viewer, self._insides = PacketViewer(analysis), Insides(analysis)
        self._streamed = [
            (t, seen) for t in analysis.tunnels if t.transport != "dtls" for seen in t.messages
        ]

    def packets(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for frame in self.frames:
            view = self._viewer.view(frame)
            if "tcp" in view.protocols and "perc_tunnel" not in view.protocols:
                view.parts += self._of_stream(frame.number)
            yield frame.number, view.to_json()

    def _of_stream(self, number: int) -> list[Part]:
        """Tunnel messages that a TCP segment completed, and what was in them."""
        messages = [
            tunnel_part(t.version, seen.raw) for t, seen in self._streamed if seen.packet == number
        ]
        return messages + list(self._insides.of(number))
