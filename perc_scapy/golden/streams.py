# SPDX-License-Identifier: GPL-2.0-only
"""What an expectation holds of media: one entry for each sender, receiver, SSRC and kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from perc_scapy.capture.media import MediaPacket
from perc_scapy.codes import EktMessageType, RtcpType
from perc_scapy.golden.naming import Names, without_numbers
from perc_scapy.wire import EktField

MDD = "MDD"


def streams(media: Iterable[MediaPacket], names: Names) -> list[dict[str, Any]]:
    """Every stream at every hop, in the order of its first packet."""
    groups: dict[tuple[str, str, int, str], list[MediaPacket]] = {}
    for packet in media:
        person = names.of(packet.association)
        ends = (person, MDD) if packet.from_endpoint else (MDD, person)
        groups.setdefault((*ends, packet.ssrc, packet.kind), []).append(packet)
    return [_stream(key, packets, names) for key, packets in groups.items()]


def _stream(
    key: tuple[str, str, int, str], packets: list[MediaPacket], names: Names
) -> dict[str, Any]:
    source, target, ssrc, kind = key
    problems = Counter(
        without_numbers(p.opened.problem)
        for p in packets
        if p.opened.plain is None and not p.opened.repeat
    )
    entry: dict[str, Any] = {
        "name": f"{source} > {target}: {kind} of {names.owner(ssrc)}",
        "ssrc": f"{ssrc:08x}",
        "packet": packets[0].number,
        "packets": len(packets),
        "outer_opened": sum(p.opened.hop_opened for p in packets),
        "opened": sum(p.opened.plain is not None for p in packets),
        "repeats": sum(p.opened.repeat for p in packets),
        "problems": dict(sorted(problems.items())),
    }
    entry.update(_rtp(packets, names) if kind == "rtp" else {"reports": _reports(packets)})
    return entry


def _rtp(packets: list[MediaPacket], names: Names) -> dict[str, Any]:
    fields = [p.opened.ekt for p in packets if p.opened.ekt is not None]
    return {
        "payload_types": sorted({p.datagram.data[1] & 0x7F for p in packets}),
        "rewritten": _rewritten(packets),
        "ekt": dict(sorted(Counter(map(_kind, fields)).items())),
        "keys": _keys(packets, names),
    }


def _kind(field: EktField) -> str:
    if field.type == EktMessageType.SHORT:
        return "short"
    return "full" if field.type == EktMessageType.FULL else "extension"


def _rewritten(packets: Iterable[MediaPacket]) -> dict[str, int]:
    """How often an Original Header Block says that the MDD changed something."""
    found: Counter[str] = Counter()
    for packet in packets:
        ohb = packet.opened.ohb
        if ohb is not None:
            found["payload_type"] += ohb.pt is not None
            found["sequence_number"] += ohb.seq is not None
            found["marker"] += ohb.marker is not None
    return {name: count for name, count in found.items() if count}


def _keys(packets: Iterable[MediaPacket], names: Names) -> list[str]:
    """End-to-end keys in the order of use: key, EKT key it came under, epoch."""
    found: dict[str, None] = {}
    for packet in packets:
        opened = packet.opened
        if opened.key_id is not None:
            key = names.keys.get(opened.key_id, "?")
            found[f"{key} under {names.ekt_key(opened.spi)} epoch {opened.epoch}"] = None
    return list(found)


def _reports(packets: Iterable[MediaPacket]) -> dict[str, int]:
    found = Counter(
        name for p in packets if p.opened.plain is not None for name in _types(p.opened.plain)
    )
    return dict(sorted(found.items()))


def _types(rtcp: bytes) -> Iterator[str]:
    while len(rtcp) >= 4:
        kind = rtcp[1]
        yield RtcpType(kind).name if kind in RtcpType._value2member_map_ else str(kind)
        rtcp = rtcp[4 * (int.from_bytes(rtcp[2:4], "big") + 1) :]
