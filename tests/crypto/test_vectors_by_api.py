# SPDX-License-Identifier: GPL-2.0-only
"""Every kind of vector through the calls that docs/api.md names, as somebody with other vectors would make them."""

from typing import Any

import pytest

from perc_scapy.codes import SrtpLabel
from perc_scapy.crypto import (
    DoubleContext,
    EktParameters,
    EktPlaintext,
    EktReceiver,
    HeaderChange,
    Key,
    PercReceiver,
    SrtpContext,
    change_headers,
    derive,
    relay,
    split_exporter,
    unwrap,
    wrap,
)
from perc_scapy.errors import CryptoError, DecodeError
from perc_scapy.layers import DTLSClientExtension, DTLSEKTKey, DTLSHandshake, DTLSServerExtension
from perc_scapy.layers.compile import decode, encode
from perc_scapy.wire import full_ekt_field, peel_ekt
from tests.crypto.support import SSRC, VECTORS, h, of_kind

SINGLE_BY_KEY = {16: 0x0007, 32: 0x0008}
DOUBLE_BY_KEY = {32: 0x0009, 64: 0x000A}


def single(key: str, salt: str) -> SrtpContext:
    return SrtpContext(SINGLE_BY_KEY[len(h(key))], h(key), h(salt))


def double(v: dict[str, Any]) -> DoubleContext:
    key, salt = h(v["master_key"]), h(v["master_salt"])
    return DoubleContext(DOUBLE_BY_KEY[len(key)], key, salt)


@pytest.mark.req("SRT-02")
@pytest.mark.parametrize("v", of_kind("srtp-kdf"))
def test_key_derivation(v: dict[str, Any]) -> None:
    key, salt = h(v["master_key"]), h(v["master_salt"])
    assert derive(key, salt, 0, len(key)).hex() == v["label00_srtp_key"]
    assert derive(key, salt, SrtpLabel(2), 12).hex() == v["label02_srtp_salt"]
    assert derive(key, salt, 3, len(key)).hex() == v["label03_srtcp_key"]
    assert derive(key, salt, 5, 12).hex() == v["label05_srtcp_salt"]


@pytest.mark.parametrize("v", of_kind("srtp-aead"))
def test_srtp_at_a_roc(v: dict[str, Any]) -> None:
    rtp, wire = h(v["rtp"]), h(v["srtp"])
    by_index, by_roc = (single(v["master_key"], v["master_salt"]) for _ in range(2))
    index = v["roc"] << 16 | int.from_bytes(rtp[2:4], "big")
    assert by_index.protect(rtp, index=index) == wire
    by_roc.set_roc(SSRC, v["roc"])
    assert by_roc.unprotect(wire) == rtp


@pytest.mark.parametrize("v", of_kind("srtcp-aead"))
def test_srtcp_at_an_index(v: dict[str, Any]) -> None:
    context = single(v["master_key"], v["master_salt"])
    wire = context.protect_rtcp(h(v["rtcp"]), index=v["index"], encrypt=v["encrypted"])
    assert wire.hex() == v["srtcp"]


@pytest.mark.req("DBL-09")
@pytest.mark.parametrize("v", of_kind("double-protect"))
def test_double_at_a_roc_of_each_layer(v: dict[str, Any]) -> None:
    sender, receiver = double(v), double(v)
    for context in (sender, receiver):
        assert context.inner is not None
        context.inner.set_roc(SSRC, v["roc_inner"])
        context.outer.set_roc(SSRC, v["roc_outer"])
    assert sender.protect(h(v["rtp"])).hex() == v["wire"]
    opened = receiver.unprotect(h(v["wire"]))
    assert opened.outer_header.hex() == v["outer_aad"]
    assert opened.rtp.hex() == v["inner_aad"] + v["rtp"][len(v["outer_aad"]) :]
    assert opened.ohb.encode().hex() == v["ohb"]


@pytest.mark.req("DBL-06", "DBL-08")
@pytest.mark.parametrize("v", of_kind("double-relay"))
def test_a_relay_with_a_header_change(v: dict[str, Any]) -> None:
    asked = v["change"]
    change = HeaderChange(asked.get("pt"), asked.get("seq"), asked.get("m"))
    hop1, again = (single(v["hop1_outer_key"], v["hop1_outer_salt"]) for _ in range(2))
    hop2, last = (single(v["hop2_outer_key"], v["hop2_outer_salt"]) for _ in range(2))
    wire = h(v["wire_hop1"])
    assert change_headers(again.unprotect(wire), change).hex() == v["outer_plaintext_hop2"]
    assert relay(wire, hop1, hop2, change).hex() == v["wire_hop2"]
    inner = single(v["inner_master_key"], v["inner_master_salt"])
    profile = DOUBLE_BY_KEY[2 * len(h(v["inner_master_key"]))]
    opened = DoubleContext.from_layers(inner, last, profile).unprotect(h(v["wire_hop2"]))
    assert opened.rtp.hex() == v["synthetic_header"] + v["payload"]
    assert opened.ohb.encode().hex() == v["ohb"]


@pytest.mark.req("EKT-02", "EKT-03", "EKT-04")
@pytest.mark.parametrize("v", of_kind("ekt-full"))
def test_an_ekt_field_of_given_parts(v: dict[str, Any]) -> None:
    plain = EktPlaintext(Key(h(v["srtp_master_key"])), int(v["ssrc"], 16), v["roc"])
    field = full_ekt_field(wrap(h(v["ekt_key"]), plain.encode()), v["spi"], v["epoch"])
    assert field.hex() == v["full_ekt_field"]
    rest, read = peel_ekt(b"packet" + field)
    assert (rest, read.spi, read.epoch, len(read.raw)) == (
        b"packet",
        v["spi"],
        v["epoch"],
        v["length"],
    )
    assert EktPlaintext.decode(unwrap(h(v["ekt_key"]), read.ciphertext)) == plain


@pytest.mark.req("EKT-07", "EKT-19", "DBL-07")
@pytest.mark.parametrize("v", of_kind("negative"))
def test_a_packet_that_must_be_refused(v: dict[str, Any]) -> None:
    good = VECTORS["DBL-128-plain"] | v
    context = double(good)
    if "ekt_key" not in v:
        with pytest.raises(DecodeError):
            context.unprotect(h(v["wire"]))
        return
    ekt = EktReceiver(key_length=16)
    salt = Key(h(good["master_salt"])[:12])
    ekt.add_parameters(EktParameters(0x1234, 1, Key(h(v["ekt_key"])), salt, 60), now=0.0)
    with pytest.raises((DecodeError, CryptoError)):
        PercReceiver(0x0009, context.outer, ekt).unprotect(h(v["wire"]), 0.0)
    assert ekt.ssrcs() == []
    # The same receiver takes the packet with a proper field: nothing but the field was wrong.
    fresh = PercReceiver(0x0009, double(good).outer, ekt)
    wire = h(VECTORS["EKT-on-double-128"]["wire_full"])
    assert fresh.unprotect(wire, 0.0).rtp.hex() == good["rtp"]


@pytest.mark.parametrize("v", of_kind("tls-extension"))
def test_a_hello_extension(v: dict[str, Any]) -> None:
    cls = DTLSServerExtension if v["id"].endswith("-sh") else DTLSClientExtension
    assert encode(decode(cls, h(v["ext"]))).hex() == v["ext"]


@pytest.mark.parametrize("v", of_kind("dtls-handshake"))
def test_an_ekt_key_message(v: dict[str, Any]) -> None:
    message = decode(DTLSHandshake, h(v["dtls_handshake"]))
    assert message.body == decode(DTLSEKTKey, h(v["body"]))
    assert (message.body.ekt_spi, message.body.ekt_ttl) == (v["spi"], v["ttl"])
    assert message.body.ekt_key_value.hex() == v["ekt_key"]


@pytest.mark.parametrize("v", of_kind("dtls-srtp-export"))
def test_the_halves_of_an_export(v: dict[str, Any]) -> None:
    exported = split_exporter(0x0009, h(v["exporter_output"]))
    for side in ("client", "server"):
        for half in ("inner", "outer"):
            key, salt = getattr(getattr(exported, half)(), side)
            assert (key.hex(), salt.hex()) == (v[f"{side}_{half}_key"], v[f"{side}_{half}_salt"])
