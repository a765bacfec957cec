# SPDX-License-Identifier: GPL-2.0-only
"""Tables made from definitions: of our layers, and of toys that have what ours lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls import DTLSEKTKey, DTLSRecord
from perc_scapy.layers.ekt import EKTField, EKTFull
from perc_scapy.layers.fields import U8, U16, BitSet, Opaque, Present, Terminated, Vector
from perc_scapy.layers.media import OHB, RTCPSenderReport
from perc_scapy.layers.tunnel_draft00 import SRTPKeyInformation
from perc_scapy.layers.tunnel_rfc9185 import TunnelMessage
from perc_scapy.layers.validators import Rule
from perc_scapy.wireshark.lua_fields import FieldTable
from perc_scapy.wireshark.scope import layers
from perc_scapy.wireshark.steps import LayerWriter, condition_table, rule_table


def table_of(cls: Any) -> dict[str, Any]:
    return LayerWriter(cls, FieldTable()).table()


def step(cls: Any, name: str) -> dict[str, Any]:
    return next(s for s in table_of(cls)["steps"] if s["name"] == name)


def test_every_field_of_every_layer_in_scope_has_a_step() -> None:
    for cls in layers():
        steps = table_of(cls)["steps"]
        named = [part["name"] for s in steps for part in s.get("parts", [s])]
        assert named == [field.name for field in cls.fields_desc], cls


def test_secrets_are_marked() -> None:
    secret = {s["name"] for s in table_of(SRTPKeyInformation)["steps"] if s.get("secret")}
    assert secret == {s.name for s in SRTPKeyInformation.fields_desc if getattr(s, "secret", False)}
    assert len(secret) == 4
    assert step(DTLSEKTKey, "ekt_key_value")["secret"]


def test_a_prefix_has_a_field_of_its_own() -> None:
    found = step(SRTPKeyInformation, "client_write_SRTP_master_key")
    assert (found["kind"], found["prefix"], found["min"], found["max"]) == ("opaque", 2, 1, 65535)
    assert found["length_field"] != found["field"]


def test_bodies_by_type_and_size() -> None:
    found = step(TunnelMessage, "body")
    assert found["cases"]["4"] == "TunneledDtls"
    assert found["size"] == {"field": "length", "unit": 1, "plus": 0}
    assert found["opaque"] is None


def test_bodies_outside_of_the_scope_are_octets() -> None:
    found = step(DTLSRecord, "content")
    assert found["cases"] == {"26,65277": "DTLSACK", "26,65279": "DTLSACK"}
    assert found["foreign"]["22,65277"] is True
    assert found["when"] == {"kind": "Equals", "field": "epoch", "values": [0]}


def test_unions_and_layers_read_from_their_end() -> None:
    assert table_of(EKTField)["union"] == {
        "tag_at": -1,
        "forms": {0: "EKTShort", 2: "EKTFull", 1: "EKTUndefined"},
        "other": "EKTExtension",
    }
    assert step(EKTFull, "ciphertext")["size"] == {"field": "length", "unit": 1, "plus": -7}
    assert table_of(OHB)["last_first"] is True
    flags = step(OHB, "reserved")["parts"]
    assert [(p["name"], p["shift"], p["width"]) for p in flags] == [
        ("reserved", 4, 4), ("B", 3, 1), ("M", 2, 1), ("P", 1, 1), ("Q", 0, 1),
    ]  # fmt: skip


def test_rules_keep_what_a_reader_can_judge() -> None:
    (rule,) = table_of(SRTPKeyInformation)["rules"]
    assert rule["kind"] == "ProfileKeyLength"
    assert rule["lengths"][9] == [16, 12]
    assert rule["severity"] == "error"
    assert next(rule_table(r) for r in TunnelMessage.rules)["senders"] == {
        1: "mdd",
        2: "kmf",
        3: "kmf",
    }


def test_conditions() -> None:
    assert condition_table(BitSet("flags", 4)) == {"kind": "BitSet", "field": "flags", "mask": 4}


class ToyTerminated(PercPacket):
    name = "toy"
    fields_desc = (Terminated("items", U8()),)


class ToyNames(PercPacket):
    name = "toy"
    fields_desc = (Vector("names", Opaque("name", max=9), max=255),)


class ToyPresent(PercPacket):
    name = "toy"
    fields_desc = (U8("flags"), Present(U16("more"), when=BitSet("flags", 1)))


@pytest.mark.parametrize("cls", [ToyTerminated, ToyNames, RTCPSenderReport])
def test_what_the_lua_part_cannot_do_is_refused_when_generating(cls: Any) -> None:
    with pytest.raises(TypeError, match=cls.__name__):
        table_of(cls)


def test_presence() -> None:
    assert step(ToyPresent, "more")["present"] == {"kind": "BitSet", "field": "flags", "mask": 1}


@dataclass(frozen=True)
class NewRule(Rule):
    field: str = "x"


def test_a_rule_without_lua_is_refused() -> None:
    with pytest.raises(TypeError, match="NewRule"):
        rule_table(NewRule())
