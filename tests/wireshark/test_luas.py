# SPDX-License-Identifier: GPL-2.0-only
"""Wireshark 4.4 changed from Lua 5.2 to 5.4: under both, the script reads tunnel messages as our layers do."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from perc_scapy.layers import DTLSTunnelMessage, TunnelMessage
from perc_scapy.wireshark.generate import SCRIPT
from tests.wireshark.ours import pairs_of
from tests.wireshark.samples import GOOD
from tests.wireshark.test_hostile import mutated

MOCK = Path(__file__).with_name("mock.lua")
LAYERS = [DTLSTunnelMessage] * 3 + [TunnelMessage] * 5
MESSAGES = [pdu.data for pdu in GOOD[:8]]


def dissected(lua: str, messages: list[bytes]) -> list[list[tuple[str, str]]]:
    if shutil.which(lua) is None:
        pytest.skip(f"not installed: {lua}")
    command = [lua, MOCK, SCRIPT, *(m.hex() for m in messages)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[list[tuple[str, str]]] = []
    for line in done.stdout.splitlines():
        name, value = line.split("\t")
        if name == "message":
            found.append([])
        else:
            found[-1].append((name, value))
    return found


def as_json(packet: Any) -> dict[str, Any]:
    from perc_scapy.view.scapy_fields import FieldReader

    return FieldReader().packet(packet)


@pytest.mark.parametrize("lua", ["lua5.2", "lua5.4"])
def test_good_messages(lua: str) -> None:
    found = dissected(lua, MESSAGES)
    for layer, data, fields in zip(LAYERS, MESSAGES, found, strict=True):
        tunnel = [pair for pair in fields if pair[0].startswith("perc.tunnel.")]
        theirs = [pair for pair in tunnel if not pair[0].startswith("perc.tunnel.dtls_message")]
        ours = [p for p in pairs_of(as_json(layer(data))) if p[0].startswith("perc.tunnel.")]
        ours = [p for p in ours if not p[0].startswith("perc.tunnel.dtls_message")]
        assert theirs == ours


def test_both_luas_say_the_same_of_broken_messages() -> None:
    chance = random.Random(22)
    messages = [mutated(data, chance) or b"\0" for data in MESSAGES for _ in range(20)]
    old, new = dissected("lua5.2", messages), dissected("lua5.4", messages)
    assert old == new
    assert sum("expert" in dict(fields) for fields in new) > 50
