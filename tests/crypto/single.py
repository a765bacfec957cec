# SPDX-License-Identifier: GPL-2.0-only
"""Pairs of single-profile contexts and any RTP packet, for tests."""

from hypothesis import strategies as st

from perc_scapy.crypto import SrtpContext
from tests.crypto.support import (
    context,
    h,
    rtp,
)

SINGLE = [1, 2, 7, 8]
PAIR = (0x40, 0xB0)


def pair(profile: int) -> tuple[SrtpContext, SrtpContext]:
    return context(profile, *PAIR), context(profile, *PAIR)


def of_vector(vector: dict) -> SrtpContext:
    key, salt = h(vector["master_key"]), h(vector["master_salt"])
    return SrtpContext(7 if len(key) == 16 else 8, key, salt)


packets = st.builds(
    rtp,
    seq=st.integers(0, 0xFFFF),
    payload=st.binary(max_size=200),
    pt=st.integers(0, 127),
    marker=st.booleans(),
    csrcs=st.integers(0, 15),
    extension=st.one_of(
        st.none(),
        st.integers(0, 6).flatmap(
            lambda n: st.binary(min_size=4 * n, max_size=4 * n).map(
                lambda data: b"\xbe\xde" + (len(data) // 4).to_bytes(2, "big") + data
            )
        ),
    ),
    padding=st.booleans(),
    ssrc=st.integers(0, 0xFFFFFFFF),
)
