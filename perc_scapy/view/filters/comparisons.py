# SPDX-License-Identifier: GPL-2.0-only
"""One value against one literal: what each comparison means for each kind of field."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from perc_scapy.view.catalogue import FieldInfo
from perc_scapy.view.filters import literals
from perc_scapy.view.filters.patterns import compile_pattern
from perc_scapy.view.filters.tokens import Token
from perc_scapy.view.filters.values import HIDDEN

Test = Callable[[Any], bool]
ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def equal_test(info: FieldInfo, token: Token) -> Test:
    """Is a value this literal? Raises ValueError when it can never be."""
    text, quoted = token.value, token.kind == "string"
    if info.kind == "number":
        wanted = literals.number(text, info)
        return lambda value: value == wanted
    if info.kind == "address":
        return literals.address(text)
    if info.kind == "truth":
        return _same(literals.truth(text))
    if info.kind == "octets":
        return _same(literals.octets(text, quoted=quoted))
    return _loose(text, quoted)


def _same(wanted: Any) -> Test:
    return lambda value: value == wanted


def _loose(text: str, quoted: bool) -> Test:
    """Text without regard to case; a field that may hold octets or numbers takes those too."""
    wanted: set[Any] = {text.lower()}
    for read in (lambda: literals.octets(text, quoted=quoted), lambda: int(text, 0)):
        try:
            wanted.add(read())
        except ValueError:
            continue
    return lambda value: (value.lower() if isinstance(value, str) else value) in wanted


def order_test(info: FieldInfo, op: str, token: Token) -> Test:
    """<, <=, >, >=. Raises ValueError."""
    compare = ORDERED[op]
    if info.kind in ("number", "any"):
        number = literals.number(token.value, info)
        return lambda value: isinstance(value, (int, float)) and compare(value, number)
    if info.kind == "octets":
        wanted = literals.octets(token.value, quoted=token.kind == "string")
        return lambda value: not HIDDEN.fullmatch(value) and compare(value, wanted)
    raise ValueError(f"{info.name} has no order")


def contains_test(info: FieldInfo, token: Token) -> Test:
    """Octets in octets, text in text. Raises ValueError."""
    if info.kind in ("text", "address"):
        part = token.value.lower()
        return lambda value: part in value.lower()
    if info.kind in ("number", "truth"):
        raise ValueError(f"{info.name} is a {info.kind}, which contains nothing")
    wanted = literals.octets(token.value, quoted=token.kind == "string")
    return lambda value: isinstance(value, str) and _has_octets(value, wanted)


def _has_octets(value: str, wanted: str) -> bool:
    at = -1 if HIDDEN.fullmatch(value) else value.find(wanted)
    while at > 0 and at % 2:  # half an octet later is no match
        at = value.find(wanted, at + 1)
    return at >= 0


def matches_test(info: FieldInfo, token: Token) -> Test:
    """A regular expression, found anywhere; octets are read as Latin-1 characters. Raises ValueError."""
    if info.kind in ("number", "truth"):
        raise ValueError(f"{info.name} is a {info.kind}, not text")
    pattern = compile_pattern(token.value)
    if info.kind in ("text", "address"):
        return pattern.found_in
    return lambda value: isinstance(value, str) and pattern.found_in(_characters(value))


def _characters(value: str) -> str:
    try:
        return bytes.fromhex(value).decode("latin-1")
    except ValueError:
        return "" if HIDDEN.fullmatch(value) else value


def range_test(info: FieldInfo, low: Token, high: Token) -> Test:
    """low..high, both included. Raises ValueError."""
    above, below = order_test(info, ">=", low), order_test(info, "<=", high)
    return lambda value: above(value) and below(value)
