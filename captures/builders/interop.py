# SPDX-License-Identifier: GPL-2.0-only
"""Conferences in which one endpoint has another stack that disagrees with ours about a detail."""

from __future__ import annotations

from captures.builders.deviate import hop_keys
from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage
from perc_scapy.crypto.kdf import SessionKeys, session_keys
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.srtp import SrtpContext, header_end
from perc_scapy.sim.network import Crossing
from perc_scapy.wire import classify, peel_ekt


def with_rtcp_salt(stage: Stage, who: str, wire: bytes) -> bytes:
    """A packet from `who`, its outer layer sealed with the SRTCP salt in the IV."""
    keys = hop_keys(stage, who)
    layer = keys.profile - 2
    srtp, field = peel_ekt(wire)
    plain = SrtpContext(layer, *keys.client).unprotect(srtp)
    rtp, rtcp = session_keys(SRTP_PROFILES[layer], keys.client)
    odd = SrtpContext.from_session_keys(layer, SessionKeys(rtp.key, rtcp.salt), rtcp)
    end = header_end(plain)
    seq = int.from_bytes(plain[2:4], "big")
    return plain[:end] + odd.seal(plain[:end], plain[end:], seq) + field.raw


@recipe("foreign", "Another stack's outer IV has the SRTCP salt", shows="DBL-02", violates="SRT-02")
def interop_srtcp_salt() -> Built:
    """B is another stack: it derives the outer salt with label 5 instead of 2, as a branch of libsrtp did in 2018 whose
    buffer for salts was too short. Its SRTCP is right, its media never authenticate at the MDD, and A hears nothing."""
    stage = Stage("ab", seed="interop salt")

    def odd(crossing: Crossing) -> bytes:
        mine = str(crossing.source).startswith("b/") and classify(crossing.data) == "rtp"
        return with_rtcp_salt(stage, "b", crossing.data) if mine else crossing.data

    stage.untrue.append(odd)
    stage.open("ab")
    stage.everybody("ab", 8)
    return stage.built()
