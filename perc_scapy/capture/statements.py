# SPDX-License-Identifier: GPL-2.0-only
"""Keys that somebody states: SRTP keys of a stream or a direction, EKT keys. The tables of a key file.

Media with stated keys need no handshake in the capture. docs/keys.md shows every field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from perc_scapy.capture import statement_tables as kinds
from perc_scapy.capture.statement_tables import Table, read_tables
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.kdf import AUTH_KEY_LENGTH, MasterKey, SessionKeys, split_exporter
from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import ConfigError, DecodeError
from perc_scapy.pcap.packets import Address

Layer = Literal["hop", "end-to-end", "both"]
LAYERS = ("hop", "end-to-end", "both")
TABLES = ("srtp", "ekt", "exporter")
MAX_ROC = 0xFFFFFFFF
MAX_PACKET = 1 << 40
MAX_TTL = 0xFFFFFF
"""Seconds (RFC 8870 section 5.2.2): 194 days."""
End: TypeAlias = tuple[str, int | None]
"""Host, and a port or any."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The packets that a key is for: None stands for any."""

    ssrc: int | None = None
    src: End | None = None
    dst: End | None = None
    roc: int | None = None
    """Rollover counter of the first packet; None leaves it to be found."""
    from_packet: int = 1
    to_packet: int = MAX_PACKET
    mki: int = 0
    """Octets of the master key identifier in every packet."""

    def fits(self, ssrc: int, number: int, src: Address, dst: Address) -> bool:
        """Whether a packet is among them: by its SSRC, its number in the capture, its addresses."""
        return (
            self.ssrc in (None, ssrc)
            and self.from_packet <= number <= self.to_packet
            and _is(self.src, src)
            and _is(self.dst, dst)
        )


def _is(wanted: End | None, seen: Address) -> bool:
    return wanted is None or (wanted[0] == seen.host and wanted[1] in (None, seen.port))


ANY = Scope()


@dataclass(frozen=True, slots=True)
class SrtpStatement:
    """A key of one layer."""

    layer: Literal["hop", "end-to-end"]
    profile: int
    """Single profile of this layer."""
    double: bool
    """The profile named was a double one: there is an end-to-end layer inside the hop's."""
    master: MasterKey | None
    session: tuple[SessionKeys, SessionKeys] | None = None
    """SRTP and SRTCP session keys in the place of a master key."""
    scope: Scope = ANY
    where: str = field(default="", compare=False)
    """File and table."""

    @property
    def key(self) -> Key:
        """What names the statement: master key, or SRTP session key."""
        if self.master is not None:
            return self.master.key
        assert self.session is not None
        return self.session[0].key

    def context(self) -> SrtpContext:
        """A fresh context that runs the key."""
        if self.master is not None:
            return SrtpContext.for_reading(self.profile, *self.master)
        assert self.session is not None
        return SrtpContext.from_session_keys(self.profile, *self.session, allow_null=True)


@dataclass(frozen=True, slots=True)
class EktStatement:
    """An EKT key, and where it holds."""

    parameters: EktParameters
    profile: int | None = None
    """Single profile of media whose only layer takes its keys from EKT; None: end-to-end keys of a double."""
    from_packet: int = 1
    where: str = field(default="", compare=False)


Statement: TypeAlias = SrtpStatement | EktStatement


def read_statements(text: str, name: str) -> list[Statement]:
    """All tables of a key file. Raises `ConfigError` with file, table and field, never with a value."""
    tables = read_tables(text, name, TABLES)
    found: list[Statement] = []
    for table in tables.get("srtp", ()):
        found += _srtp(table)
    for table in tables.get("exporter", ()):
        found += _exporter(table)
    found += [_ekt(table) for table in tables.get("ekt", ())]
    return found


# -- [[srtp]]


def _srtp(table: Table) -> list[Statement]:
    layer = table.take("layer", kinds.one_of(LAYERS))
    row = SRTP_PROFILES[table.take("profile", kinds.profile)]
    if row.is_double and layer == "both":
        full = _master(table, row)
        scope, where = _scope(table), table.where
        return [
            SrtpStatement("end-to-end", row.layer.code, True, full.inner(), None, scope, where),
            SrtpStatement("hop", row.layer.code, True, full.outer(), None, scope, where),
        ]
    if layer == "both":
        raise table.error("layer", "only a double profile has both; say hop or end-to-end")
    session = _session(table, row.layer) if "session_key" in table else None
    master = None if session else _master(table, row.layer)
    named: Literal["hop", "end-to-end"] = "hop" if layer == "hop" else "end-to-end"
    scope = _scope(table)
    return [
        SrtpStatement(named, row.layer.code, row.is_double, master, session, scope, table.where)
    ]


def _scope(table: Table) -> Scope:
    """The fields that say which packets a key is for; ends the table."""
    mki = table.optional("mki", kinds.octets())
    scope = Scope(
        table.optional("ssrc", kinds.number(0, 0xFFFFFFFF)),
        table.optional("src", kinds.endpoint),
        table.optional("dst", kinds.endpoint),
        table.optional("roc", kinds.number(0, MAX_ROC)),
        table.optional("from_packet", kinds.number(1, MAX_PACKET)) or 1,
        table.optional("to_packet", kinds.number(1, MAX_PACKET)) or MAX_PACKET,
        0 if mki is None else len(mki),
    )
    table.allow("key", "salt", "inline", "session_key")
    table.finish()
    return scope


def _master(table: Table, row: SrtpProfile) -> MasterKey:
    if "inline" in table:
        both = table.take("inline", _inline(row))
        return MasterKey(Key(both[: row.key_length]), Key(both[row.key_length :]))
    table.allow("inline", "session_key")
    key = table.take("key", kinds.octets(row.key_length))
    salt = table.take("salt", kinds.octets(row.salt_length))
    return MasterKey(Key(key), Key(salt))


def _inline(row: SrtpProfile) -> kinds.Kind[bytes]:
    """`inline:` of SDES (RFC 4568 section 9.2): key and salt in base64; lifetime and MKI may follow."""

    def kind(value: object) -> bytes:
        if not isinstance(value, str):
            raise ValueError("must be a text in quotes")
        text = value.removeprefix("inline:").split("|")[0]
        return kinds.octets(row.key_length + row.salt_length)(text)

    return kind


def _session(table: Table, row: SrtpProfile) -> tuple[SessionKeys, SessionKeys]:
    """Session keys (RFC 3711 section 4.3); without those of SRTCP only RTP opens."""
    rtp = _session_keys(table, row, "session_")
    if "rtcp_session_key" not in table:
        table.allow("rtcp_session_key")
        return rtp, rtp
    return rtp, _session_keys(table, row, "rtcp_session_")


def _session_keys(table: Table, row: SrtpProfile, prefix: str) -> SessionKeys:
    key = table.take(prefix + "key", kinds.octets(row.key_length))
    salt = table.take(prefix + "salt", kinds.octets(row.salt_length))
    if row.cipher == "aes-gcm":
        return SessionKeys(Key(key), Key(salt))
    auth = table.take(prefix + "auth", kinds.octets(AUTH_KEY_LENGTH))
    return SessionKeys(Key(key), Key(salt), Key(auth))


# -- [[exporter]]


def _exporter(table: Table) -> list[Statement]:
    """Output of the DTLS-SRTP exporter (RFC 5764 section 4.2): keys of both directions."""
    row = SRTP_PROFILES[table.take("profile", kinds.profile)]
    material = table.take("material", kinds.octets(row.export_length))
    client = table.take("client", kinds.endpoint)
    server = table.optional("server", kinds.endpoint)
    start = table.optional("from_packet", kinds.number(1, MAX_PACKET)) or 1
    table.finish()
    keys = split_exporter(row.code, material)
    ways = ((keys.client, client, server), (keys.server, server, client))
    found: list[Statement] = []
    for master, src, dst in ways:
        outer = master.outer() if row.is_double else master
        scope = Scope(None, src, dst, from_packet=start)
        found.append(
            SrtpStatement("hop", row.layer.code, row.is_double, outer, None, scope, table.where)
        )
    return found


# -- [[ekt]]


def _ekt(table: Table) -> EktStatement:
    cipher = table.take("cipher", kinds.ekt_cipher)
    spi = table.take("spi", kinds.number(0, 0xFFFF))
    key = Key(table.take("key", kinds.octets(16 * cipher)))
    salt = Key(table.take("salt", kinds.octets()))
    ttl = table.optional("ttl", kinds.number(0, MAX_TTL))
    start = table.optional("from_packet", kinds.number(1, MAX_PACKET)) or 1
    single = table.optional("profile", kinds.profile)
    table.finish()
    if single is not None and SRTP_PROFILES[single].is_double:
        single = None
    try:
        parameters = EktParameters(spi, cipher, key, salt, MAX_TTL if ttl is None else ttl)
    except DecodeError as error:
        raise ConfigError(f"{table.where}: {error.what}") from None
    return EktStatement(parameters, single, start, table.where)
