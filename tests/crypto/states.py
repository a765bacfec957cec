# SPDX-License-Identifier: GPL-2.0-only
"""The whole mutable state of crypto objects as comparable data, to show that a refused packet changed none of it."""

from __future__ import annotations

from perc_scapy.crypto.replay import Stream
from perc_scapy.crypto.srtp import SrtpContext


def _slots(thing: object) -> dict:
    # `plan` holds what `relay` prepared: speed, not state
    return {name: getattr(thing, name) for name in type(thing).__slots__ if name != "plan"}


def state(thing: object) -> object:
    """Nested plain data: every stream of a context, every key of a source."""
    if isinstance(thing, Stream):
        return _slots(thing)
    if isinstance(thing, SrtpContext):
        live = state(thing.streams), state(thing._rtcp_streams)
        return live, state(thing._retired), state(thing._rtcp_retired)
    if isinstance(thing, dict):
        return {key: state(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [state(item) for item in thing]
    if type(thing).__module__.startswith("perc_scapy.crypto.ekt"):
        names = getattr(type(thing), "__slots__", None) or vars(thing)
        return {name: state(getattr(thing, name)) for name in names}
    return thing
