# SPDX-License-Identifier: GPL-2.0-only
"""A sender, a middle and a receiver of double SRTP for tests."""

from hypothesis import strategies as st

from perc_scapy.crypto import (
    KEEP,
    SRTP_PROFILES,
    DoubleContext,
    HeaderChange,
    SrtpContext,
    relay,
)
from perc_scapy.crypto.hop import NO_CHANGE
from tests.crypto.support import (
    HOP1,
    HOP2,
    INNER,
    LibsrtpDouble,
    context,
    full_keys,
    layer_keys,
)

DOUBLE = [9, 10]


def layer(profile: int) -> int:
    return SRTP_PROFILES[profile].layer.code


def sender(profile: int = 9) -> DoubleContext:
    return DoubleContext(profile, *full_keys(profile))


def receiver(profile: int = 9, hop: tuple[int, int] = HOP2) -> DoubleContext:
    inner, outer = context(layer(profile), *INNER), context(layer(profile), *hop)
    return DoubleContext.from_layers(inner, outer, profile)


def hops(profile: int = 9) -> tuple[SrtpContext, SrtpContext]:
    return context(layer(profile), *HOP1), context(layer(profile), *HOP2)


def through(packet: bytes, change: HeaderChange = NO_CHANGE, profile: int = 9) -> bytes:
    return relay(sender(profile).protect(packet), *hops(profile), change)


def libsrtp_receiver(profile: int = 9, hop: tuple[int, int] = HOP2) -> LibsrtpDouble:
    return LibsrtpDouble(
        layer(profile), layer_keys(layer(profile), *INNER), layer_keys(layer(profile), *hop)
    )


def change_of(vector: dict) -> HeaderChange:
    given = vector["change"]
    marker = given.get("m")
    return HeaderChange(given.get("pt"), given.get("seq"), None if marker is None else bool(marker))


values = st.builds(
    HeaderChange,
    st.one_of(st.none(), st.sampled_from([0, 15, 96, 127])),
    st.one_of(st.none(), st.sampled_from([0, 1, 0x1234, 0xFFFF])),
    st.one_of(st.none(), st.booleans()),
    st.just(KEEP),
)
