# SPDX-License-Identifier: GPL-2.0-only
"""Where tokens begin and end."""

import pytest

from perc_scapy.view.filters.errors import FilterError
from perc_scapy.view.filters.tokens import MAX_LENGTH, tokens_of


def test_tokens() -> None:
    found = tokens_of(r'a.b[0:4]==0x1F&&ip.src in{10.0.0.0/8,1..3} or "x\"y"')
    assert [t.text for t in found] == [
        "a.b", "[0:4]", "==", "0x1F", "&&", "ip.src", "in", "{", "10.0.0.0/8", ",", "1", "..", "3", "}", "or",
        r'"x\"y"', "",
    ]  # fmt: skip
    assert found[-2].value == 'x"y'
    assert found[-1].kind == "end"


def test_places() -> None:
    one, two, _ = tokens_of("  a   bc")
    assert (one.start, one.end, two.start, two.end) == (2, 3, 6, 8)


@pytest.mark.parametrize("text", ["a = 1", "a & b", "'open", "a ; b", "x" * (MAX_LENGTH + 1), "é"])
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(FilterError):
        tokens_of(text)
