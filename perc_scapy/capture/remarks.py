# SPDX-License-Identifier: GPL-2.0-only
"""A note on associations: what the keys at hand open of their media, and what they do not."""

from __future__ import annotations

from collections.abc import Iterable

from perc_scapy.capture.associations import Association
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.notes import Note
from perc_scapy.capture.statements import SrtpStatement
from perc_scapy.crypto.profiles import SRTP_PROFILES

MDD_VIEW = "this is what the MDD sees: hop-by-hop layer only"
SHOWN = 5
"""Endpoints named."""


def association_notes(associations: Iterable[Association], keys: Keyring) -> list[Note]:
    """Whether the keys at hand are those of the MDD alone, and for which endpoints."""
    if _end_to_end(keys):
        return []
    who = [_name(a) for a in associations if _told_only(a)]
    if not who:
        return []
    shown = ", ".join(who[:SHOWN]) + (f" and {len(who) - SHOWN} more" if len(who) > SHOWN else "")
    text = f"{MDD_VIEW} ({shown}); the endpoints' own DTLS secrets or an EKT key open the rest"
    return [Note(None, "note", text)]


def _told_only(association: Association) -> bool:
    """Its hop keys are known because the KMF told them to the MDD, and nothing more is."""
    row = SRTP_PROFILES.get(association.srtp_profile or 0)
    if row is None or not row.is_double or association.exported() is not None:
        return False
    return association.hop_keys() is not None and not association.ekt_keys()


def _name(association: Association) -> str:
    return str(association.endpoint or f"client random {association.client_random[:4].hex()}")


def _end_to_end(keys: Keyring) -> bool:
    """Somebody states keys of the inner layer."""
    return any(not isinstance(s, SrtpStatement) or s.layer == "end-to-end" for s in keys.statements)
