# SPDX-License-Identifier: GPL-2.0-only
"""What a word or string of a filter means beside a field of some kind: a number, octets, an address, text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from perc_scapy.view.catalogue import FieldInfo

_NUMBER = re.compile(r"(?i)0x[0-9a-f]+|[0-9]+(\.[0-9]+)?")
_OCTETS = re.compile(r"(?i)[0-9a-f]{1,2}([:.-][0-9a-f]{1,2})+|(0x)?([0-9a-f]{2})+")
TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def number(text: str, info: FieldInfo) -> float | int:
    """Decimal, 0x…, or a named value. Raises ValueError."""
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text, 0 if text.lower().startswith("0x") else 10)
    value = info.names.get(text.lower())
    if value is not None:
        return value
    if not info.names:
        raise ValueError(f"{info.name} is a number, {text!r} is none")
    raise ValueError(f"{info.name} has no value {text!r}{near(text.lower(), info.names)}")


def octets(text: str, *, quoted: bool = False) -> str:
    """Hex of `a1:b2`, `a1b2`, `0xa1b2`, or of the characters of a string in quotes. Raises ValueError."""
    if quoted:
        return text.encode().hex()
    if not _OCTETS.fullmatch(text):
        raise ValueError(f"{text!r} is neither octets in hex (a1:b2) nor a string in quotes")
    parts = re.split("[:.-]", text)
    if len(parts) > 1:
        return "".join(part.zfill(2) for part in parts).lower()
    return text.lower().removeprefix("0x")


def address(text: str) -> Callable[[str], bool]:
    """A test for an address: equal to one, or in a network. Raises ValueError."""
    try:
        if "/" in text:
            network = ip_network(text, strict=False)
            return lambda host: _in(host, network)
        wanted = str(ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IP address or network") from None
    return lambda host: host == wanted


def _in(host: str, network: Any) -> bool:
    found = ip_address(host.partition("%")[0])
    return found.version == network.version and found in network


def truth(text: str) -> bool:
    """Raises ValueError."""
    if text.lower() not in TRUTHS:
        raise ValueError(f"{text!r} is neither true nor false")
    return TRUTHS[text.lower()]


def near(word: str, known: Any) -> str:
    """`; did you mean …?` or nothing."""
    begun = sorted((name for name in known if word and name.startswith(word)), key=len)
    alike = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    found = list(dict.fromkeys(begun + alike))[:3]
    return f"; did you mean {' or '.join(found)}?" if found else ""


def near_field(name: str, known: Any) -> str:
    """`near`, or where all names are listed."""
    return near(name, known) or "; perc dissect --fields lists the names"
