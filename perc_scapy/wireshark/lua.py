# SPDX-License-Identifier: GPL-2.0-only
"""Plain data as Lua source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RESERVED = frozenset(
    """and break do else elseif end false for function goto if in local nil not or repeat return then true until
    while""".split()  # noqa: SIM905  a table of words
)
WIDTH = 110


def literal(value: Any, indent: int = 0) -> str:
    """A Lua expression for None, truth values, integers, text, lists and dictionaries; entries that are None are
    left out. Raises TypeError for anything else.
    """
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return _table([f"{_key(k)} = {literal(v, indent + 2)}" for k, v in _there(value)], indent)
    if isinstance(value, list | tuple):
        return _table([literal(item, indent + 2) for item in value], indent)
    raise TypeError(f"no Lua for {type(value).__name__}")


def quoted(text: str) -> str:
    """A Lua string; octets outside ASCII as they are in UTF-8."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{plain}"'


def _there(value: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    return ((k, v) for k, v in value.items() if v is not None)


def _key(key: Any) -> str:
    if isinstance(key, str) and _NAME.match(key) and key not in _RESERVED:
        return key
    return f"[{literal(key)}]"


def _table(entries: list[str], indent: int) -> str:
    line = "{" + ", ".join(entries) + "}"
    if "\n" not in line and len(line) + indent <= WIDTH:
        return line
    pad = " " * (indent + 2)
    return "{\n" + "".join(f"{pad}{entry},\n" for entry in entries) + " " * indent + "}"
