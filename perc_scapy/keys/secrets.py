# SPDX-License-Identifier: GPL-2.0-only
"""Decryption Secrets Blocks put into a capture, and left out of it (draft-ietf-opsawg-pcapng section 4.7)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.keys.blocks import PACKETS, Block, frame_of, secrets_block, with_frame
from perc_scapy.keys.sdes import without_sdes_keys
from perc_scapy.pcap.pcapng import DECRYPTION_SECRETS, TLS_KEY_LOG


def with_secrets(blocks: Iterable[Block], key_log: bytes) -> Iterator[Block]:
    """The same blocks with `key_log` in front of the first packet, where every reader finds it in time."""
    order, pending = "<", bool(key_log)
    for block in blocks:
        if pending and block.kind in PACKETS:
            yield secrets_block(key_log, block.order)
            pending = False
        order = block.order
        yield block
    if pending:
        yield secrets_block(key_log, order)


def without_secrets(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same blocks without secrets: neither Decryption Secrets Blocks of any kind, nor SDES keys in packets."""
    for block in blocks:
        frame = frame_of(block)
        if frame is not None:
            cleaned = without_sdes_keys(frame)
            yield block if cleaned == frame else with_frame(block, cleaned)
        elif block.kind != DECRYPTION_SECRETS:
            yield block


def secrets_in(blocks: Iterable[Block]) -> Iterator[tuple[int, bytes]]:
    """(kind, octets) of each Decryption Secrets Block."""
    for block in blocks:
        if block.kind == DECRYPTION_SECRETS and len(block.body) >= 8:
            kind, length = struct.unpack_from(block.order + "II", block.body)
            yield kind, block.body[8 : 8 + length]


def key_log_of(blocks: Iterable[Block]) -> tuple[KeyLog, int]:
    """All key logs of a file as one, and how many blocks hold secrets of another kind."""
    log, others = KeyLog(), 0
    for kind, text in secrets_in(blocks):
        if kind == TLS_KEY_LOG:
            log.add_text(text)
        else:
            others += 1
    return log, others


def lines_for(analysis: Analysis, key_log: KeyLog) -> bytes:
    """Those lines of a key log that speak of a session of the capture: nobody else's secrets go along."""
    lines = key_log.to_text().splitlines(keepends=True)
    randoms = {random.hex() for random in client_randoms(analysis)}
    return b"".join(line for line in lines if _speaks_of(line, randoms))


def _speaks_of(line: bytes, randoms: set[str]) -> bool:
    """Lines by another name than a client random (`RSA …`) are for sessions that cannot be told apart here."""
    words = line.decode("ascii", "replace").split()
    return len(words) == 3 and (words[0] == "RSA" or words[1].lower() in randoms)


def client_randoms(analysis: Analysis) -> set[bytes]:
    """Of every DTLS and TLS session that the capture shows, those inside tunnels included."""
    found = {session.client_random for session, _, _ in analysis.dtls_sessions()}
    found |= {session.client_random for session, _, _ in analysis.tls_sessions()}
    return found | {association.client_random for association in analysis.associations}
