# SPDX-License-Identifier: GPL-2.0-only
"""EKT fields of every age are read; the vectors were made and checked elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.secret import Key
from perc_scapy.explain.ekt import announced

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "media.json").read_text())["vectors"]
LEGACY = [v for v in VECTORS if v["kind"] == "ekt-legacy"]
SRTP = bytes.fromhex("800f1234decafbadcafebabe") + bytes(40)


def sets(key: str, spi: int = 0x1234) -> list[EktParameters]:
    raw = bytes.fromhex(key)
    return [EktParameters(spi, 1 if len(raw) == 16 else 2, Key(raw), Key(bytes(range(12))), 60)]


@pytest.mark.req("EKT-25")
@pytest.mark.parametrize("vector", LEGACY, ids=lambda v: v["id"])
def test_legacy_vectors(vector: dict[str, str]) -> None:
    found = announced(SRTP + bytes.fromhex(vector["full_ekt_field"]), sets(vector["ekt_key"]))
    assert found is not None
    assert found.ssrc == 0xCAFEBABE
    assert bytes(found.master.key).hex() in vector["ekt_plaintext"]
    assert found.octets == len(vector["full_ekt_field"]) // 2
    assert any("2016" in text for text, _ in found.faults)


@pytest.mark.req("EKT-02", "EKT-03")
@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v["kind"] == "ekt-full"], ids=lambda v: v["id"]
)
def test_fields_of_today_have_no_fault(vector: dict[str, str]) -> None:
    found = announced(SRTP + bytes.fromhex(vector["full_ekt_field"]), sets(vector["ekt_key"]))
    assert found is not None
    assert found.faults == ()
    assert bytes(found.master.key).hex() == vector["srtp_master_key"]


def test_another_spi_is_told() -> None:
    vector = next(v for v in VECTORS if v["kind"] == "ekt-full")
    found = announced(SRTP + bytes.fromhex(vector["full_ekt_field"]), sets(vector["ekt_key"], 7))
    assert found is not None
    assert "the EKT key of SPI 0x0007 wraps it" in found.faults[0][0]


@given(st.binary(max_size=200))
def test_noise_announces_nothing(noise: bytes) -> None:
    assert announced(noise, sets("e0" * 16)) is None
