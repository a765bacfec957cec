# SPDX-License-Identifier: GPL-2.0-only
"""The table `packets` made the slow way: one frame at a time, through the readers and analysis that all else uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.media import MediaPacket
from perc_scapy.codes import ContentType
from perc_scapy.errors import DecodeError
from perc_scapy.pcap.fast import NO_TIME, clipped
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.packets import Datagram, PayloadReader, Segment
from perc_scapy.pcap.reader import open_capture
from perc_scapy.tables.schema import TABLES
from perc_scapy.view.whereabouts import Whereabouts
from perc_scapy.wire import classify, rtp_header_length

KEYLESS = [c.name for c in TABLES["packets"]][
    : [c.name for c in TABLES["packets"]].index("association")
]


def packet_rows(path: Path, name: str) -> list[dict[str, Any]]:
    """Without keys."""
    rows, read = [], PayloadReader().read
    with open_capture(path) as frames:
        for frame in frames:
            rows.append({"capture": name} | _frame(frame) | _payload(read(frame)))
    return rows


def _frame(frame: Frame) -> dict[str, Any]:
    return {
        "number": frame.number,
        "time": None if clipped(frame.time_ns) == NO_TIME else frame.time_ns,
        "interface": frame.interface,
        "link_type": frame.link_type,
        "length": frame.length,
        "captured": len(frame.data),
    }


def _payload(payload: Datagram | Segment | None) -> dict[str, Any]:
    if payload is None:
        return {}
    row = {
        "transport": "udp" if isinstance(payload, Datagram) else "tcp",
        "src": payload.src.host, "src_port": payload.src.port,
        "dst": payload.dst.host, "dst_port": payload.dst.port,
        "data_length": len(payload.data), "missing": payload.missing,
    }  # fmt: skip
    return row | _inside(payload.data) if isinstance(payload, Datagram) else row


def number(data: bytes, start: int, end: int) -> int:
    return int.from_bytes(data[start:end], "big")


def _inside(data: bytes) -> dict[str, Any]:
    kind = classify(data)
    row: dict[str, Any] = {"kind": kind}
    if kind == "rtp" and len(data) >= 12:
        row |= {"payload_type": data[1] & 127, "marker": data[1] > 127, "sequence": number(data, 2, 4),
                "timestamp": number(data, 4, 8), "ssrc": number(data, 8, 12)}  # fmt: skip
    if kind == "rtcp" and len(data) >= 8:
        row |= {"rtcp_type": data[1], "ssrc": number(data, 4, 8)}
    if kind == "dtls" and len(data) >= 13 and data[1] == 0xFE:
        row |= {"dtls_type": data[0], "dtls_version": number(data, 1, 3), "dtls_epoch": number(data, 3, 5),
                "dtls_sequence": number(data, 5, 11)}  # fmt: skip
        if data[0] == ContentType.HANDSHAKE and not row["dtls_epoch"] and len(data) > 13:
            row["handshake_type"] = data[13]
    return row


def media_rows(path: Path, keys: Keyring) -> dict[int, dict[str, Any]]:
    """Packet number -> the columns that need keys, from an analysis that holds all media in memory."""
    with open_capture(path) as reader:
        read = PayloadReader().read
        payloads = [p for frame in reader if (p := read(frame)) is not None]
    for text in reader.secrets:
        keys.keylog.add_text(text)
    analysis = Analysis(payloads, keys)
    places = Whereabouts(analysis)
    found = {m.number: _media(m, places) for m in analysis.media}
    for payload in payloads:
        if classify(payload.data) == "dtls" and isinstance(payload, Datagram):
            letter = places.of(payload, None).association
            found[payload.number] = {"association": letter} if letter else {}
    return found


def _media(media: MediaPacket, places: Whereabouts) -> dict[str, Any]:
    opened, ohb = media.opened, media.opened.ohb
    known = media.association is not None
    return {
        "association": places.letter(media.association) or None,
        "from_endpoint": media.from_endpoint if known else None,
        "ekt_type": None if opened.ekt is None else opened.ekt.type,
        "hop_opened": opened.hop_opened, "opened": opened.plain is not None,
        "late": opened.late, "repeat": opened.repeat, "plain_length": _plain(media),
        "original_payload_type": ohb and ohb.pt, "original_sequence": ohb and ohb.seq,
        "original_marker": ohb and ohb.marker, "spi": opened.spi, "epoch": opened.epoch,
        "key_id": opened.key_id, "problem": opened.problem or None,
    }  # fmt: skip


def _plain(media: MediaPacket) -> int | None:
    plain = media.opened.plain
    if plain is None:
        return None
    try:
        return len(plain) - (rtp_header_length(plain) if media.kind == "rtp" else 0)
    except DecodeError:
        return None
