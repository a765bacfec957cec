# SPDX-License-Identifier: GPL-2.0-only
"""Plain values out of packets; no key octet passes unless asked for."""

import json

from perc_scapy.dtls.codec import EktKeyBody, encode_ekt_key, encode_fragment
from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.layers.dtls import DTLS, dissect_plaintext
from perc_scapy.layers.rtp import RTP
from perc_scapy.view.scapy_fields import FieldReader

KEY, SALT = b"k" * 16, b"s" * 12
BODY = encode_ekt_key(EktKeyBody(KEY, SALT, 7, 60))


def test_names_are_those_of_the_layers() -> None:
    hello = DTLS(
        bytes.fromhex("16feff000000000000000000170300000b000000000000000bfeff080102030405060708")
    )
    found = FieldReader().packet(hello)
    assert found["layer"] == "DTLS"
    (record,) = found["records"]
    assert (record["type"], record["version"], record["epoch"]) == (22, 0xFEFF, 0)
    (message,) = record["content"]["messages"]
    assert message["body"] == {
        "layer": "DTLSHelloVerifyRequest",
        "version": 0xFEFF,
        "cookie": "0102030405060708",
    }
    json.dumps(found)


def test_what_was_not_on_the_wire_is_left_out() -> None:
    found = FieldReader().packet(RTP(b"\x80\x00" + bytes(10) + b"abc"))
    assert "extension_header" not in found
    assert "padding_octets" not in found
    assert found["rtp_payload"] == b"abc".hex()


def test_keys_are_hidden_until_asked_for() -> None:
    whole = dissect_plaintext(22, encode_fragment(26, len(BODY), 1, 0, BODY))
    text = json.dumps(FieldReader().packet(whole))
    assert KEY.hex() not in text
    assert SALT.hex() not in text
    assert '"ekt_spi": 7' in text
    assert KEY.hex() in json.dumps(FieldReader(secrets=True).packet(whole))


def test_pieces_of_keys_are_hidden_too() -> None:
    piece = dissect_plaintext(22, encode_fragment(26, len(BODY), 1, 0, BODY[:12]))
    assert KEY[:4].hex() not in json.dumps(FieldReader(decrypted=True).packet(piece))


def test_malformed_octets_are_shown_only_when_they_were_in_clear() -> None:
    message = bytes.fromhex("0100") + bytes(32) + b"\x02\x00\x09\x00\xff" + KEY
    clear = FieldReader().packet(DTLSTunnelMessage(message))
    assert "needs" in json.dumps(clear) or "malformed" in json.dumps(clear)
    opened = json.dumps(FieldReader(decrypted=True).packet(DTLSTunnelMessage(message)))
    assert KEY.hex() not in opened


def test_octets_behind_the_last_field() -> None:
    found = FieldReader().packet(
        DTLSTunnelMessage(bytes.fromhex("0100") + bytes(32) + b"\0\0\0xyz")
    )
    assert found["payload"] == b"xyz".hex()
    assert found["dtls_message"] in ("", {"layer": "DTLS", "records": []}) or found["dtls_message"]
