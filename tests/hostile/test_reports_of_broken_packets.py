# SPDX-License-Identifier: GPL-2.0-only
"""What is shown of packets that do not parse, and of secrets in them."""

from __future__ import annotations

import json

import pytest

from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls import DTLS, DTLSEKTKey, ExtStatusRequest
from perc_scapy.layers.fields import Vector
from perc_scapy.layers.tunnel_draft00 import DTLSTunnelMessage, SRTPKeyInformation

SECRET = bytes(range(0x41, 0x51))


def test_json_of_a_field_that_could_not_be_read():
    broken = json.loads(ExtStatusRequest(b"\x01\xff\xff\x00").json())
    assert broken["responder_ids"].startswith("malformed: ")
    assert broken["request_extensions"] == "absent"


@pytest.mark.parametrize("layer", [DTLSEKTKey, SRTPKeyInformation, DTLS, DTLSTunnelMessage])
@pytest.mark.parametrize("length", range(0, 60, 7))
def test_json_of_anything_is_json(layer, length):
    json.loads(layer((b"\x16\xfe\xfd" + bytes(range(60)))[:length]).json())


class Pouch(PercPacket):
    name = "Pouch"
    fields_desc = (Vector("keys", DTLSEKTKey, max=255),)


@pytest.mark.parametrize("announced", [len(SECRET), len(SECRET) + 9])
def test_secrets_stay_hidden_in_items_of_lists_and_when_they_do_not_parse(announced):
    octets = bytes((announced,)) + SECRET
    pouch = Pouch(bytes((len(octets),)) + octets)
    assert pouch.keys[0].ekt_key_value is not None
    for text in (pouch.json(), pouch.show(dump=True), repr(pouch), pouch.keys[0].json()):
        assert "octets, hidden" in text
        assert SECRET.decode() not in text
        assert SECRET.hex() not in text
