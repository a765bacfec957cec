# SPDX-License-Identifier: GPL-2.0-only
"""End-to-end keys that EKT fields of a capture give away to who holds the EKT keys, wherever a field was seen.

A receiver opens packets in order with the keys it has; a reader of a capture may use a key that came later, or on
another hop, for packets that were sealed when they passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from perc_scapy.capture.associations import Association
from perc_scapy.capture.hops import OpenedMedia
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.statements import EktStatement, Statement
from perc_scapy.crypto.double import SyntheticPacket, synthetic_packet
from perc_scapy.crypto.ekt import EktParameters, EktPlaintext, unwrap
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import CryptoError, DecodeError
from perc_scapy.wire import EktField

MAX_FAILURES, FEW = 5000, 4
"""Keys that did not fit packets of one SSRC; after so many, only the few that fitted last are tried on each packet."""
MAX_ROCS = 256
"""Rollover counters of one key that are tried: four hours at a thousand packets a second need as many."""
SALT = 12
"""Octets of a GCM master salt; a longer one is cut (RFC 8870 section 4.3.2)."""


@dataclass(slots=True)
class LearnedKey:
    """One end-to-end key with what its fields say of it."""

    ssrc: int
    spi: int
    epoch: int
    master: MasterKey
    rocs: set[int] = field(default_factory=set)
    """Rollover counters in the fields; packets of the key have one of these, or the next."""


def learned_keys(media: Iterable[MediaPacket], sets: Iterable[EktParameters]) -> list[LearnedKey]:
    """Every end-to-end key in any full field that one of these parameter sets unwraps."""
    fields = {m.opened.ekt.raw: m.opened.ekt for m in media if m.opened.ekt is not None}
    return keys_in_fields(fields.values(), sets)


def keys_in_fields(fields: Iterable[EktField], sets: Iterable[EktParameters]) -> list[LearnedKey]:
    """`learned_keys` of fields, each given once."""
    by_spi: dict[int, list[EktParameters]] = {}
    for parameters in sets:
        known = by_spi.setdefault(parameters.spi, [])
        if parameters not in known:
            known.append(parameters)
    found: dict[tuple[int, bytes, bytes], LearnedKey] = {}
    for ekt in fields:
        for parameters in by_spi.get(ekt.spi, ()) if ekt.ciphertext else ():
            _learn(found, ekt, parameters)
    return list(found.values())


def _learn(
    found: dict[tuple[int, bytes, bytes], LearnedKey], ekt: EktField, parameters: EktParameters
) -> None:
    try:
        plain = EktPlaintext.decode(unwrap(parameters.key, ekt.ciphertext))
    except (CryptoError, DecodeError):
        return
    master = MasterKey(plain.key, parameters.salt[:SALT])
    name = plain.ssrc, bytes(master.key), bytes(master.salt)
    key = found.setdefault(name, LearnedKey(plain.ssrc, ekt.spi, ekt.epoch, master))
    key.rocs.add(plain.roc)


class LateOpener:
    """Opens what its hop alone could not, one packet after the other; `opened.late` tells these packets apart."""

    def __init__(self, keys: Iterable[LearnedKey]) -> None:
        self._contexts: dict[tuple[int, object], SrtpContext] = {}
        self._by_ssrc: dict[int, list[LearnedKey]] = {}
        for key in keys:
            self._by_ssrc.setdefault(key.ssrc, []).append(key)
        self._failures: dict[int, int] = {}

    def open(self, m: MediaPacket) -> None:
        """Fill `m.opened` when one of the keys fits."""
        if m.kind != "rtp" or m.opened.plain is not None:
            return
        row = SRTP_PROFILES.get(m.profile or 0)
        packet = synthetic(m.opened)
        if packet is None or row is None or not row.is_double or m.opened.repeat:
            return
        keys = self._by_ssrc.get(m.ssrc, [])
        few = self._failures.get(m.ssrc, 0) > MAX_FAILURES
        for place, key in enumerate(keys[:FEW] if few else keys):
            if len(key.master.key) == row.layer.key_length:
                if _try(m.opened, packet, key, self._context(key, m, row.layer.code)):
                    keys.insert(0, keys.pop(place))  # most likely that of the next packet, too
                    return
                self._failures[m.ssrc] = self._failures.get(m.ssrc, 0) + len(key.rocs)

    def _context(self, key: LearnedKey, m: MediaPacket, profile: int) -> SrtpContext:
        name = id(key), _hop(m)
        context = self._contexts.get(name)
        if context is None:
            context = self._contexts[name] = SrtpContext(profile, *key.master)
        return context


def _hop(m: MediaPacket) -> object:
    if m.association is not None:
        return m.association.client_random, m.from_endpoint
    return m.datagram.src, m.datagram.dst


def known_sets(
    associations: Iterable[Association], statements: Iterable[Statement] = ()
) -> list[EktParameters]:
    """Every EKT key that a handshake brought or somebody states, for end-to-end keys."""
    brought = [received.parameters for a in associations for received in a.ekt_keys()]
    stated = (s for s in statements if isinstance(s, EktStatement))
    return brought + [s.parameters for s in stated if s.profile is None]


def open_late(media: Iterable[MediaPacket], keys: Iterable[LearnedKey]) -> None:
    """Open what its hop alone could not; `opened.late` tells these packets apart."""
    opener = LateOpener(keys)
    for m in media:
        opener.open(m)


def synthetic(opened: OpenedMedia) -> SyntheticPacket | None:
    """The inner packet, if the hop was opened and its OHB is well-formed."""
    try:
        return None if opened.outer is None else synthetic_packet(opened.outer)
    except DecodeError:
        return None


def _try(
    opened: OpenedMedia, packet: SyntheticPacket, key: LearnedKey, context: SrtpContext
) -> bool:
    seq = int.from_bytes(packet.header[2:4], "big")
    for roc in sorted(key.rocs | {roc + 1 for roc in key.rocs})[-MAX_ROCS:]:
        try:
            payload = context.open(packet.header, packet.body, roc << 16 | seq)
        except (CryptoError, DecodeError):
            continue
        opened.plain, opened.ohb, opened.late = packet.header + payload, packet.ohb, True
        opened.spi, opened.epoch, opened.key_id = key.spi, key.epoch, key.master.key.id
        opened.problem, opened.inner_roc = "", roc
        return True
    return False
