# SPDX-License-Identifier: GPL-2.0-only
"""Notes on associations: what the keys at hand open of their media, and what they do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from perc_scapy.capture.associations import Association
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.notes import Note
from perc_scapy.capture.statements import SrtpStatement
from perc_scapy.crypto.profiles import SRTP_PROFILES

MDD_VIEW = "this is what the MDD sees: hop-by-hop layer only"


def association_notes(associations: Iterable[Association], keys: Keyring) -> list[Note]:
    """One note for each association whose media stay closed, wholly or in part."""
    return [note for each in associations for note in _notes(each, keys)]


def _notes(association: Association, keys: Keyring) -> Iterator[Note]:
    row = SRTP_PROFILES.get(association.srtp_profile or 0)
    if row is None or not row.is_double:
        return
    told = association.hop_keys() is not None and association.exported() is None
    if told and not association.ekt_keys() and not _end_to_end(keys):
        who = str(association.endpoint or association.client_random[:4].hex())
        text = f"endpoint {who}: {MDD_VIEW}; its own DTLS secret or its EKT key opens the rest"
        yield Note(association.first_packet, "note", text)


def _end_to_end(keys: Keyring) -> bool:
    """Somebody states keys of the inner layer."""
    return any(not isinstance(s, SrtpStatement) or s.layer == "end-to-end" for s in keys.statements)
