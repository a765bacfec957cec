# SPDX-License-Identifier: GPL-2.0-only
"""From tokens to a function: or, and, not, parentheses, comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from perc_scapy.view.catalogue import PROTOCOLS, catalogue, prefixes
from perc_scapy.view.filters import comparisons, values
from perc_scapy.view.filters.comparisons import Test
from perc_scapy.view.filters.errors import FilterError
from perc_scapy.view.filters.literals import near_field
from perc_scapy.view.filters.tokens import Token, tokens_of
from perc_scapy.view.filters.values import Get, Operand

Node = Callable[[Get], bool]
LAYERS = " layers"
"""What `Get` is asked for the names of layers in a packet; no field is called so."""
MAX_DEPTH = 50
"""Parentheses and `not` inside one another."""
WORDS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
         "~": "matches", "=~": "matches", "&&": "and", "||": "or", "!": "not"}  # fmt: skip
COMPARISONS = {"==", "!=", "<", "<=", ">", ">=", "contains", "matches", "in"}


class Parser:
    """One filter. `parse()` raises `FilterError`."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._at, self._depth = text, tokens_of(text), 0, 0

    def parse(self) -> Node:
        if self._token.kind == "end":
            raise self._error("a filter that says nothing")
        node = self._or()
        if self._token.kind != "end":
            raise self._error("expected and, or, or the end of the filter")
        return node

    # -- tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    @property
    def _word(self) -> str:
        """The token as an operator, or empty."""
        token = self._token
        text = token.text.lower()
        return "" if token.kind not in ("op", "word") else WORDS.get(text, text)

    def _take(self) -> Token:
        token = self._token
        self._at += token.kind != "end"
        return token

    def _expect(self, text: str) -> None:
        if self._token.text != text:
            raise self._error(f"expected {text}")
        self._take()

    def _error(self, problem: str, token: Token | None = None) -> FilterError:
        token = self._token if token is None else token
        return FilterError(problem, self._text, token.start, token.end)

    # -- logic

    def _or(self) -> Node:
        nodes = [self._and()]
        while self._word == "or":
            self._take()
            nodes.append(self._and())
        return nodes[0] if len(nodes) == 1 else lambda get: any(node(get) for node in nodes)

    def _and(self) -> Node:
        nodes = [self._not()]
        while self._word == "and":
            self._take()
            nodes.append(self._not())
        return nodes[0] if len(nodes) == 1 else lambda get: all(node(get) for node in nodes)

    def _not(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"more than {MAX_DEPTH} levels")
        node = self._negated() if self._word == "not" else self._primary()
        self._depth -= 1
        return node

    def _negated(self) -> Node:
        self._take()
        inner = self._not()
        return lambda get: not inner(get)

    def _primary(self) -> Node:
        if self._token.text == "(":
            self._take()
            node = self._or()
            self._expect(")")
            return node
        return self._comparison()

    # -- comparisons

    def _comparison(self) -> Node:
        start = self._token
        presence = self._presence()
        if presence is not None:
            return presence
        operand = self._operand()
        op = self._word
        if op not in COMPARISONS:
            return _present(operand)
        operator = self._take()
        if op == "in":
            return self._among(operand)
        return self._compared(operand, op, operator, start)

    def _compared(self, operand: Operand, op: str, operator: Token, start: Token) -> Node:
        literal = self._token
        if literal.kind == "word" and literal.text in catalogue():
            return self._two_fields(operand, op, operator)
        self._literal()
        if op == "!=":
            equal = self._made(lambda: comparisons.equal_test(operand.info, literal), literal)
            return lambda get: bool(found := operand.values(get)) and not any(map(equal, found))
        test = self._made(lambda: self._test(operand, op, literal), literal)
        return lambda get: any(map(test, operand.values(get)))

    def _test(self, operand: Operand, op: str, literal: Token) -> Test:
        if op == "==":
            return comparisons.equal_test(operand.info, literal)
        if op == "contains":
            return comparisons.contains_test(operand.info, literal)
        if op == "matches":
            return comparisons.matches_test(operand.info, literal)
        return comparisons.order_test(operand.info, op, literal)

    def _two_fields(self, left: Operand, op: str, operator: Token) -> Node:
        right = self._operand()
        compare = comparisons.ORDERED.get(op)
        if op in ("contains", "matches"):
            raise self._error(f"{op} wants a literal", self._tokens[self._at - 1])
        if left.info.kind != right.info.kind:
            raise self._error(f"{left.info.name} and {right.info.name} are of different kinds", operator)  # fmt: skip
        if compare is not None:
            return lambda get: any(
                compare(a, b) for a in left.values(get) for b in right.values(get)
            )
        if op == "==":
            return lambda get: bool(set(left.values(get)) & set(right.values(get)))
        return lambda get: _all_unequal(set(left.values(get)), set(right.values(get)))

    def _among(self, operand: Operand) -> Node:
        self._expect("{")
        found: list[Test] = []
        while True:
            found.append(self._element(operand))
            if self._token.text != ",":
                break
            self._take()
        self._expect("}")
        return lambda get: any(test(v) for v in operand.values(get) for test in found)

    def _element(self, operand: Operand) -> Test:
        low = self._literal()
        if self._token.text != "..":
            return self._made(lambda: comparisons.equal_test(operand.info, low), low)
        self._take()
        high = self._literal()
        return self._made(lambda: comparisons.range_test(operand.info, low, high), low)

    def _literal(self) -> Token:
        if self._token.kind not in ("word", "string"):
            raise self._error("expected a value")
        return self._take()

    def _made(self, make: Callable[[], Test], token: Token) -> Test:
        try:
            return make()
        except ValueError as error:
            raise self._error(str(error), token) from None

    # -- operands

    def _presence(self) -> Node | None:
        """The name of a layer or protocol: is one there?"""
        name = self._token.text.lower()
        if self._token.kind != "word" or name in catalogue():
            return None
        if name not in prefixes() and name not in PROTOCOLS:
            return None
        self._take()
        if self._word in COMPARISONS:
            raise self._error(f"{name} is a layer; only its fields have values")
        return lambda get: name in get(LAYERS)

    def _operand(self) -> Operand:
        token = self._take()
        if token.kind != "word":
            raise self._error("expected the name of a field", token)
        if token.text.lower() in values.FUNCTIONS and self._token.text == "(":
            operand = self._call(token.text.lower())
        else:
            operand = self._field(token)
        while self._token.kind == "slice":
            cut = self._take()
            operand = self._slice(operand, cut)
        return operand

    def _call(self, function: str) -> Operand:
        self._expect("(")
        operand = values.applied(function, self._operand())
        self._expect(")")
        return operand

    def _field(self, token: Token) -> Operand:
        info = catalogue().get(token.text)
        if info is None:
            known: Sequence[str] = [*catalogue(), *prefixes()]
            raise self._error(f"no field {token.text!r}{near_field(token.text, known)}", token)
        return values.field_operand(info)

    def _slice(self, operand: Operand, cut: Token) -> Operand:
        try:
            return values.sliced(operand, cut.text[1:-1])
        except ValueError as error:
            raise self._error(str(error), cut) from None


def _all_unequal(left: set[Any], right: set[Any]) -> bool:
    """Both sides have values, and none in common."""
    return bool(left and right and not left & right)


def _present(operand: Operand) -> Node:
    """There is a value; of a truth value, a true one."""
    if operand.info.kind == "truth":
        return lambda get: any(operand.values(get))
    return lambda get: bool(operand.values(get))
