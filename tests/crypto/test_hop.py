# SPDX-License-Identifier: GPL-2.0-only
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import (
    KEEP,
    HeaderChange,
    SrtpContext,
    change_headers,
    relay,
)
from perc_scapy.crypto.double import open_inner, open_outer
from perc_scapy.crypto.hop import NO_CHANGE, _general_change, rewrite
from perc_scapy.errors import (
    AuthenticationError,
    DecodeError,
    EncodeError,
)
from perc_scapy.wire import Ohb, peel_ohb
from tests.crypto.middle import (
    DOUBLE,
    change_of,
    layer,
    libsrtp_receiver,
    receiver,
    sender,
    through,
    values,
)
from tests.crypto.states import state
from tests.crypto.support import (
    EXTENSION,
    HOP1,
    HOP2,
    HOP3,
    VECTORS,
    context,
    h,
    of_kind,
    rtp,
)

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
