# SPDX-License-Identifier: GPL-2.0-only
"""Messages of every kind that the script dissects, as exported PDUs named for its dissectors."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from perc_scapy.layers import (
    DTLSTunnelMessage,
    SRTPKeyInformation,
    SupportedProfiles,
    TunnelMessage,
)
from perc_scapy.layers.double import DoublePlaintext
from perc_scapy.layers.dtls import (
    DTLS,
    DTLSACK,
    DTLSEKTKey,
    DTLSHandshake,
    DTLSHandshakes,
    DTLSRecord,
    DTLSRecordNumber,
)
from perc_scapy.layers.ekt import EKTExtension, EKTFull
from perc_scapy.layers.media import OHB, DoubleSRTP, RTPHeader
from perc_scapy.layers.tunnel_rfc9185 import (
    EndpointDisconnect,
    TunneledDtls,
    TunnelMediaKeys,
    TunnelSupportedProfiles,
    TunnelUnsupportedVersion,
)
from perc_scapy.pcap.exported import ExportedPduWriter
from perc_scapy.pcap.transport import Address

ID = bytes.fromhex("a0a1a2a3a4a546a788a9aaabacadaeaf")
CONFERENCE = bytes(range(0xC0, 0xD0))
KEY, SALT = bytes.fromhex("deadbeef" * 4), bytes.fromhex("feedface" * 3)
START = 1_700_000_000_000_000_000
HEADER = {"payload_type": 96, "sequence_number": 7, "timestamp": 8, "ssrc": 0xCAFEBABE}


class Pdu(NamedTuple):
    dissector: str
    data: bytes


def handshake(body: object, message_seq: int = 7) -> bytes:
    return bytes(DTLSHandshake(message_seq=message_seq, body=body))


def ekt_key() -> DTLSEKTKey:
    return DTLSEKTKey(ekt_key_value=KEY, srtp_master_salt=SALT, ekt_spi=77, ekt_ttl=86400)


def record(content: object, sequence: int = 1) -> bytes:
    return bytes(DTLS(records=[DTLSRecord(sequence_number=sequence, content=content)]))


def ekt_key_datagram() -> bytes:
    message = DTLSHandshakes(messages=[DTLSHandshake(message_seq=7, body=ekt_key())])
    return record(message)


def keys(**fields: object) -> dict[str, object]:
    names = ("client_write_SRTP_master_{}", "server_write_SRTP_master_{}")
    made = {n.format("key"): KEY for n in names} | {n.format("salt"): SALT for n in names}
    return made | {"protection_profile": 9} | fields


def draft00(body: object = None, dtls: bytes = b"") -> bytes:
    chosen = {} if body is None else {"body": body}
    return bytes(
        DTLSTunnelMessage(association_id=ID, conference_id=CONFERENCE, dtls_message=dtls, **chosen)
    )


def rfc9185(body: object) -> bytes:
    return bytes(TunnelMessage(body=body))


def double_srtp(ekt: bytes) -> bytes:
    return bytes(DoubleSRTP(**HEADER, ciphertext=bytes(30), outer_tag=bytes(16), ekt=ekt))


ACK = DTLSACK(record_numbers=[DTLSRecordNumber(epoch=1, sequence_number=2)])
GOOD = [
    Pdu("perc_tunnel", draft00(SupportedProfiles(profiles=[9, 10]), ekt_key_datagram())),
    Pdu("perc_tunnel", draft00(SRTPKeyInformation(**keys()), record(ACK))),
    Pdu("perc_tunnel", draft00(None, b"\0")),
    Pdu("perc_tunnel", rfc9185(TunnelSupportedProfiles(protection_profiles=[9]))),
    Pdu("perc_tunnel", rfc9185(TunnelUnsupportedVersion(highest_version=0))),
    Pdu("perc_tunnel", rfc9185(TunnelMediaKeys(association_id=ID, **keys()))),
    Pdu("perc_tunnel", rfc9185(TunneledDtls(association_id=ID, dtls_message=ekt_key_datagram()))),
    Pdu("perc_tunnel", rfc9185(EndpointDisconnect(association_id=ID))),
    Pdu("dtls", ekt_key_datagram()),
    Pdu("dtls", record(ACK)),
    Pdu("perc_srtp", double_srtp(b"\0")),
    Pdu("perc_srtp", double_srtp(bytes(EKTFull(ciphertext=bytes(40), spi=1, epoch=2)))),
    Pdu("perc_srtp", double_srtp(bytes(EKTExtension(type=9, data=b"new")))),
    Pdu("perc_double", bytes(RTPHeader(**HEADER)) + bytes(
        DoublePlaintext(inner_ciphertext=bytes(9), inner_tag=bytes(16),
                        ohb=bytes(OHB(payload_type=8, sequence_number=9, M=1, B=1))))),
]  # fmt: skip
"""Well-formed, of every kind."""


def write(path: Path, pdus: Iterable[Pdu]) -> Path:
    """Each PDU of a tunnel by itself: a port of its own, so that no message decides for the next one."""
    stream = io.BytesIO()
    writer = ExportedPduWriter(stream)
    for number, pdu in enumerate(pdus):
        src, dst = Address("192.0.2.1", 1024 + number), Address("192.0.2.2", 4433)
        writer.packet(START + number, pdu.dissector, pdu.data, src, dst)
    path.write_bytes(stream.getvalue())
    return path
