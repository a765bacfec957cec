# SPDX-License-Identifier: GPL-2.0-only
"""What KMF and MDD alike report of their tunnels."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CloseTunnel:
    """The carrier should end this tunnel now."""

    tunnel_id: Hashable
    reason: str


@dataclass(frozen=True, slots=True)
class TunnelLost:
    """A tunnel ended; so did all its associations (AMB-21)."""

    tunnel_id: Hashable
    reason: str
    associations: int
