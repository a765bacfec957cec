# SPDX-License-Identifier: GPL-2.0-only
"""The three roles as sans-IO state machines: bytes and `now` in, events and bytes out.

`Kmf` (RFC 8871: Key Distributor), `Mdd` (Media Distributor), `Endpoint`. Names load their module on first use, so that
an endpoint does not load what only a KMF needs. `policy` holds the configurations, `events` what roles report.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perc_scapy.roles.endpoint.config import EndpointConfig
    from perc_scapy.roles.endpoint.role import Endpoint
    from perc_scapy.roles.kmf.config import Conference, KmfConfig, KmfLimits, Member
    from perc_scapy.roles.kmf.role import Kmf
    from perc_scapy.roles.mdd.config import MddConference, MddConfig, MddLimits, RelayPolicy
    from perc_scapy.roles.mdd.events import Path
    from perc_scapy.roles.mdd.role import Mdd

_HOME = {
    "Conference": "kmf.config",
    "Endpoint": "endpoint.role",
    "EndpointConfig": "endpoint.config",
    "Kmf": "kmf.role",
    "KmfConfig": "kmf.config",
    "KmfLimits": "kmf.config",
    "Mdd": "mdd.role",
    "MddConference": "mdd.config",
    "MddConfig": "mdd.config",
    "MddLimits": "mdd.config",
    "Member": "kmf.config",
    "Path": "mdd.events",
    "RelayPolicy": "mdd.config",
}

__all__ = [
    "Conference",
    "Endpoint",
    "EndpointConfig",
    "Kmf",
    "KmfConfig",
    "KmfLimits",
    "Mdd",
    "MddConference",
    "MddConfig",
    "MddLimits",
    "Member",
    "Path",
    "RelayPolicy",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
