# SPDX-License-Identifier: GPL-2.0-only
"""Configuration files (docs/configuration.md) into the roles' configurations and what a process needs besides.

Paths are relative to the file. Every mistake is a `ConfigError` that names file and key.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from perc_scapy.errors import ConfigError
from perc_scapy.net.address import Address, parse_address
from perc_scapy.net.toml import (
    Section,
    flag,
    integer,
    list_of,
    number,
    read_toml,
    seconds,
    some_of,
    text,
)
from perc_scapy.net.values import conference_id, ekt_cipher, fingerprint_in, load_identity, profile

if TYPE_CHECKING:
    from perc_scapy.dtls.identity import Identity
    from perc_scapy.roles.endpoint.config import EndpointConfig
    from perc_scapy.roles.kmf.config import Conference, KmfConfig, KmfLimits, Member
    from perc_scapy.roles.mdd.config import MddConference, MddConfig, MddLimits, RelayPolicy

L = TypeVar("L", "KmfLimits", "MddLimits")


@dataclass(frozen=True)
class KmfSettings:
    """A KMF process: the role's configuration and the address that tunnels come to."""

    role: KmfConfig
    listen: Address


@dataclass(frozen=True)
class TunnelPlan:
    """One tunnel of an MDD and the KMF at its other end."""

    name: Hashable
    kmf: Address
    kmf_fingerprint: str


@dataclass(frozen=True)
class MddSettings:
    """An MDD process: an address for each conference, a plan for each tunnel name."""

    role: MddConfig
    identity: Identity
    listen: dict[bytes, Address]
    tunnels: tuple[TunnelPlan, ...]
    dial_on_demand: bool = False
    """Open a tunnel when its first endpoint shows up, not in advance."""


@dataclass(frozen=True)
class EndpointSettings:
    """An endpoint process."""

    role: EndpointConfig
    mdd: Address
    send: Path | None = None
    record: Path | None = None
    loop: bool = False
    duration: float | None = None


def load_kmf(path: Path) -> KmfSettings:
    """Settings of `perc kmf --config`. Raises `ConfigError`."""
    from perc_scapy.roles.kmf.config import KmfConfig, KmfLimits

    top = read_toml(path, "perc config kmf")
    listen = top.take("listen", parse_address)
    rest: dict[str, Any] = {
        "identity": _identity(top),
        "limits": _limits(top.section("limits"), KmfLimits),
        "conferences": tuple(map(_conference, top.sections("conference"))),
        **top.given(tls_id=text, mtu=integer),
    }
    return KmfSettings(top.build(KmfConfig, **rest), listen)


def load_mdd(path: Path) -> MddSettings:
    """Settings of `perc mdd --config`. Raises `ConfigError`."""
    from perc_scapy.roles.mdd.config import MddConfig, MddLimits

    top = read_toml(path, "perc config mdd")
    process = {"identity": _identity(top), **top.given(dial_on_demand=flag)}
    listen: dict[bytes, Address] = {}
    plans: dict[Hashable, TunnelPlan] = {}
    found = [_mdd_conference(each, listen, plans) for each in top.sections("conference")]
    limits = _limits(top.section("limits"), MddLimits)
    role = top.build(
        MddConfig, conferences=tuple(found), limits=limits, **top.given(profiles=list_of(profile))
    )
    return MddSettings(role, listen=listen, tunnels=tuple(plans.values()), **process)


def load_endpoint(path: Path) -> EndpointSettings:
    """Settings of `perc endpoint --config`. Raises `ConfigError`."""
    from perc_scapy.roles.endpoint.config import EndpointConfig

    top = read_toml(path, "perc config endpoint")
    process = {
        "mdd": top.take("mdd", _peer),
        **top.given(send=top.file, record=top.file, loop=flag, duration=seconds),
    }
    rest = {
        "identity": _identity(top),
        "kmf_fingerprint": top.take("kmf_fingerprint", fingerprint_in(path.parent)),
        **top.given(
            profiles=list_of(profile), ekt_ciphers=list_of(ekt_cipher), tls_id=text, kmf_tls_id=text,
            ssrc=integer, cname=text, key_change_delay=number, full_interval=number, hold=number,
            report_interval=number, max_sources=integer, mtu=integer, hbh_only=flag,
        ),
    }  # fmt: skip
    return EndpointSettings(top.build(EndpointConfig, **rest), **process)


def _identity(top: Section) -> Identity:
    certificate, key = top.take("certificate", top.file), top.take("private_key", top.file)
    try:
        return load_identity(certificate, key)
    except ConfigError as error:
        raise ConfigError(f"{top.path}: certificate, private_key: {error}") from None


def _limits(section: Section, make: type[L]) -> L:
    """A dataclass of numbers, each key optional."""
    kinds = {field.name: integer if field.type == "int" else number for field in fields(make)}
    return section.build(make, **section.given(**kinds))


def _conference(section: Section) -> Conference:
    from perc_scapy.roles.kmf.config import Conference

    folder = section.path.parent
    rest = {
        "id": section.take("id", conference_id),
        "name": section.take("name", text),
        "mdds": frozenset(section.take("mdds", some_of(fingerprint_in(folder)))),
        "members": tuple(map(_member, section.sections("member"))),
        **section.given(
            profile=profile, ekt_cipher=ekt_cipher, hbh_only=flag, rekey_on_join=_count_or_false,
            rekey_on_leave=flag, rekey_interval=number, ekt_ttl=integer, shared_tunnel=flag,
            same_member=text,
        ),
    }  # fmt: skip
    return section.build(Conference, **rest)


def _member(section: Section) -> Member:
    from perc_scapy.roles.kmf.config import Member

    name = section.take("name", text)
    seen = section.take("fingerprint", fingerprint_in(section.path.parent))
    return section.build(Member, name=name, fingerprint=seen, **section.given(tls_id=text))


def _mdd_conference(
    section: Section, listen: dict[bytes, Address], plans: dict[Hashable, TunnelPlan]
) -> MddConference:
    """A conference of an MDD; its listen address and its tunnels go into `listen` and `plans`."""
    from perc_scapy.roles.mdd.config import MddConference

    where = section.take("listen", parse_address)
    kmf = section.take("kmf", _peer)
    seen = section.take("kmf_fingerprint", fingerprint_in(section.path.parent))
    relay = _relay(section.section("relay"))
    rest = {"id": section.take("id", conference_id), "kmf_fingerprint": seen, "relay": relay}
    rest |= section.given(name=text, tunnels=list_of(text))
    made = section.build(MddConference, **rest)
    if where.port and where in listen.values():
        raise section.error("listen", f"{where} belongs to another conference")
    listen[made.id] = where
    for name in made.tunnels:
        plan = TunnelPlan(name, kmf, seen)
        if plans.setdefault(name, plan) != plan:
            raise section.error("tunnels", f"{name!r} leads to another KMF in another conference")
    return made


def _relay(section: Section) -> RelayPolicy:
    from perc_scapy.roles.mdd.config import RelayPolicy

    kinds = {"payload_types": _payload_types, "sequence_offset": integer, "marker": flag}
    return section.build(RelayPolicy, **section.given(**kinds))


def _payload_types(value: Any) -> dict[int, int]:
    """TOML keys are texts: `{ 0 = 96 }` maps payload type 0 to 96."""
    if not isinstance(value, dict) or not all(str(key).isdecimal() for key in value):
        raise ValueError("must be a table of payload types, such as { 0 = 96 }")
    return {int(key): integer(new) for key, new in value.items()}


def _count_or_false(value: Any) -> int | None:
    return None if value is False else integer(value)


def _peer(value: Any) -> Address:
    return parse_address(value, zero=False)
