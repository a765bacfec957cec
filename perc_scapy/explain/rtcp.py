# SPDX-License-Identifier: GPL-2.0-only
"""Why an SRTCP packet does not open (RFC 3711 section 3.4, RFC 7714 section 9, RFC 8723 section 6)."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SrtpProfile
from perc_scapy.crypto.transforms import E_BIT
from perc_scapy.errors import DecodeError
from perc_scapy.explain import kdf
from perc_scapy.explain.search import MAX_TRIALS, Option, Outcome, search
from perc_scapy.explain.trials import gcm_opens
from perc_scapy.wire import peel_ekt

NO_EKT = "RFC 8870 section 4: EKT is for SRTP only; SRTCP carries no EKT field"
FORM = "RFC 7714 sections 9.2, 9.3: the index word is authenticated and stands behind the tag"
IV = "RFC 7714 section 9.1: IV = (0000 | SSRC | 0000 | index) XOR SRTCP salt"
HMAC = "RFC 3711 section 3.4: index word in front of the tag of 10 octets"


class Parts(NamedTuple):
    """One way to cut an SRTCP packet."""

    clear: bytes
    sealed: bytes
    word: int
    aad: bytes


def explain_rtcp(
    wire: bytes, profile: SrtpProfile, keys: list[Option], limit: int = MAX_TRIALS
) -> Outcome:
    """Search over an SRTCP packet under keys of the hop; `profile` is what the hop's layer runs."""
    gcm = profile.cipher == "aes-gcm"
    aspects = {
        "end": _ends(wire),
        "key": keys,
        "labels": kdf.label_options(3),
        "cut": _GCM_CUTS if gcm else _CM_CUTS,
        "derivation": kdf.OPTIONS,
        "iv": _IVS if gcm else [Option(None)],
    }
    opens = _gcm if gcm else _cm
    return search(aspects, lambda values: opens(values, values["end"]), limit)


def _ends(wire: bytes) -> list[Option]:
    found = [Option(wire), Option(wire[:-1], "a short EKT field ends the packet", NO_EKT)]
    with contextlib.suppress(DecodeError):
        found.append(Option(peel_ekt(wire)[0], "an EKT field ends the packet", NO_EKT))
    found += [
        Option(wire[:-size], f"an MKI of {size} octets ends the packet", "RFC 3711 section 3.4")
        for size in (1, 2, 4)
    ]
    return found


# -- AES-GCM


def _right_cut(wire: bytes) -> Parts:
    word = int.from_bytes(wire[-4:], "big")
    if word & E_BIT:
        return Parts(wire[:8], wire[8:-4], word, wire[:8] + wire[-4:])
    return Parts(wire[:-20], wire[-20:-4], word, wire[:-4][:-16] + wire[-4:])


def _encrypted_anyway(wire: bytes) -> Parts:
    return Parts(wire[:8], wire[8:-4], int.from_bytes(wire[-4:], "big"), wire[:8] + wire[-4:])


def _word_first(wire: bytes) -> Parts:
    return Parts(
        wire[:8],
        wire[8:-20] + wire[-16:],
        int.from_bytes(wire[-20:-16], "big"),
        wire[:8] + wire[-20:-16],
    )


def _word_unsigned(wire: bytes) -> Parts:
    return Parts(wire[:8], wire[8:-4], int.from_bytes(wire[-4:], "big"), wire[:8])


def _word_without_flag(wire: bytes) -> Parts:
    word = int.from_bytes(wire[-4:], "big")
    return Parts(wire[:8], wire[8:-4], word, wire[:8] + (word & ~E_BIT).to_bytes(4, "big"))


_GCM_CUTS = [
    Option(_right_cut),
    Option(_encrypted_anyway, "the packet is encrypted although E is 0", "RFC 3711 section 3.4"),
    Option(_word_first, "the index word stands in front of the tag, as with HMAC", FORM),
    Option(_word_unsigned, "the index word is not authenticated", FORM),
    Option(_word_without_flag, "the index word is authenticated without its E flag", FORM),
]
_IVS: list[Option] = [
    Option(lambda salt, ssrc, word: _xor(salt, ssrc << 48 | word & ~E_BIT)),
    Option(lambda salt, ssrc, word: _xor(salt, ssrc << 48 | word), "the E flag is in the IV", IV),
    Option(
        lambda salt, ssrc, word: _xor(salt, ssrc << 64 | word & ~E_BIT),
        "the SSRC is in the first octets of the IV",
        IV,
    ),
    Option(
        lambda salt, ssrc, word: _xor(salt, ssrc << 48 | (word & ~E_BIT) << 16),
        "the index is two octets too far left in the IV",
        IV,
    ),
    Option(lambda salt, ssrc, word: _xor(salt, ssrc << 48), "the index is left out of the IV", IV),
]


def _xor(salt: bytes, number: int) -> bytes:
    return (int.from_bytes(salt[:12], "big") ^ number & (1 << 96) - 1).to_bytes(12, "big")


def _gcm(values: Mapping[str, Any], wire: bytes) -> bool:
    if len(wire) < 28:
        return False
    cut: Callable[[bytes], Parts] = values["cut"]
    parts = cut(wire)
    key, salt = _session(values, 12, parts.word)
    iv = values["iv"](salt, int.from_bytes(wire[4:8], "big"), parts.word)
    return gcm_opens(key, iv, parts.sealed, parts.aad) is not None


def _session(values: Mapping[str, Any], salt: int, index: int) -> tuple[bytes, bytes]:
    master: MasterKey = values["key"]
    first, second = values["labels"]
    derive: kdf.Derive = values["derivation"]
    return derive(master, first, len(master.key), index), derive(master, second, salt, index)


# -- AES-CM with HMAC-SHA1


def _signed(wire: bytes, tag: int) -> tuple[bytes, bytes]:
    return wire[:-tag], wire[-tag:]


_CM_CUTS: list[Option] = [
    Option(lambda wire: _signed(wire, 10)),
    Option(
        lambda wire: _signed(wire, 4),
        "the tag has 4 octets",
        f"{HMAC}, also for the profile with 32-bit tags",
    ),
    Option(
        lambda wire: (wire[:-14] + wire[-4:], wire[-14:-4]),
        "the index word stands behind the tag, as with AEAD",
        HMAC,
    ),
    Option(lambda wire: (wire[:-14], wire[-10:]), "the index word is not authenticated", HMAC),
]


def _cm(values: Mapping[str, Any], wire: bytes) -> bool:
    if len(wire) < 22:
        return False
    signed, tag = values["cut"](wire)
    derive: kdf.Derive = values["derivation"]
    index = int.from_bytes(signed[-4:], "big") & ~E_BIT
    auth = derive(values["key"], values["labels"][0] + 1, 20, index)
    return hmac.compare_digest(hmac.digest(auth, signed, "sha1")[: len(tag)], tag)


def forms() -> Iterator[str]:
    """Names of all hypotheses that stand in tables."""
    for table in (_GCM_CUTS, _CM_CUTS, _IVS):
        yield from (option.name for option in table if option.name)
