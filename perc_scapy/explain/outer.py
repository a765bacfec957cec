# SPDX-License-Identifier: GPL-2.0-only
"""Why the hop-by-hop layer of an SRTP packet does not open: also the only layer of plain DTLS-SRTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perc_scapy.crypto.profiles import SrtpProfile
from perc_scapy.crypto.srtp import header_end
from perc_scapy.explain import kdf, trials
from perc_scapy.explain.indices import roc_options
from perc_scapy.explain.octets import Cut, ends
from perc_scapy.explain.search import MAX_TRIALS, Option, Outcome, search

TAG = "RFC 5764 section 4.1.2: the profile fixes the length of the tag"


def explain_outer(
    wire: bytes,
    profile: SrtpProfile,
    keys: list[Option],
    *,
    has_ekt: bool,
    estimate: int,
    announced: int | None = None,
    first: Mapping[str, Option] | None = None,
    limit: int = MAX_TRIALS,
) -> Outcome:
    """Search over the outer layer of `wire`. `profile` is what one layer runs; `first`: what fitted a neighbour.

    Raises `DecodeError` when `wire` has no RTP header.
    """
    end = header_end(wire)
    header, seq = wire[:end], int.from_bytes(wire[2:4], "big")
    aspects = {
        "index": roc_options(estimate, seq, announced),
        "end": ends(wire, has_ekt=has_ekt),
        "key": keys,
        "labels": kdf.label_options(0),
        "derivation": kdf.OPTIONS,
        "aad": trials.header_forms(header),
        "iv": trials.IV_FORMS if profile.cipher == "aes-gcm" else [Option(None)],
        "tag": _tags(profile),
    }
    opens = _gcm if profile.cipher == "aes-gcm" else _cm

    def attempt(values: Mapping[str, Any]) -> bool:
        cut: Cut = values["end"]
        return len(cut.srtp) > end and opens(values, profile, header, cut.srtp[end:]) is not None

    known = (
        None
        if first is None
        else {**aspects, **{n: _sooner(aspects[n], o) for n, o in first.items()}}
    )
    return search(known or aspects, attempt, limit)


def _sooner(options: list[Option], known: Option) -> list[Option]:
    """The option that fitted a neighbour is tried before all others; the right one keeps its name."""
    same = [o for o in options if o.name == known.name]
    return [*same, *(o for o in options if o.name != known.name)] if same else options


def _gcm(
    values: Mapping[str, Any], profile: SrtpProfile, header: bytes, body: bytes
) -> bytes | None:
    return trials.open_gcm(values, profile, header, body)


def _cm(
    values: Mapping[str, Any], profile: SrtpProfile, header: bytes, body: bytes
) -> bytes | None:
    return trials.open_cm(values, values["aad"], body)


def _tags(profile: SrtpProfile) -> list[Option]:
    """(octets of the tag, is the ROC authenticated) for AES-CM; AEAD tags have one form."""
    if profile.cipher == "aes-gcm":
        return [Option(None)]
    other = 4 if profile.rtp_tag == 10 else 10
    return [
        Option((profile.rtp_tag, True)),
        Option((other, True), f"the tag has {other} octets, not {profile.rtp_tag}", TAG),
        Option((profile.rtp_tag, False), "the ROC is left out of the tag", "RFC 3711 section 4.2"),
    ]
