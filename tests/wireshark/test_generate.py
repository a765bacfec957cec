# SPDX-License-Identifier: GPL-2.0-only
"""The committed script is what the layers make now, complete, and valid for both Luas that Wireshark has had."""

from __future__ import annotations

import re
import subprocess

import pytest

from perc_scapy.layers.dtls.extension_lists import DTLSClientExtension
from perc_scapy.layers.layout import layout_of
from perc_scapy.layers.names import filter_name
from perc_scapy.wireshark.generate import RUNTIME, SCRIPT, codes, extension_layers, generate
from perc_scapy.wireshark.scope import layers
from perc_scapy.wireshark.steps import RULES


@pytest.fixture(scope="module")
def text() -> str:
    return generate()


def test_the_committed_script_is_what_would_be_generated_now(text: str) -> None:
    assert SCRIPT.read_text(encoding="utf-8") == text, "run python -m perc_scapy.wireshark.generate"


def test_every_hand_written_part_is_in_it() -> None:
    assert {path.stem for path in (SCRIPT.parent / "runtime").glob("*.lua")} == set(RUNTIME)


def test_it_says_its_licence_and_that_it_is_generated(text: str) -> None:
    head = text.splitlines()[:3]
    assert head[0] == "-- SPDX-License-Identifier: GPL-2.0-only"
    assert "Generated" in head[2]
    assert text.count("SPDX-License-Identifier") == 1


def test_every_field_of_every_layer_in_scope_is_registered(text: str) -> None:
    registered = set(re.findall(r'ProtoField\.\w+\("perc\.([^"]+)"', text))
    for cls in layers():
        for name, field in layout_of(cls).fields.items():
            holds_layers = isinstance(getattr(field, "item", None), type)
            wanted = filter_name(
                cls, f"{name}_length" if holds_layers and hasattr(field, "prefix") else name
            )
            assert holds_layers or wanted in registered, f"{cls.__name__}.{name}"
    assert {"tunnel.type", "ekt.spi", "ohb.sequence_number", "dtls.ekt_key.ekt_ttl"} <= registered


def test_every_rule_has_a_function(text: str) -> None:
    assert set(re.findall(r"^function RULE\.(\w+)", text, re.MULTILINE)) == set(RULES)


def test_every_kind_of_step_has_a_reader(text: str) -> None:
    kinds = set(
        re.findall(r'kind = "(\w+)", (?:name|label|octets|field|prefix|item|on|parts)', text)
    )
    readers = set(re.findall(r"READ\.(\w+)\b", text))
    assert {k for k in kinds if k.islower()} <= readers


def test_codes_come_from_the_enumerations() -> None:
    found = codes()
    assert (found["ack"], found["ekt_key"], found["supported_ekt_ciphers"]) == (26, 26, 39)
    assert found["double"] == {9: True, 10: True}
    assert found["srtp"][1] == "SRTPHMAC80"
    assert found["srtcp"][9] == "SRTCP"


def test_extension_bodies_by_hello() -> None:
    client = extension_layers("DTLSClientExtension")
    server = extension_layers("DTLSServerExtension")
    assert (client[39], server[39]) == ("ExtSupportedEKTCiphers", "ExtSelectedEKTCipher")
    assert 10 not in client
    cases = next(f for f in DTLSClientExtension.fields_desc if f.name == "body").cases
    assert all(cases[(kind,)].__name__ == name for kind, name in client.items())


def test_the_script_is_for_both_luas(text: str) -> None:
    """Neither `bit32` nor `//` nor `goto` nor integer operators: Lua 5.2 has not the one, 5.4 not the other."""
    code = re.sub(r'"(?:[^"\\]|\\.)*"|--[^\n]*', "", text)
    assert not re.search(r"\bbit32?\.|//|\bgoto\b|\bunpack\(|>>|<<|\bsetfenv\b|\bmath\.pow\b", code)


@pytest.mark.parametrize("compiler", ["luac5.2", "luac5.4"])
def test_syntax(compiler: str) -> None:
    try:
        done = subprocess.run([compiler, "-p", SCRIPT], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"not installed: {compiler}")
    assert done.returncode == 0, done.stderr
