# SPDX-License-Identifier: GPL-2.0-only
"""Why the end-to-end layer does not open although the hop-by-hop layer does (RFC 8723 section 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perc_scapy.crypto.double import OuterPacket
from perc_scapy.crypto.profiles import SrtpProfile
from perc_scapy.explain import kdf, trials
from perc_scapy.explain.indices import INDEPENDENT, SAME, roc_options
from perc_scapy.explain.octets import Inside, insides
from perc_scapy.explain.search import MAX_TRIALS, Option, Outcome, search


def explain_inner(
    outer: OuterPacket,
    profile: SrtpProfile,
    keys: list[Option],
    *,
    estimate: int,
    announced: int | None = None,
    limit: int = MAX_TRIALS,
) -> Outcome:
    """Search over the inner layer of an opened packet; `profile` is what one layer runs."""
    if not keys:
        return Outcome(None, 0)
    insiders = insides(outer.header, outer.payload)
    aspects = {
        "index": _indices(outer, insiders[0].value, estimate, announced),
        "ohb": insiders,
        "key": keys,
        "aad": _headers(outer),
        "labels": kdf.label_options(0),
        "derivation": kdf.OPTIONS,
        "iv": trials.IV_FORMS,
    }

    def attempt(values: Mapping[str, Any]) -> bool:
        inside: Inside = values["ohb"]
        if not inside.header:
            return False
        roc, seq = values["index"]
        index = roc, int.from_bytes(inside.header[2:4], "big") if seq is None else seq
        changed = {**values, "index": index, "aad": values["aad"](inside.header)}
        return trials.open_gcm(changed, profile, inside.header, inside.body) is not None

    return search(aspects, attempt, limit)


def _indices(
    outer: OuterPacket, inside: Inside, estimate: int, announced: int | None
) -> list[Option]:
    """(ROC, SEQ or None for the one of the OHB)."""
    found = [
        Option((o.value[0], None), o.name, o.clause) for o in roc_options(estimate, 0, announced)
    ]
    received = int.from_bytes(outer.header[2:4], "big")
    if inside.header and int.from_bytes(inside.header[2:4], "big") != received:
        name = "the inner IV has the changed SEQ that was received"
        known = f"{SAME}; known of libsrtp's branch double-ott-rebase"
        found.insert(1, Option((estimate, received), name, known))
        found.append(Option(((estimate + 1), received), f"{name}, and its ROC", INDEPENDENT))
    return found


def _headers(outer: OuterPacket) -> list[Option]:
    """Header of the OHB -> what is authenticated, the right way first."""
    whole = outer.header
    return [
        Option(lambda header: header),
        Option(
            lambda header: bytes((header[0] | whole[0] & 0x10,)) + header[1:],
            "the X bit stays set in the inner header",
            trials.SYNTHETIC,
        ),
        Option(
            lambda header: (
                bytes((header[0] | whole[0] & 0x10,)) + header[1:] + whole[len(header) :]
            ),
            "the header extension is part of the inner layer",
            f"{trials.SYNTHETIC}; so it was in the drafts of early 2016",
        ),
        Option(
            lambda header: whole, "the header as received is authenticated inside", trials.SYNTHETIC
        ),
        Option(
            lambda header: header[:12],
            "the CSRC list is left out of the inner authenticated data",
            trials.SYNTHETIC,
        ),
        Option(lambda header: b"", "nothing is authenticated besides the payload", trials.AAD),
    ]
