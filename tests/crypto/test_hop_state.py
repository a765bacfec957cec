# SPDX-License-Identifier: GPL-2.0-only
"""What a hop keeps: keys apart, ROCs apart, indices used once; and its fast path."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import (
    HeaderChange,
    SrtpContext,
    change_headers,
    relay,
)
from perc_scapy.crypto.double import open_inner, open_outer
from perc_scapy.crypto.hop import NO_CHANGE
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    LocalError,
    NonceReuseError,
    ReplayError,
)
from perc_scapy.wire import full_ekt_field, peel_ekt, peel_ohb, split_rtp
from tests.crypto.middle import (
    DOUBLE,
    hops,
    layer,
    libsrtp_receiver,
    receiver,
    sender,
    through,
    values,
)
from tests.crypto.single import packets
from tests.crypto.states import state
from tests.crypto.support import (
    HOP1,
    HOP2,
    HOP3,
    INNER,
    RTCP,
    SSRC,
    OpensslLayer,
    context,
    h,
    layer_keys,
    needs_libcrypto,
    octets,
    rtp,
)

# -- keys, ROCs, replay


@pytest.mark.req("DBL-13", "R8871-12")
def test_one_key_for_both_hops_is_refused() -> None:
    wire, salted = sender().protect(rtp()), SrtpContext(7, octets(0x40, 16), octets(1, 12))
    ingress = context(7, *HOP1)
    for egress in (context(7, *HOP1), salted, ingress):
        with pytest.raises(LocalError, match="share"):
            relay(wire, ingress, egress)
    assert ingress.ssrcs() == []


@pytest.mark.req("DBL-13")
def test_every_recipient_has_its_own_key_and_octets() -> None:
    wires = set()
    for hop in (HOP2, HOP3):
        wire = relay(sender().protect(rtp()), context(7, *HOP1), context(7, *hop))
        assert receiver(hop=hop).unprotect(wire).rtp == rtp()
        wires.add(wire)
    assert len(wires) == 2
    with pytest.raises(AuthenticationError):
        receiver(hop=HOP3).unprotect(through(rtp()))


@pytest.mark.req("DBL-14")
def test_the_middle_holds_nothing_of_the_inner_key() -> None:
    ingress, egress = hops()
    for seq in range(5):
        relay(sender().protect(rtp(seq=seq)), ingress, egress, HeaderChange(pt=3))
    inner = layer_keys(7, *INNER)
    secrets = {
        bytes(inner.key),
        bytes(inner.salt),
        OpensslLayer(inner).key,
        OpensslLayer(inner).salt,
    }
    seen = repr([state(ingress), state(egress)]) + repr(
        [getattr(side, name) for side in (ingress, egress) for name in SrtpContext.__slots__]
    )
    assert not any(secret.hex() in seen or repr(secret)[2:-1] in seen for secret in secrets)
    wire = sender().protect(rtp(seq=9))
    for key in (HOP1, HOP2):
        with pytest.raises(AuthenticationError):
            open_inner(open_outer(context(7, *HOP1), wire), context(7, *key))


@pytest.mark.req("DBL-09", "DBL-08")
@pytest.mark.parametrize("offset", [65500, 40000, 1])
@pytest.mark.parametrize("start", [65500, 10])
def test_seq_rewritten_across_a_wrap(start: int, offset: int) -> None:
    """Inner and outer numbering wrap at different packets; each layer keeps its own ROC."""
    source, (ingress, egress), target = sender(), hops(), receiver()
    peer = libsrtp_receiver()
    for step in range(80):
        packet = rtp(seq=(start + step) & 0xFFFF, payload=bytes((step,)))
        out = start + step + offset
        wire = relay(source.protect(packet), ingress, egress, HeaderChange(seq=out & 0xFFFF))
        assert target.unprotect(wire).rtp == packet
        assert peer.unprotect(wire) == packet
    first, last = start + offset, start + offset + 79
    assert target.inner.roc(SSRC) == (start + 79) >> 16
    assert target.outer.roc(SSRC) == (last >> 16) - (first >> 16)


@needs_libcrypto
@pytest.mark.req("DBL-09", "DBL-08", "DBL-03")
@given(
    packets, values, st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF), st.sampled_from(DOUBLE)
)
def test_openssl_opens_what_was_relayed(
    packet: bytes, change: HeaderChange, roc_inner: int, roc_egress: int, profile: int
) -> None:
    ssrc, code = int.from_bytes(packet[8:12], "big"), layer(profile)
    source, (ingress, egress) = sender(profile), hops(profile)
    source.inner.set_roc(ssrc, roc_inner)
    egress.set_roc(ssrc, roc_egress)
    wire = relay(source.protect(packet), ingress, egress, change)
    head = split_rtp(wire).header
    outer, inner = OpensslLayer(layer_keys(code, *HOP2)), OpensslLayer(layer_keys(code, *INNER))
    plain = outer.open(head, wire[len(head) :], roc_egress)
    parts = split_rtp(packet)
    synthetic = bytes((packet[0] & 0xEF,)) + packet[1 : parts.csrc_end]
    assert inner.open(synthetic, peel_ohb(plain)[0], roc_inner) == parts.body


@pytest.mark.req("R8871-12")
def test_the_middle_refuses_replays_and_forgeries_unchanged() -> None:
    ingress, egress = hops()
    source = sender()
    wire = source.protect(rtp(seq=1))
    relay(wire, ingress, egress)
    good = source.protect(rtp(seq=2))
    before = state(ingress), state(egress)
    with pytest.raises(ReplayError):
        relay(wire, ingress, egress)
    for forged in (
        good[:-1] + bytes((good[-1] ^ 1,)),
        rtp(seq=2, payload=bytes(60)),
        rtp(seq=9, payload=bytes(60)),
    ):
        with pytest.raises(AuthenticationError):
            relay(forged, ingress, egress)
    assert (state(ingress), state(egress)) == before
    assert receiver().unprotect(relay(good, ingress, egress)).rtp == rtp(seq=2)


def test_egress_index_is_the_callers_choice_and_never_repeats() -> None:
    source, (ingress, egress), target = sender(), hops(), receiver()
    target.outer.set_roc(SSRC, 3)
    wire = relay(source.protect(rtp(seq=1)), ingress, egress, HeaderChange(seq=7), index=0x30007)
    assert target.unprotect(wire).rtp == rtp(seq=1)
    wire = relay(source.protect(rtp(seq=2)), ingress, egress, HeaderChange(seq=8), index=0x30008)
    assert target.unprotect(wire).rtp == rtp(seq=2)
    with pytest.raises(NonceReuseError):
        relay(source.protect(rtp(seq=3)), ingress, egress, HeaderChange(seq=8))
    with pytest.raises(NonceReuseError):
        relay(source.protect(rtp(seq=4)), ingress, egress, HeaderChange(seq=8), index=0x30008)


CHANGES = [
    NO_CHANGE,
    HeaderChange(pt=77),
    HeaderChange(pt=15, marker=False),
    HeaderChange(marker=True),
    HeaderChange(pt=9, extension=None),
    HeaderChange(seq=7),
]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, 1, 1, 1, 2, 0, -3, 40000]),
            st.sampled_from([15, 77, 0]),
            st.booleans(),
            st.booleans(),
            st.sampled_from([0, 0, 0, 1]),
            st.sampled_from([b"\0", b"\0", b"\0", h("0502"), h("0c"), h("80"), b""]),
            st.integers(0, len(CHANGES) - 1),
        ),
        max_size=30,
    ),
    st.sampled_from([0, 65520]),
)
def test_fast_and_plain_paths_do_the_same(steps: list, start: int) -> None:
    """The in-line path of `relay` against unprotect, change, protect: octets, errors and state, packet by packet."""
    source, fast, plain, index = context(7, *HOP1), hops(), hops(), start
    for step, pt, marker, padding, csrcs, ohb, pick in steps:
        index = max(index + step, 0)
        packet = rtp(
            index & 0xFFFF,
            b"x" * 20 * bool(ohb) + ohb,
            pt=pt,
            marker=marker,
            padding=padding,
            csrcs=csrcs,
        )
        try:
            wire = source.protect(packet)
        except NonceReuseError:
            continue
        results = []
        for call in (
            lambda: relay(wire, *fast, CHANGES[pick]),  # noqa: B023
            lambda: plain[1].protect(change_headers(plain[0].unprotect(wire), CHANGES[pick])),  # noqa: B023
        ):
            try:
                results.append(call())
            except (DecodeError, NonceReuseError) as error:
                results.append(type(error))
        assert results[0] == results[1]
        assert [state(c) for c in fast] == [state(c) for c in plain]


@pytest.mark.req("EKT-21")
@pytest.mark.parametrize("field", [b"\0", full_ekt_field(octets(1, 40), 7, 3), h("aabbcc0006ff")])
def test_the_ekt_field_passes_unchanged(field: bytes) -> None:
    srtp, carried = peel_ekt(sender().protect(rtp()) + field)
    wire = relay(srtp, *hops(), HeaderChange(pt=1, seq=2)) + carried.raw
    assert wire.endswith(field)
    assert receiver().unprotect(wire[: -len(field)]).rtp == rtp()


@pytest.mark.req("DBL-15", "R8871-14")
def test_rtcp_goes_hop_by_hop() -> None:
    ingress, egress = hops()
    sealed = sender().protect_rtcp(RTCP)
    wire = egress.protect_rtcp(ingress.unprotect_rtcp(sealed))
    assert receiver().unprotect_rtcp(wire) == RTCP
    with pytest.raises(ReplayError):
        ingress.unprotect_rtcp(sealed)


@given(st.binary(max_size=100), values)
def test_random_octets(data: bytes, change: HeaderChange) -> None:
    with pytest.raises((DecodeError, CryptoError)):
        relay(data, *hops(), change)
    with suppress(DecodeError):
        change_headers(data, change)
