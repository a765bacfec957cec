# SPDX-License-Identifier: GPL-2.0-only
import itertools
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import (
    KEEP,
    SRTP_PROFILES,
    DoubleContext,
    HeaderChange,
    SrtpContext,
    change_headers,
    relay,
)
from perc_scapy.crypto.double import open_inner, open_outer
from perc_scapy.crypto.hop import NO_CHANGE, _general_change, rewrite
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    EncodeError,
    LocalError,
    NonceReuseError,
    ReplayError,
)
from perc_scapy.wire import Ohb, full_ekt_field, peel_ekt, peel_ohb, split_rtp
from tests.crypto.states import state
from tests.crypto.support import (
    EXTENSION,
    HOP1,
    HOP2,
    HOP3,
    INNER,
    RTCP,
    SSRC,
    VECTORS,
    LibsrtpDouble,
    OpensslLayer,
    context,
    full_keys,
    h,
    layer_keys,
    needs_libcrypto,
    octets,
    of_kind,
    rtp,
)
from tests.crypto.test_srtp import packets

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


# -- vectors


@pytest.mark.req("DBL-06", "DBL-08", "DBL-17")
@pytest.mark.parametrize("vector", of_kind("double-relay"))
def test_relay_vector(vector: dict) -> None:
    profile = 9 if len(vector["inner_master_key"]) == 32 else 10
    ingress = SrtpContext(layer(profile), h(vector["hop1_outer_key"]), h(vector["hop1_outer_salt"]))
    egress = SrtpContext(layer(profile), h(vector["hop2_outer_key"]), h(vector["hop2_outer_salt"]))
    inner = SrtpContext(
        layer(profile), h(vector["inner_master_key"]), h(vector["inner_master_salt"])
    )
    plain = context(layer(profile), *HOP1).unprotect(h(vector["wire_hop1"]))
    assert change_headers(plain, change_of(vector)).hex() == vector["outer_plaintext_hop2"]
    wire = relay(h(vector["wire_hop1"]), ingress, egress, change_of(vector))
    assert wire.hex() == vector["wire_hop2"]
    outer = open_outer(context(layer(profile), *HOP2), wire)
    assert peel_ohb(outer.payload)[1].encode().hex() == vector["ohb"]
    opened = open_inner(outer, inner)
    assert opened.rtp.hex() == vector["rtp"]
    assert opened.rtp.hex() == vector["synthetic_header"] + vector["payload"]
    assert opened.outer_header == wire[:12]


@pytest.mark.req("DBL-10")
def test_reset_vector() -> None:
    """A second intermediary puts the payload type back: the OHB shrinks to nothing."""
    v, first = VECTORS["MDD-128-reset"], VECTORS["MDD-128-pt"]
    key, salt = h(v["hop3_outer_key"]), h(v["hop3_outer_salt"])
    arrived = context(7, *HOP2).unprotect(h(first["wire_hop2"]))
    assert peel_ohb(arrived[12:])[1].encode().hex() == v["ohb_after_mdd1"]
    back = HeaderChange(pt=h(first["rtp"])[1])
    wire = relay(h(first["wire_hop2"]), context(7, *HOP2), SrtpContext(7, key, salt), back)
    assert wire.hex() == v["wire_hop3"]
    left = SrtpContext(7, key, salt).unprotect(wire)
    assert peel_ohb(left[12:])[1].encode().hex() == v["ohb_after_mdd2"]
    assert receiver(hop=HOP3).unprotect(wire).rtp == h(first["rtp"])


# -- OHB


@pytest.mark.req("DBL-06", "DBL-08")
@pytest.mark.parametrize("marker", [False, True])
@pytest.mark.parametrize("present", list(itertools.product([False, True], repeat=3)))
@pytest.mark.parametrize("profile", DOUBLE)
def test_all_eight_presence_sets(
    profile: int, present: tuple[bool, bool, bool], marker: bool
) -> None:
    """Order PT, SEQ, Config; B is the original marker; libsrtp's two layers open what comes out."""
    packet = rtp(marker=marker)
    pt, seq, flip = present
    change = HeaderChange(
        96 if pt else None, 0x4321 if seq else None, (not marker) if flip else None
    )
    wire = through(packet, change, profile)
    plain = context(layer(profile), *HOP2).unprotect(wire)
    config = (seq << 0) | (pt << 1) | (flip << 2) | ((flip and marker) << 3)
    expected = b"\x0f" * pt + b"\x12\x34" * seq + bytes((config,))
    body = len(packet) + 16
    assert plain[body:] == expected
    assert plain[1] == (0x60 if pt else 0x0F) | ((marker != flip) << 7)
    assert plain[2:4] == (b"\x43\x21" if seq else b"\x12\x34")
    assert receiver(profile).unprotect(wire).rtp == packet
    assert libsrtp_receiver(profile).unprotect(wire) == packet


values = st.builds(
    HeaderChange,
    st.one_of(st.none(), st.sampled_from([0, 15, 96, 127])),
    st.one_of(st.none(), st.sampled_from([0, 1, 0x1234, 0xFFFF])),
    st.one_of(st.none(), st.booleans()),
    st.just(KEEP),
)


@pytest.mark.req("DBL-06", "DBL-10")
@given(st.lists(values, max_size=6), st.booleans())
def test_any_chain_of_intermediaries(changes: list[HeaderChange], marker: bool) -> None:
    """After every step the OHB holds exactly the fields that differ from the original, and the inner layer opens."""
    packet = rtp(marker=marker)
    plain = context(7, *HOP1).unprotect(sender().protect(packet))
    for change in changes:
        plain = change_headers(plain, change)
        now = plain[1] & 0x7F, int.from_bytes(plain[2:4], "big"), plain[1] > 0x7F
        for wanted, value in zip(change[:3], now, strict=True):
            assert wanted is None or wanted == value
        ohb = peel_ohb(plain[12:])[1]
        original = (0x0F, 0x1234, marker)
        expected = [o if o != n else None for o, n in zip(original, now, strict=True)]
        assert ohb == Ohb(*expected)
    wire = context(7, *HOP2).protect(plain)
    assert receiver().unprotect(wire).rtp == packet
    assert libsrtp_receiver().unprotect(wire) == packet


@pytest.mark.req("DBL-10")
def test_chain2_first_original_is_kept() -> None:
    first = through(rtp(), HeaderChange(pt=96, seq=0x4321))
    second = relay(
        first, context(7, *HOP2), context(7, *HOP3), HeaderChange(pt=100, seq=7, marker=True)
    )
    plain = context(7, *HOP3).unprotect(second)
    assert plain[:4] == h("80e40007")
    assert plain[12:].endswith(h("0f123407"))
    assert receiver(hop=HOP3).unprotect(second).rtp == rtp()
    assert libsrtp_receiver(hop=HOP3).unprotect(second) == rtp()


@pytest.mark.req("DBL-10")
def test_an_untouched_ohb_is_not_touched() -> None:
    """Even one that another intermediary wrote needlessly: PT recorded although it equals the header's."""
    plain = context(7, *HOP1).unprotect(sender().protect(rtp()))[:-1] + h("0f02")
    assert change_headers(plain, NO_CHANGE) == plain
    assert change_headers(plain, HeaderChange(pt=0x0F)) == plain
    assert change_headers(plain, HeaderChange(marker=True)).endswith(h("0f06"))
    assert change_headers(plain, HeaderChange(extension=None)) == plain


@given(st.sampled_from([0, 15, 96]), st.sampled_from([0, 0x1234]), st.booleans(), st.booleans())
def test_fast_and_general_ohb_agree(pt: int, seq: int, marker: bool, was: bool) -> None:
    header, payload = rtp(marker=was)[:12], b"inner" + b"\0"
    fast = rewrite(header, payload, HeaderChange(pt, seq, marker))[1]
    assert fast == _general_change(payload, (0x0F, pt), (0x1234, seq), (int(was), int(marker)))


@pytest.mark.req("DBL-07")
@pytest.mark.parametrize("tail", ["10", "80", "08", "0b", "01", "1201", "02", "8002"])
def test_a_malformed_ohb_is_not_worked_on(tail: str) -> None:
    with pytest.raises(DecodeError):
        change_headers(rtp()[:12] + h(tail), HeaderChange(pt=1))


# -- what may not be changed


def mutated(position: int, bit: int, payload_bit: int | None = None) -> bytes:
    """A hop that flips one bit of header or inner ciphertext and seals it rightly for the receiver."""
    plain = bytearray(context(7, *HOP1).unprotect(sender().protect(rtp(csrcs=2))))
    plain[position] ^= 1 << bit
    return context(7, *HOP2).protect(bytes(plain))


@pytest.mark.req("DBL-11")
@pytest.mark.parametrize(
    ("position", "bit"),
    [
        (0, 5),
        *((p, b) for p in range(4, 12) for b in (0, 7)),
        *((p, 3) for p in range(12, 20)),
        (1, 0),
        (1, 7),
        (2, 0),
        (3, 0),
        (20, 0),
        (36, 7),
        (37, 0),
        (52, 7),
    ],
    ids=lambda value: str(value),
)
def test_a_forbidden_change_fails_the_inner_layer(position: int, bit: int) -> None:
    """P, TS, SSRC, CSRC, payload, inner tag; and PT, SEQ, M when the OHB does not own up to it."""
    wire = mutated(position, bit)
    with pytest.raises(AuthenticationError):
        receiver().unprotect(wire)
    if (position, bit) != (0, 5):  # libsrtp looks at no padding bit either way
        import pylibsrtp

        with pytest.raises(pylibsrtp.Error):
            libsrtp_receiver().unprotect(wire)


@pytest.mark.req("DBL-11")
def test_ts_changed() -> None:
    plain = context(7, *HOP1).unprotect(sender().protect(rtp()))
    wire = context(7, *HOP2).protect(plain[:4] + b"\0\0\0\1" + plain[8:])
    target = receiver()
    before = state(target.inner)
    with pytest.raises(AuthenticationError):
        target.unprotect(wire)
    assert state(target.inner) == before


@pytest.mark.req("DBL-12")
@pytest.mark.parametrize(
    ("had", "change"),
    [
        (EXTENSION, h("bede00011022aa00")),
        (EXTENSION, None),
        (None, h("100000023344556677889900")),
        (None, h("bede0000")),
        (EXTENSION, KEEP),
        (None, None),
    ],
    ids=["replaced", "removed", "added", "added_empty", "kept", "none"],
)
@pytest.mark.parametrize("profile", DOUBLE)
def test_extensions_may_be_changed(profile: int, had: bytes | None, change: bytes | None) -> None:
    packet = rtp(extension=had, csrcs=1)
    wire = through(packet, HeaderChange(extension=change, pt=99), profile)
    opened = receiver(profile).unprotect(wire)
    assert opened.rtp == rtp(csrcs=1)
    now = had if change is KEEP else change
    assert opened.outer_header == rtp(extension=now, csrcs=1, pt=99, payload=b"")
    assert libsrtp_receiver(profile).unprotect(wire) == rtp(csrcs=1)


@pytest.mark.parametrize(
    "change",
    [
        HeaderChange(pt=128),
        HeaderChange(pt=-1),
        HeaderChange(seq=65536),
        HeaderChange(seq=-1),
        HeaderChange(extension=b""),
        HeaderChange(extension=h("bede0001")),
        HeaderChange(extension=h("bede000000")),
    ],
)
def test_an_impossible_change_is_our_error(change: HeaderChange) -> None:
    plain = context(7, *HOP1).unprotect(sender().protect(rtp()))
    with pytest.raises(EncodeError):
        change_headers(plain, change)


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
