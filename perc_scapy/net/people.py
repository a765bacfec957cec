# SPDX-License-Identifier: GPL-2.0-only
"""Values of an event as people read them: hexadecimal SSRCs and SPIs as in file names, names instead of code points."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

from perc_scapy.codes import EktCipher, ProtectionProfile

_DIGITS = {"ssrc": 8, "old": 8, "reporter": 8, "spi": 4}
"""Numbers that are identifiers, and their hexadecimal digits; `old` is an SSRC too."""
_CODES: Mapping[str, type[IntEnum]] = {"profile": ProtectionProfile, "ekt_cipher": EktCipher}


def words(shown: Mapping[str, Any]) -> Iterator[str]:
    """`key=value` for each value (plain, as JSON has it) that is not None; a conference by its name if it has one."""
    named = shown.get("conference") is not None
    for key, value in shown.items():
        if value is None or (named and key == "conference_id"):
            continue
        yield from _pairs(key, value)


def _pairs(key: str, value: Any) -> Iterator[str]:
    """An object within an object becomes `outer.inner=value`; of a path and a tunnel's id only the address matters."""
    if not isinstance(value, Mapping):
        yield f"{key}={_word(key, value)}"
    elif key == "path":
        yield f"{key}={_word(key, value['remote'])}"
    elif key == "tunnel_id":
        yield f"{key}={value['addr']}#{value['serial']}"
    else:
        for inner, item in value.items():
            yield from _pairs(inner if key == "counters" else f"{key}.{inner}", item)


def _word(key: str, value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_word(key, item) for item in value) + "]"
    if isinstance(value, Mapping):  # a recording: its file says whose it is
        return str(value["wav"]) if "wav" in value else " ".join(words(value))
    if type(value) is int and key in _DIGITS:
        return f"{value:0{_DIGITS[key]}x}"
    if type(value) is int and key in _CODES:
        code = next((code for code in _CODES[key] if code == value), None)
        return str(value) if code is None else code.name
    return json.dumps(value) if isinstance(value, str) and re.search(r"\s", value) else str(value)
