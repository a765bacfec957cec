# SPDX-License-Identifier: GPL-2.0-only
"""Stated keys: every way to write them down, and what a mistake is called."""

from __future__ import annotations

import base64

import pytest

from perc_scapy.capture.statements import (
    ANY,
    MAX_TTL,
    EktStatement,
    Scope,
    SrtpStatement,
    read_statements,
)
from perc_scapy.crypto.kdf import MasterKey, session_keys, split_exporter
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import ConfigError
from perc_scapy.pcap.packets import Address

KEY, SALT = bytes(range(16)), bytes(range(0xA0, 0xAC))
CM_SALT = bytes(range(0xB0, 0xBE))
RTP = b"\x80\x00\x00\x01\0\0\0\x01\0\0\0\x05payload"


def only(text: str) -> SrtpStatement:
    (found,) = read_statements(text, "keys.toml")
    assert isinstance(found, SrtpStatement)
    return found


def srtp(**fields: object) -> str:
    given = {
        "layer": "hop",
        "profile": "SRTP_AEAD_AES_128_GCM",
        "key": KEY.hex(),
        "salt": SALT.hex(),
    }
    lines = [
        f"{name} = {value if isinstance(value, int) else repr(value)}"
        for name, value in (given | fields).items()
        if value is not None
    ]
    return "[[srtp]]\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("key", "salt"),
    [
        (KEY.hex(), SALT.hex().upper()),
        (":".join(f"{o:02x}" for o in KEY), SALT.hex(" ")),
        (base64.b64encode(KEY).decode(), base64.b64encode(SALT).decode()),
        (base64.b64encode(KEY).decode().rstrip("="), SALT.hex()),
    ],
)
def test_octets_in_any_spelling(key: str, salt: str) -> None:
    assert only(srtp(key=key, salt=salt)).master == MasterKey(Key(KEY), Key(SALT))


@pytest.mark.parametrize(
    "profile", ["SRTP_AEAD_AES_128_GCM", "AEAD_AES_128_GCM", "srtp_aead_aes_128_gcm", 7]
)
def test_profiles_by_the_names_of_the_field(profile: object) -> None:
    assert only(srtp(profile=profile)).profile == 7


def test_one_layer_of_a_double_profile() -> None:
    found = only(srtp(profile="DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM", layer="end-to-end"))
    assert (found.layer, found.profile, found.double) == ("end-to-end", 7, True)
    assert not only(srtp()).double


def test_a_full_double_key_makes_two() -> None:
    text = srtp(
        profile=9, layer="both", key=(KEY + KEY[::-1]).hex(), salt=(SALT + SALT[::-1]).hex()
    )
    inner, outer = read_statements(text, "k")
    assert (inner.layer, inner.master) == ("end-to-end", (KEY, SALT))
    assert (outer.layer, outer.master) == ("hop", (KEY[::-1], SALT[::-1]))


def test_sdes() -> None:
    inline = "inline:" + base64.b64encode(KEY + CM_SALT).decode() + "|2^20|1:4"
    found = only(srtp(profile="AES_CM_128_HMAC_SHA1_32", inline=inline, key=None, salt=None))
    assert (found.profile, found.master) == (2, (KEY, CM_SALT))


@pytest.mark.parametrize("code", [1, 7])
def test_session_keys_open_what_the_master_key_sealed(code: int) -> None:
    master = MasterKey(Key(KEY), Key(SALT if code == 7 else CM_SALT))
    fields: dict[str, object] = {"profile": code, "key": None, "salt": None}
    both = zip(
        ("session_", "rtcp_session_"), session_keys(SRTP_PROFILES[code], master), strict=True
    )
    for prefix, keys in both:
        fields |= {prefix + "key": bytes(keys.key).hex(), prefix + "salt": bytes(keys.salt).hex()}
        if keys.auth:
            fields[prefix + "auth"] = bytes(keys.auth).hex()
    context, sender = only(srtp(**fields)).context(), SrtpContext(code, *master)
    assert context.unprotect(sender.protect(RTP)) == RTP
    rtcp = b"\x80\xc9\x00\x01\0\0\0\x05"
    assert context.unprotect_rtcp(sender.protect_rtcp(rtcp)) == rtcp


def test_a_null_cipher_can_be_read() -> None:
    found = only(srtp(profile="SRTP_NULL_HMAC_SHA1_80", salt=CM_SALT.hex()))
    assert found.context().protect(RTP)[: len(RTP)] == RTP


def test_who_a_key_is_for() -> None:
    a, b = Address("192.0.2.1", 5004), Address("2001:db8::1", 6000)
    found = only(
        srtp(ssrc="0x1234abcd", src="192.0.2.1:5004", dst="[2001:DB8:0::1]", roc=3, from_packet=7,
             to_packet=9, mki="0102")
    )  # fmt: skip
    assert found.scope == Scope(
        0x1234ABCD, ("192.0.2.1", 5004), ("2001:db8::1", None), 3, 7, 9, mki=2
    )
    fits = found.scope.fits
    assert fits(0x1234ABCD, 7, a, b)
    assert fits(0x1234ABCD, 9, a, Address(b.host, 1))
    for wrong in (
        (1, 7, a, b),
        (0x1234ABCD, 6, a, b),
        (0x1234ABCD, 10, a, b),
        (0x1234ABCD, 7, b, a),
    ):
        assert not fits(*wrong)
    assert ANY.fits(1, 1, a, b)


def test_exporter_output_gives_both_directions() -> None:
    material = bytes(range(112))
    text = f"[[exporter]]\nprofile=9\nmaterial='{material.hex()}'\nclient='192.0.2.1:5004'\n"
    up, down = read_statements(text, "k")
    keys = split_exporter(9, material)
    assert (up.master, down.master) == (keys.client.outer(), keys.server.outer())
    assert up.scope.src == down.scope.dst == ("192.0.2.1", 5004)
    assert up.scope.dst is None
    assert up.layer == down.layer == "hop"
    assert up.double


def test_ekt_keys() -> None:
    text = (
        f"[[ekt]]\nspi=0x0102\ncipher='AESKW_256'\nkey='{'07' * 32}'\nsalt='{SALT.hex()}'\nroc=1\n"
    )
    with pytest.raises(
        ConfigError, match=r"keys.toml: ekt\[1\]: roc: unknown field; known: cipher"
    ):
        read_statements(text, "keys.toml")
    (found,) = read_statements(text.replace("roc=1\n", "profile='AEAD_AES_128_GCM'"), "keys.toml")
    assert isinstance(found, EktStatement)
    assert found.parameters.spi == 0x102
    assert (found.parameters.key, found.parameters.ttl) == (b"\7" * 32, MAX_TTL)
    assert found.profile == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[srpt]]\n", r"k: srpt: unknown table; did you mean srtp\?"),
        ("[srtp]\nkey='x'\n", r"k: srtp: must be an array of tables, written \[\[srtp\]\]"),
        (srtp(sssrc=1), r"k: srtp\[1\]: sssrc: unknown field; did you mean ssrc\?"),
        (srtp() + srtp(from_paket=2), r"k: srtp\[2\]: from_paket: .*from_packet"),
        (srtp(salt=None), r"k: srtp\[1\]: salt: is missing"),
        (srtp(salt=None, sallt="00"), r"k: srtp\[1\]: sallt: unknown field; did you mean salt\?"),
        (srtp(layer=None), r"srtp\[1\]: layer: is missing"),
        (srtp(layer="outer"), r"layer: must be one of hop, end-to-end, both"),
        (srtp(layer="both"), r"layer: only a double profile has both"),
        (srtp(profile="AEAD_AES_129_GCM"), r"profile: unknown profile; did you mean AEAD_AES_128_GCM\?"),
        (srtp(profile=99), r"profile: must be the name"),
        (srtp(key=KEY.hex()[:-2]), r"key: must be 16 octets in hex or base64, not 15"),
        (srtp(key="?"), r"key: must be 16 octets in hex or base64$"),
        (srtp(key=12), r"key: must be a text in quotes"),
        (srtp(ssrc=1 << 32), r"ssrc: must be a whole number from 0 to 0xffffffff"),
        (srtp(ssrc="0xzz"), r"ssrc: must be a whole number"),
        (srtp(src="example.org:1"), r"src: must be an IP address"),
        (srtp(src="[::1"), r"src: must be an IP address"),
        (srtp(src="192.0.2.1:70000"), r"src: must be an IP address, with a port from 1"),
        (srtp(key=None, salt=None, inline="inline:AAAA"), r"inline: must be 28 octets"),
        ("[[ekt]]\nspi=1\ncipher='AESKW_129'\n", r"cipher: must be AESKW_128 or AESKW_256"),
        ("[[ekt]]\nspi=1\n", r"ekt\[1\]: cipher: is missing"),
        (f"[[ekt]]\nspi=1\ncipher=1\nkey='{KEY.hex()}'\nsalt='{'00' * 257}'", r"ekt\[1\]: EKT: SRTP master salt"),
        ("key = '00", r"k: not valid TOML \(at end"), ("\nkey = 'x' 'y'", r"TOML \(at line 2"),
    ],
)  # fmt: skip
def test_mistakes_are_named_and_no_key_is_shown(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_statements(text, "k")
    for secret in (KEY.hex(), SALT.hex(), KEY.hex()[:12], "00" * 20):
        assert secret not in str(caught.value)


def test_reprs_hold_no_key() -> None:
    found = only(srtp())
    assert KEY.hex() not in repr(found)
    assert repr(bytes(KEY)) not in repr(found)
    assert "<Key 16 octets>" in repr(found)
