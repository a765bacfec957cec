# SPDX-License-Identifier: GPL-2.0-only
"""A filter text cut into tokens with their places."""

from __future__ import annotations

import re
from typing import NamedTuple

from perc_scapy.view.filters.errors import FilterError

MAX_LENGTH = 4096
"""Characters of the longest filter."""
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<slice>\[[^\]]*\])
    | (?P<op>==|!=|<=|>=|&&|\|\||<|>|!|=~|~|\.\.|[(){},])
    | (?P<word>(?:[A-Za-z0-9_:%-]|/|\.(?!\.))+)
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """`kind` is string, slice, op, word or end."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def value(self) -> str:
        """A string without its quotes and escapes."""
        return re.sub(r"\\(.)", r"\1", self.text[1:-1]) if self.kind == "string" else self.text


def tokens_of(text: str) -> list[Token]:
    """All tokens, and one of kind end. Raises `FilterError`."""
    if len(text) > MAX_LENGTH:
        raise FilterError(f"a filter has at most {MAX_LENGTH} characters", text[:40], 0, 1)
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise FilterError(_unreadable(text[at]), text, at, at + 1)
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind], match.start(kind), match.end(kind)))
        at = match.end()
    return [*found, Token("end", "", end, end + 1)]


def _unreadable(character: str) -> str:
    if character in "\"'":
        return "this string has no end"
    if character == "=":
        return "a comparison is written =="
    if character in "&|":
        return f"write {character * 2}, or {'and' if character == '&' else 'or'}"
    return f"{character!r} has no meaning here"
