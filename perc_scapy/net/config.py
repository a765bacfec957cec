# SPDX-License-Identifier: GPL-2.0-only
"""Configuration files (docs/configuration.md) into the roles' configurations and what a process needs besides.

Paths are relative to the file. Every mistake is a `ConfigError` that names file and key.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perc_scapy.errors import ConfigError
from perc_scapy.net.address import Address, parse_address
from perc_scapy.net.toml import Section, flag, integer, list_of, number, read_toml, text
from perc_scapy.net.values import conference_id, ekt_cipher, fingerprint_in, load_identity, profile

if TYPE_CHECKING:
    from perc_scapy.dtls.identity import Identity
    from perc_scapy.roles.endpoint_config import EndpointConfig
    from perc_scapy.roles.kmf_config import Conference, KmfConfig, KmfLimits, Member


@dataclass(frozen=True)
class KmfSettings:
    """A KMF process: the role's configuration and the address that tunnels come to."""

    role: KmfConfig
    listen: Address


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
    from perc_scapy.roles.kmf_config import KmfConfig

    top = read_toml(path)
    listen = top.take("listen", parse_address)
    rest: dict[str, Any] = {
        "identity": _identity(top),
        "limits": _limits(top.section("limits")),
        "conferences": tuple(map(_conference, top.sections("conference"))),
        **top.given(tls_id=text, mtu=integer),
    }
    return KmfSettings(top.build(KmfConfig, **rest), listen)


def load_endpoint(path: Path) -> EndpointSettings:
    """Settings of `perc endpoint --config`. Raises `ConfigError`."""
    from perc_scapy.roles.endpoint_config import EndpointConfig

    top = read_toml(path)
    process = {
        "mdd": top.take("mdd", _peer),
        **top.given(send=top.file, record=top.file, loop=flag, duration=number),
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


def _limits(section: Section) -> KmfLimits:
    from perc_scapy.roles.kmf_config import KmfLimits

    kinds = {field.name: integer if field.type == "int" else number for field in fields(KmfLimits)}
    return section.build(KmfLimits, **section.given(**kinds))


def _conference(section: Section) -> Conference:
    from perc_scapy.roles.kmf_config import Conference

    folder = section.path.parent
    rest = {
        "id": section.take("id", conference_id),
        "name": section.take("name", text),
        "mdds": frozenset(section.take("mdds", list_of(fingerprint_in(folder)))),
        "members": tuple(map(_member, section.sections("member"))),
        **section.given(
            profile=profile, ekt_cipher=ekt_cipher, hbh_only=flag, rekey_on_join=_count_or_false,
            rekey_on_leave=flag, rekey_interval=number, ekt_ttl=integer, shared_tunnel=flag,
            same_member=text,
        ),
    }  # fmt: skip
    return section.build(Conference, **rest)


def _member(section: Section) -> Member:
    from perc_scapy.roles.kmf_config import Member

    name = section.take("name", text)
    seen = section.take("fingerprint", fingerprint_in(section.path.parent))
    return section.build(Member, name=name, fingerprint=seen, **section.given(tls_id=text))


def _count_or_false(value: Any) -> int | None:
    return None if value is False else integer(value)


def _peer(value: Any) -> Address:
    return parse_address(value, zero=False)
