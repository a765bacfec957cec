# SPDX-License-Identifier: GPL-2.0-only
"""Definitions as data that JSON can carry."""

from __future__ import annotations

import json

import pytest

from perc_scapy.layers import DTLSTunnelMessage, SRTPKeyInformation
from perc_scapy.layers.definition import definition
from tests.layers.test_declarative import layer_classes
from tests.layers.test_union import ToyBackwards, ToyBehind, ToyNumbered
from tests.layers.toys import ToyElement, ToyHandshake, ToyHello, ToyRtp, ToyWrapped


@pytest.mark.parametrize("cls", layer_classes())
def test_every_layer_is_data(cls):
    data = definition(cls)
    assert json.loads(json.dumps(data)) == data
    assert [field["name"] for field in data["fields"]] == [f.name for f in cls.fields_desc]
    assert " at 0x" not in json.dumps(data)


def field(cls, name: str) -> dict:
    return next(field for field in definition(cls)["fields"] if field["name"] == name)


def test_what_a_definition_says():
    body = field(DTLSTunnelMessage, "body")
    assert body["kind"] == "Select"
    assert body["on"] == ["type"]
    assert body["cases"]["2"] == "SRTPKeyInformation"
    assert field(DTLSTunnelMessage, "version_major")["only"] == [1]
    assert field(DTLSTunnelMessage, "type")["enum"]["SUPPORTED_PROFILES"] == 1
    key = field(SRTPKeyInformation, "client_write_SRTP_master_key")
    assert (key["min"], key["max"], key["prefix"], key["secret"]) == (1, 65535, 2, True)
    assert {"kind": "RecordLimit", "octets": 16384} in definition(DTLSTunnelMessage)["rules"]


def test_relations_between_fields():
    assert field(ToyElement, "data")["present"] == "id not in (0,)"
    assert field(ToyElement, "data")["size"] == {
        "kind": "Size",
        "field": "size",
        "unit": 1,
        "plus": 1,
        "pad": False,
    }
    assert field(ToyHello, "extensions")["present"] == "optional"
    assert field(ToyHello, "extensions")["item"] == "ToyExtension"
    assert field(ToyHello, "names")["item"]["kind"] == "Opaque"
    assert field(ToyHandshake, "body")["when"] == "length == fragment_length"
    assert field(ToyHandshake, "body")["other"] == "opaque"
    assert field(ToyWrapped, "body")["size"] == "rest"
    assert field(ToyRtp, "ekt")["peel"] == "perc_scapy.wire.peel_ekt"
    assert field(ToyRtp, "extension")["announces"] == "block"


def test_forms_and_extent():
    assert definition(ToyBehind)["forms"] == {"0": "ToyShort"}
    assert (definition(ToyBehind)["tag_at"], definition(ToyBehind)["other"]) == (-1, "ToyLong")
    assert definition(ToyNumbered)["whole"]["field"] == "length"
    assert definition(ToyBackwards)["last_first"] is True
