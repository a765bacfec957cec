# SPDX-License-Identifier: GPL-2.0-only
"""SDES keys in signalling."""

import base64

from perc_scapy.keys.sdes import without_sdes_keys

KEY = base64.b64encode(bytes(range(30)))
OFFER = b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + KEY + b"|2^31|1:1\r\na=rtcp-mux\r\n"


def test_keys_go_and_everything_else_stays() -> None:
    cleaned = without_sdes_keys(b"\x45\0" + OFFER)
    assert KEY not in cleaned
    assert cleaned == b"\x45\0" + OFFER.replace(KEY, b"A" * len(KEY))


def test_frames_without_keys_are_not_touched() -> None:
    for frame in (b"", b"inline:", b"inline: see below", bytes(range(256))):
        assert without_sdes_keys(frame) == frame
