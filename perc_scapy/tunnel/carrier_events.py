# SPDX-License-Identifier: GPL-2.0-only
"""What a listener or dialer reports. `tunnel_id` is opaque to roles: a listener makes it, a dialer is given it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple


class TunnelId(NamedTuple):
    """The name that a listener gives to a tunnel: unique in the listener's life."""

    addr: Hashable
    serial: int


@dataclass(frozen=True, slots=True)
class TunnelOpened:
    """The handshake is complete and the peer's certificate is proven."""

    tunnel_id: Hashable
    peer_fingerprint: str


@dataclass(frozen=True, slots=True)
class TunnelRecord:
    """The content of one application-data record."""

    tunnel_id: Hashable
    data: bytes


@dataclass(frozen=True, slots=True)
class TunnelClosed:
    """An open tunnel ended; reported once."""

    tunnel_id: Hashable
    reason: str


@dataclass(frozen=True, slots=True)
class TunnelFailed:
    """A tunnel that never opened was given up; a dialer tries again."""

    tunnel_id: Hashable
    reason: str


CarrierEvent = TunnelOpened | TunnelRecord | TunnelClosed | TunnelFailed
