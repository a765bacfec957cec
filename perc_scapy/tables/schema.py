# SPDX-License-Identifier: GPL-2.0-only
"""The tables, column by column. Names and types change only together with `VERSION`.

Types are Arrow's; "name" is text that repeats (dictionary). Times are nanoseconds since 1970, UTC. Keys appear by
id only. What a packet does not have, or what nobody can know, is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from perc_scapy.errors import LocalError
from perc_scapy.tables.extras import need

VERSION = 1
"""Of all tables together; stands in every file's metadata and in the manifest."""


class Column(NamedTuple):
    """One column."""

    name: str
    type: str
    meaning: str


def _columns(*rows: tuple[str, str, str]) -> tuple[Column, ...]:
    capture = Column("capture", "name", "the capture's path below the folder that was exported")
    return (capture, *(Column(*row) for row in rows))


PACKETS = _columns(
    ("number", "uint32", "position in the file, from 1, as Wireshark counts"),
    ("time", "time", "when it was recorded"),
    ("interface", "uint16", "index of the interface in the file"),
    ("link_type", "uint16", "LINKTYPE_ value"),
    ("length", "uint32", "octets on the wire"),
    ("captured", "uint32", "octets recorded"),
    ("transport", "name", "udp or tcp"),
    ("src", "name", "sender's IP address"),
    ("src_port", "uint16", ""),
    ("dst", "name", "receiver's IP address"),
    ("dst_port", "uint16", ""),
    ("data_length", "uint32", "octets of UDP or TCP payload recorded"),
    ("missing", "uint32", "octets of payload that the capture lacks"),
    ("kind", "name", "of a datagram by its first octet (RFC 7983): rtp rtcp dtls stun turn zrtp unknown"),
    ("ssrc", "uint32", "of RTP; of RTCP the sender's"),
    ("payload_type", "uint8", "RTP payload type on this hop"),
    ("marker", "bool", "RTP marker on this hop"),
    ("sequence", "uint16", "RTP sequence number on this hop"),
    ("timestamp", "uint32", "RTP timestamp"),
    ("rtcp_type", "uint8", "packet type of the first RTCP packet"),
    ("dtls_type", "uint8", "content type of the first DTLS record"),
    ("dtls_version", "uint16", "version of that record"),
    ("dtls_epoch", "uint16", "its epoch"),
    ("dtls_sequence", "uint64", "its sequence number"),
    ("handshake_type", "uint8", "first DTLS handshake message, where it is in clear"),
    ("association", "name", "participant whose link it is: A, B, …"),
    ("from_endpoint", "bool", "sent by that endpoint, not to it"),
    ("ekt_type", "uint8", "EKT field at the end: 0 short, 2 full, 3 to 255 extension"),
    ("hop_opened", "bool", "the hop-by-hop layer authenticated"),
    ("opened", "bool", "everything is in clear"),
    ("late", "bool", "opened with a key that came to this hop later or not at all"),
    ("repeat", "bool", "a duplicate or a replay"),
    ("plain_length", "uint32", "octets of RTP payload, or of RTCP, in clear"),
    ("original_payload_type", "uint8", "what the OHB says an intermediary replaced"),
    ("original_sequence", "uint16", "likewise"),
    ("original_marker", "bool", "likewise"),
    ("spi", "uint16", "EKT parameter set of the end-to-end key"),
    ("epoch", "uint16", "epoch of the end-to-end key"),
    ("key_id", "name", "safe name of the end-to-end key"),
    ("problem", "name", "why it stayed closed"),
    ("tunnel_type", "uint8", "type of the first tunnel message inside"),
    ("tunnel_association", "name", "its association id, hex"),
)  # fmt: skip

ASSOCIATIONS = _columns(
    ("association", "name", "participant: A, B, …; one who comes back keeps the letter; null where DTLS stays closed"),
    ("client_random", "string", "hex"),
    ("endpoint", "string", "HOST:PORT of the DTLS client"),
    ("mdd", "string", "HOST:PORT of the DTLS server"),
    ("first_packet", "uint32", ""),
    ("start", "time", "of the first packet"),
    ("tunneled", "bool", "seen inside a tunnel"),
    ("tunnel_version", "string", ""),
    ("association_id", "string", "in the tunnel, hex"),
    ("conference_id", "string", "in the tunnel, hex"),
    ("cipher_suite", "uint16", "selected by the server"),
    ("srtp_profile", "uint16", "selected by use_srtp"),
    ("ekt_cipher", "uint8", "selected by supported_ekt_ciphers"),
    ("certificate", "string", "fingerprint of the client's certificate"),
    ("key_messages", "uint32", "tunnel messages with keys"),
    ("opened", "bool", "its handshake secrets are known"),
    ("hop_keys", "bool", "keys of the hop are known"),
    ("spis", "list", "EKT parameter sets it was given, in order"),
)  # fmt: skip

STREAMS = _columns(
    ("association", "name", "participant whose link it is; null where none is known"),
    ("from_endpoint", "bool", "sent by that endpoint, not to it"),
    ("src", "string", "HOST:PORT"),
    ("dst", "string", "HOST:PORT"),
    ("ssrc", "uint32", ""),
    ("payload_types", "list", "on this hop, in order of appearance"),
    ("first_packet", "uint32", ""),
    ("last_packet", "uint32", ""),
    ("start", "time", ""),
    ("end", "time", ""),
    ("packets", "uint64", "RTP packets, each once"),
    ("octets", "uint64", "of their UDP payload"),
    ("lost", "uint64", "by sequence numbers (RFC 3550 A.3)"),
    ("duplicates", "uint64", "same sequence number again; not among the packets"),
    ("reordered", "uint64", "behind a packet with a higher sequence number"),
    ("restarts", "uint64", "jumps of the sequence number"),
    ("rollovers", "uint64", "times that the sequence number passed 65535"),
    ("clock", "uint32", "timestamp units a second: of the payload type, else what fits the times best"),
    ("jitter_ms", "float64", "interarrival jitter at the end, milliseconds (RFC 3550 6.4.1)"),
    ("bitrate", "float64", "bits a second of UDP payload"),
    ("hop_opened", "uint64", "packets whose hop-by-hop layer authenticated"),
    ("opened", "uint64", "packets in clear"),
    ("full_fields", "uint64", "packets with a full EKT field"),
    ("keys", "list of names", "end-to-end keys by id, in order"),
)  # fmt: skip

FINDINGS = _columns(
    ("source", "name", "conformance or expert"),
    ("id", "name", "requirement id"),
    ("result", "name", "pass, fail, not exercised; null for expert information"),
    ("level", "name", "MUST, SHOULD, MAY, implied"),
    ("severity", "name", "note, warning, error"),
    ("packet", "uint32", ""),
    ("clause", "string", "what asks for it"),
    ("text", "string", "what was expected, or what was seen"),
)  # fmt: skip

ERRORS = _columns(
    ("kind", "name", "unreadable, damaged, failed, killed, bounded, keys (a key file that is none)"),
    ("text", "string", "what, where"),
    ("packet", "uint32", "last good packet"),
)  # fmt: skip

TABLES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "packets": PACKETS,
        "associations": ASSOCIATIONS,
        "streams": STREAMS,
        "findings": FINDINGS,
        "errors": ERRORS,
    }
)
"""Name of a table -> its columns."""


@cache
def arrow_schema(table: str) -> Any:
    """The `pyarrow.Schema` of a table. Raises `LocalError` for another name, `MissingToolError` without pyarrow."""
    if table not in TABLES:
        raise LocalError(f"no table {table!r}; there are {', '.join(TABLES)}")
    pa = need("pyarrow")
    types = {
        "name": pa.dictionary(pa.int32(), pa.string()),
        "time": pa.timestamp("ns"),
        "bool": pa.bool_(),
        "list": pa.list_(pa.uint16()),
        "list of names": pa.list_(pa.string()),
    }
    fields = [
        pa.field(c.name, types[c.type] if c.type in types else getattr(pa, c.type)())
        for c in TABLES[table]
    ]
    return pa.schema(fields, metadata={"perc_schema": str(VERSION)})
