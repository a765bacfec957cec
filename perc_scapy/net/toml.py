# SPDX-License-Identifier: GPL-2.0-only
"""TOML tables that complain by name: every mistake is a `ConfigError` with file, key, and what is wrong."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from perc_scapy.errors import ConfigError

T = TypeVar("T")
_REQUIRED: Any = object()


def read_toml(path: Path, example: str = "") -> Section:
    """The top table of a file. Raises `ConfigError` when it is missing or no TOML."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        # Most are TOMLDecodeError; numbers of thousands of digits and tables nested as deep end otherwise.
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    return Section(values, path, example=example)


class Section:
    """One table. `take` each known key once, then `finish`: what is left over was a mistake."""

    def __init__(
        self, values: dict[str, Any], path: Path, name: str = "", example: str = ""
    ) -> None:
        """`example`: the command that prints a file with every key."""
        self.path, self.name, self.example = path, name, example
        self._values = dict(values)
        self._known: list[str] = []

    def take(self, key: str, kind: Callable[[Any], T], default: T = _REQUIRED) -> T:
        """The value of `key` as `kind`, a function that raises `ValueError` or `ConfigError` with a reason."""
        self._known.append(key)
        if key not in self._values:
            if default is _REQUIRED:
                raise self._missing(key)
            return default
        value = self._values.pop(key)
        try:
            return kind(value)
        except (ValueError, ConfigError) as error:
            raise self.error(key, str(error)) from None

    def given(self, **kinds: Callable[[Any], Any]) -> dict[str, Any]:
        """The keys of `kinds` that the table has, converted: keyword arguments of a dataclass with defaults."""
        self._known += kinds
        return {key: self.take(key, kind) for key, kind in kinds.items() if key in self._values}

    def sections(self, key: str) -> list[Section]:
        """The tables of `[[key]]`."""
        none: list[dict[str, Any]] = []
        tables = self.take(key, _tables, none)
        return [
            Section(table, self.path, f"{self._dotted(key)}[{index}]", self.example)
            for index, table in enumerate(tables, 1)
        ]

    def section(self, key: str) -> Section:
        """The table `[key]`, empty when it is absent."""
        return Section(self.take(key, _table, {}), self.path, self._dotted(key), self.example)

    def finish(self) -> None:
        """Raise `ConfigError` for the first key that nobody took."""
        for key in self._values:
            near = difflib.get_close_matches(key, self._known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(self._known)}"
            raise self.error(key, f"unknown key; {hint}")

    def _missing(self, key: str) -> ConfigError:
        """A key that looks like the missing one is its misspelling, and says more than that one is missing."""
        near = difflib.get_close_matches(key, self._values, n=1)
        if near and near[0] not in self._known:
            return self.error(near[0], f"unknown key; did you mean {key}?")
        hint = f" ({self.example} prints an example)" if self.example else ""
        return self.error(key, f"is missing{hint}")

    def build(self, make: Callable[..., T], **fields: Any) -> T:
        """`make(**fields)` after `finish`; what the object refuses is reported with the file's name."""
        self.finish()
        try:
            return make(**fields)
        except ConfigError as error:
            where = f"{self.path}: {self.name}" if self.name else str(self.path)
            raise ConfigError(f"{where}: {error}") from None

    def file(self, value: Any) -> Path:
        """A kind: a path, relative to the folder of the configuration."""
        return self.path.parent / text(value)

    def error(self, key: str, problem: str) -> ConfigError:
        return ConfigError(f"{self.path}: {self._dotted(key)}: {problem}")

    def _dotted(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


def _tables(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("must be an array of tables, written [[…]]")
    return value


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be a table, written […]")
    return value


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"must be a text in quotes, not {value!r}")
    return value


def integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"must be a whole number, not {value!r}")
    return value


def number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"must be a number, not {value!r}")
    try:
        converted = float(value)
    except OverflowError:
        raise ValueError("is too large a number") from None
    if not math.isfinite(converted):  # TOML has inf and nan; no time of ours is either
        raise ValueError(f"must be a finite number, not {value!r}")
    return converted


def seconds(value: Any) -> float:
    length = number(value)
    if length < 0:
        raise ValueError(f"must not be negative, not {value!r}")
    return length


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")
    return value


def list_of(kind: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """A kind: an array whose every item is `kind`."""

    def convert(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise ValueError(f"must be an array in [ ], not {value!r}")
        return tuple(map(kind, value))

    return convert


def some_of(kind: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """A kind: an array with at least one item, every one `kind`."""
    convert = list_of(kind)

    def convert_some(value: Any) -> tuple[T, ...]:
        found = convert(value)
        if not found:
            raise ValueError("is empty; at least one is needed")
        return found

    return convert_some
