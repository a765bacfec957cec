# SPDX-License-Identifier: GPL-2.0-only
"""expect.json: one short entry a line, so that people can read it and version control can show what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perc_scapy.errors import ConfigError
from perc_scapy.golden.expectation import SCHEMA

WIDTH = 120
NAME = "expect.json"


def dump(value: dict[str, Any]) -> str:
    """JSON text with a line end; whatever fits into a line stands in one, plain values fill lines."""
    return _dump(value, 0) + "\n"


def _dump(value: Any, depth: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or _fits(value, flat, depth):
        return flat
    inner = _parts(value, depth)
    first, last = "{}" if isinstance(value, dict) else "[]"
    pad = " " * (depth + 1)
    lines = [", ".join(line) for line in _filled(inner, value, WIDTH - depth)]
    return f"{first}\n{pad}" + f",\n{pad}".join(lines) + f"\n{' ' * depth}{last}"


def _parts(value: Any, depth: int) -> list[str]:
    if isinstance(value, list):
        return [_dump(item, depth + 1) for item in value]
    return [f"{json.dumps(k, ensure_ascii=False)}: {_dump(v, depth + 1)}" for k, v in value.items()]


def _filled(parts: list[str], value: Any, width: int) -> Iterator[list[str]]:
    """One part a line, or as many as fit where all are plain."""
    items = value.values() if isinstance(value, dict) else value
    plain = not any(isinstance(item, dict | list) for item in items)
    line: list[str] = []
    for part in parts:
        if line and (not plain or len(", ".join([*line, part])) > width):
            yield line
            line = []
        line.append(part)
    yield line


def _fits(value: Any, flat: str, depth: int) -> bool:
    items = value.values() if isinstance(value, dict) else value
    nested = any(isinstance(item, dict) and item for item in items)
    return depth > 0 and len(flat) <= WIDTH and not nested


def load(path: Path) -> dict[str, Any]:
    """Read an expectation. Raises `ConfigError` when it is missing or something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"{path}: not JSON; write it anew with --update") from None
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise ConfigError(f"{path}: no expectation of schema {SCHEMA}; write it anew with --update")
    return value


def save(path: Path, value: dict[str, Any]) -> None:
    """Write an expectation, and the folder for it. Raises `ConfigError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dump(value), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None
