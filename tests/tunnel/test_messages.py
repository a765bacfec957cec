# SPDX-License-Identifier: GPL-2.0-only
"""Neutral messages carry keys without showing them."""

from __future__ import annotations

import pytest

from perc_scapy.crypto import Key
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.errors import DecodeError
from perc_scapy.tunnel.messages import HopKeys, RefusedMessage, TunneledDtls


def test_keys_do_not_show_in_the_text_of_a_message() -> None:
    master = MasterKey(Key(b"secret material!"), Key(b"salt of hop."))
    text = repr(TunneledDtls(bytes(16), b"", keys=HopKeys(9, master, master)))
    assert "secret" not in text
    assert b"secret".hex() not in text


def test_a_refusal_is_a_decode_error_with_its_counter() -> None:
    with pytest.raises(DecodeError, match=r"type 9 \(at octet 34\)") as caught:
        raise RefusedMessage("bad_type", "type 9", 34)
    assert isinstance(caught.value, RefusedMessage)
    assert caught.value.reason == "bad_type"
