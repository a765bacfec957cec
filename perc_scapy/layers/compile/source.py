# SPDX-License-Identifier: GPL-2.0-only
"""A Python function under construction: its lines, its indentation, and the objects that it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from struct import Struct
from typing import Any

from perc_scapy.layers.fields.numbers import Number
from perc_scapy.layers.fields.octets import Fixed
from perc_scapy.layers.layout import BitRun, FieldStep, Step

WHOLE_FORMATS = {1: "B", 2: "H", 3: "HB", 4: "I", 6: "HI", 8: "Q"}
"""struct has no 3- or 6-octet integers: those are unpacked in two halves."""
LOW_HALF = {3: 8, 6: 32}
"""Bits of the lower half of such an integer."""


class Source:
    """Lines of one function; `bind` gives an object a name in its globals."""

    def __init__(self, signature: str, title: str) -> None:
        self.title = title
        self.lines = [f"def {signature}:"]
        self.globals: dict[str, Any] = {}
        self.depth = 1

    def add(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def bind(self, value: Any, hint: str = "k") -> str:
        name = f"{hint}_{len(self.globals)}"
        self.globals[name] = value
        return name

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.add(head)
        self.depth += 1
        yield
        self.depth -= 1

    def build(self, name: str) -> Callable[..., Any]:
        """The finished function. The text is made from class definitions only, never from input."""
        text = "\n".join(self.lines)
        exec(compile(text, f"<compiled {self.title}>", "exec"), self.globals)  # noqa: S102
        return self.globals[name]  # type: ignore[no-any-return]


def variable(name: str) -> str:
    """Local variable of a field (field names may be Python keywords)."""
    return f"v_{name}"


class Batch:
    """Neighbouring steps of fixed size, read and written by one `struct` call."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.struct = Struct(">" + "".join(_format(step) for step in steps))

    @property
    def size(self) -> int:
        return self.struct.size

    def places(self) -> list[tuple[str, int, int]]:
        """(name, offset, size) of each step, to say which one was cut short."""
        found, at = [], 0
        for step in self.steps:
            found.append((step.name, at, step.fixed_size()))
            at += step.fixed_size()
        return found


def size_of_whole(step: Step) -> int | None:
    """Octets when the step is an integer that `struct` can carry, else None."""
    number = isinstance(step, BitRun) or isinstance(step.field, Number)
    return step.fixed_size() if number and step.fixed_size() in WHOLE_FORMATS else None


def _format(step: Step) -> str:
    return WHOLE_FORMATS.get(size_of_whole(step) or 0) or f"{step.fixed_size()}s"


def batches(steps: list[Step]) -> list[Batch | FieldStep]:
    """Steps in order, neighbours of fixed size put together."""
    found: list[Batch | FieldStep] = []
    for step in steps:
        if step.fixed_size() is None:
            found.append(step)
        elif found and isinstance(found[-1], Batch):
            found[-1] = Batch([*found[-1].steps, step])
        else:
            found.append(Batch([step]))
    return found


def is_fixed_octets(step: Step) -> bool:
    """True for `Fixed`, whose length `struct` would silently pad or cut."""
    return isinstance(step, FieldStep) and isinstance(step.field, Fixed)
