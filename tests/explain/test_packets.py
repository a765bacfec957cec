# SPDX-License-Identifier: GPL-2.0-only
"""Each known fault of a sender is named: the fault alone is planted, by code that knows nothing of ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.explain.cause import Cause
from perc_scapy.explain.packets import PacketExplainer
from tests.explain.forge import (
    SSRC,
    Layer,
    Sender,
    association,
    conference,
    keylog,
    recorded,
    with_packets,
)

EXTENSION = bytes.fromhex("bede00011000aabb")[:8]


def cause_of(analysis: Analysis) -> Cause:
    """Of the last packet."""
    return PacketExplainer(analysis).explain(analysis.media[-1])


def told(wire: bytes, **where: object) -> Cause:
    return cause_of(with_packets(wire, **where))


def test_the_forger_itself_is_right() -> None:
    analysis = with_packets(Sender().packet())
    assert analysis.media[-1].rtp is not None, analysis.media[-1].opened.problem
    assert cause_of(analysis).kind == "open"


# -- the outer layer


def _swap_halves(sender: Sender) -> None:
    half = association().exported().client.inner()
    sender.outer = Layer(bytes(half.key), bytes(half.salt))


def _swap_sides(sender: Sender) -> None:
    side = association().hop_keys().server
    sender.outer = Layer(bytes(side.key), bytes(side.salt))


def _cut_wrong(sender: Sender) -> None:
    full = association().exported()
    material = bytes(full.client.key + full.server.key + full.client.salt + full.server.salt)
    key, salt = material[:32], material[32:56]
    sender.outer = Layer(key[16:], salt[12:])


OUTER: dict[str, tuple[Callable[[Sender], object], str]] = {
    "halves": (_swap_halves, "halves are swapped"),
    "sides": (_swap_sides, "client and server keys are swapped"),
    "order of the export": (_cut_wrong, "cut as key, salt, key, salt"),
    "salt padded left": (lambda s: setattr(s.outer, "pad_left", True), "padded on the left"),
    "SRTCP salt (D1)": (
        lambda s: setattr(s.outer, "labels", (0, 5)),
        "SRTCP salt (label 5) is in the IV",
    ),
    "SRTCP keys": (lambda s: setattr(s.outer, "labels", (3, 5)), "SRTCP keys"),
    "index in the KDF (D4)": (
        lambda s: setattr(s.outer, "with_index", True),
        "packet index is part of the key derivation",
    ),
    "no KDF": (lambda s: setattr(s.outer, "derive", False), "without key derivation"),
    "ROC one up": (lambda s: setattr(s.outer, "roc", 30), "no hypothesis"),
    "SSRC in front": (lambda s: setattr(s.outer, "ssrc_shift", 64), "SSRC is in the first octets"),
}


@pytest.mark.req("DBL-02", "DTL-02", "SRT-02")
@pytest.mark.parametrize("fault", OUTER)
def test_outer_layer(fault: str) -> None:
    plant, words = OUTER[fault]
    sender = Sender()
    plant(sender)
    cause = told(sender.packet())
    assert cause.subject == "hop-by-hop layer"
    assert words in cause.text
    assert cause.clause or "no hypothesis" in words


def told_after(*wires: bytes) -> Cause:
    return cause_of(with_packets(*wires))


def test_authenticated_data() -> None:
    sender = Sender()
    header = sender.header(extension=EXTENSION)
    cause = told(sender.packet(header, aad=header[:12]))
    assert "header extension is left out of the authenticated data" in cause.text


@pytest.mark.req("EKT-02")
@pytest.mark.parametrize(
    ("length", "words"),
    [
        (lambda c: len(c), "counts its ciphertext only"),
        (lambda c: len(c) + 4, "counts all but itself and the type"),
    ],
)
def test_length_conventions_of_the_ekt_field(length: Callable[[bytes], int], words: str) -> None:
    sender = Sender()
    right = sender.field()
    field = right[:-3] + length(right[:-7]).to_bytes(2, "big") + b"\x02"
    assert words in told(sender.packet(tail=field)).text


def test_no_ekt_field_at_all() -> None:
    assert "there is no EKT field" in told(Sender().packet(tail=b"")).text


def test_mki_behind_the_field() -> None:
    assert "MKI of 1 octets" in told(Sender().packet(tail=b"\x07\x00")).text


@pytest.mark.parametrize("two", [("with_index", "pad_left")])
def test_two_faults_at_once(two: tuple[str, str]) -> None:
    sender = Sender()
    for name in two:
        setattr(sender.outer, name, True)
    sender.outer.pad_left, sender.outer.with_index, sender.outer.labels = True, False, (0, 5)
    text = told(sender.packet()).text
    assert "padded on the left" in text
    assert "label 5" in text


# -- the inner layer


def _opened(sender: Sender, **options: object) -> Cause:
    cause = told(sender.packet(**options))
    assert cause.subject == "end-to-end layer", cause
    return cause


@pytest.mark.req("DBL-08")
def test_inner_iv_from_the_changed_seq_d2() -> None:
    """As libsrtp's branch double-ott-rebase: the MDD rewrote SEQ 1000 to 4000; the inner IV has 4000."""
    sender = Sender(to_endpoint=True)
    sender.inner.seq = 4000
    inside = sender.inside(sender.header(1000))
    wire = sender.packet(
        sender.header(4000), ohb=(1000).to_bytes(2, "big") + b"\x01", inside=inside
    )
    cause = cause_of(with_packets(wire, to_endpoint=True))
    assert "the inner IV has the changed SEQ" in cause.text
    assert "8723 section 5.3" in cause.clause


INNER: dict[str, tuple[Callable[[Sender], object], str]] = {
    "ROC": (lambda s: setattr(s.inner, "roc", 1), "ROC is one too high"),
    "SRTCP salt": (lambda s: setattr(s.inner, "labels", (0, 5)), "SRTCP salt"),
    "salt padded left": (lambda s: setattr(s.inner, "pad_left", True), "padded on the left"),
    "index in the KDF (D4)": (lambda s: setattr(s.inner, "with_index", True), "packet index"),
    "exported half": (
        lambda s: _inner(s, association().exported().client.inner()),
        "exported inner client half",
    ),
    "outer half": (
        lambda s: _inner(s, association().exported().client.outer()),
        "halves are swapped",
    ),
    "exported salt": (
        lambda s: setattr(s.inner, "salt", bytes(association().exported().client.inner().salt)),
        "exported salt is kept",
    ),
}


def _inner(sender: Sender, master: object) -> None:
    sender.inner = Layer(bytes(master.key), bytes(master.salt))


@pytest.mark.req("DBL-04", "EKT-12")
@pytest.mark.parametrize("fault", INNER)
def test_inner_layer(fault: str) -> None:
    plant, words = INNER[fault]
    sender = Sender()
    plant(sender)
    cause = _opened(sender)
    assert words in cause.text
    assert cause.clause


def test_header_extension_inside() -> None:
    sender = Sender()
    header = sender.header(extension=EXTENSION)
    inside = sender.inner.seal(header, b"payload")
    assert (
        "header extension is part of the inner layer"
        in _opened(sender, header=header, inside=inside).text
    )


@pytest.mark.req("DBL-07")
@pytest.mark.parametrize(
    ("ohb", "words"),
    [
        (b"", "there is no OHB"),
        (b"\x80", "reserved bits"),
        (b"\x84", "bit 80"),
    ],
)
def test_ohb_variants(ohb: bytes, words: str) -> None:
    """The last one is D4: a reader of another project looks for the marker in the bit of another mask."""
    sender = Sender(to_endpoint=True)
    inside = sender.inside(sender.header(marker=1 if ohb == b"\x84" else 0))
    wire = sender.packet(sender.header(), ohb=ohb, inside=inside)
    assert words in cause_of(with_packets(wire, to_endpoint=True)).text


def test_ohb_in_the_other_order() -> None:
    sender = Sender(to_endpoint=True)
    inside = sender.inside(sender.header(1000))
    changed = bytearray(sender.header(4000))
    changed[1] = 100
    wire = sender.packet(bytes(changed), ohb=(1000).to_bytes(2, "big") + b"\x60\x03", inside=inside)
    assert "SEQ before PT" in cause_of(with_packets(wire, to_endpoint=True)).text


# -- keys that are not there


@pytest.mark.req("EKT-07")
def test_spi_that_nobody_sent() -> None:
    sender = Sender()
    cause = told(sender.packet(tail=sender.field(spi=0x9999)))
    assert "wraps it" in cause.text or "0x9999" in cause.text


def test_field_that_never_came() -> None:
    cause = told(Sender(ssrc=0x01020304).packet(tail=b"\0"))
    assert cause.kind == "missing"
    assert "no full EKT field of SSRC 01020304" in cause.text


@pytest.mark.req("EKT-13")
def test_epoch_that_goes_back() -> None:
    """D3: a receiver of another project never looks at epochs, so its senders may do this and be heard."""
    first = Sender(key=bytes(range(0x40, 0x50)))
    second = Sender(seq=1001)
    wires = first.packet(tail=first.field(epoch=1)), second.packet(tail=second.field(epoch=0))
    cause = told_after(*wires)
    assert "epoch" in cause.text
    assert "4.1:" in cause.clause


@pytest.mark.req("EKT-09")
def test_field_for_another_ssrc() -> None:
    sender = Sender()
    assert "announced for SSRC 00000777" in told(sender.packet(tail=sender.field(ssrc=0x777))).text


@pytest.mark.req("EKT-25")
@pytest.mark.parametrize("form", ["2016 early", "2016-2018"])
def test_legacy_fields(form: str) -> None:
    from cryptography.hazmat.primitives import keywrap

    sender = Sender()
    kek, spi = bytes(sender.parameters.key), sender.parameters.spi
    bare = sender.key + SSRC.to_bytes(4, "big") + bytes(4)
    if form == "2016 early":
        field = keywrap.aes_key_wrap_with_padding(kek, bare) + ((spi << 1 | 1) & 0xFFFF).to_bytes(
            2, "big"
        )
    else:
        ciphertext = keywrap.aes_key_wrap_with_padding(kek, b"\x10" + bare)
        field = (
            ciphertext + spi.to_bytes(2, "big") + (len(ciphertext) + 5).to_bytes(2, "big") + b"\x02"
        )
    text = told(sender.packet(tail=field)).text
    assert "EKT field" in text
    assert "2016" in text


def test_key_log_of_another_run() -> None:
    packets, _ = recorded("session-setup-2")
    other = recorded("new-user-joins")[1]
    analysis = Analysis(packets, keylog(other))
    cause = PacketExplainer(analysis).explain(analysis.media[-1])
    assert cause.kind == "missing"
    assert "another run" in cause.text


def test_media_between_strangers() -> None:
    packets, text = recorded("session-setup-2")
    media = [p for p in packets if p.number == conference().media[-1].number]
    analysis = Analysis(media, keylog(text))
    cause = PacketExplainer(analysis).explain(analysis.media[-1])
    assert "no DTLS handshake between these addresses" in cause.text


def test_what_was_altered_on_the_way_is_not_blamed_on_anybody() -> None:
    wire = bytearray(Sender().packet())
    wire[14] ^= 1
    cause = told(bytes(wire))
    assert cause.kind == "unknown"
    assert "altered on the way" in cause.text
    assert cause.tried > 1000


def test_what_fitted_a_neighbour_is_tried_first() -> None:
    """Of the same stream; another stream is searched anew."""
    wires = []
    for seq, ssrc in ((1000, SSRC), (1001, SSRC), (1000, SSRC + 1)):
        sender = Sender(seq=seq, ssrc=ssrc)
        sender.outer.pad_left, sender.outer.labels = True, (0, 5)
        wires.append(sender.packet())
    analysis = with_packets(*wires)
    explainer = PacketExplainer(analysis)
    first, second, other = (explainer.explain(m) for m in analysis.media[-3:])
    assert first.text == second.text == other.text
    assert first.tried == other.tried > 10
    assert second.tried == 1
