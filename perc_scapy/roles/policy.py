# SPDX-License-Identifier: GPL-2.0-only
"""Configurations of all roles in one place; each is defined beside its role."""

from __future__ import annotations

from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.kmf.config import Conference, KmfConfig, KmfLimits, Member
from perc_scapy.roles.mdd.config import MddConference, MddConfig, MddLimits, RelayPolicy

__all__ = [
    "Conference",
    "EndpointConfig",
    "KmfConfig",
    "KmfLimits",
    "MddConference",
    "MddConfig",
    "MddLimits",
    "Member",
    "RelayPolicy",
]
