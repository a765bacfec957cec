# SPDX-License-Identifier: GPL-2.0-only
"""One association at every hop, as a conversation: who it is, its packets with arrows, and what was opened in them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.calls import is_plain
from perc_scapy.errors import ConfigError
from perc_scapy.layers.rtp import RTP
from perc_scapy.view.expert import worst
from perc_scapy.view.packets import PacketView
from perc_scapy.view.parts import Part
from perc_scapy.view.style import Style
from perc_scapy.view.whereabouts import Whereabouts

_SHORTEST = 4
"""Hex digits that an id must at least begin with."""
_PAYLOAD = 16
"""Octets of a payload that are shown."""


class Followed:
    """The associations that a person named. Raises `ConfigError` when there are none."""

    def __init__(self, analysis: Analysis, name: str) -> None:
        self._places = Whereabouts(analysis)
        self.associations = self._find(analysis, name.strip())
        self._ids = {id(association) for association in self.associations}
        self.letter = self._places.letter(self.associations[0]) or "closed"

    def _find(self, analysis: Analysis, name: str) -> list[Association]:
        known = analysis.associations
        by_letter = [a for a in known if name and self._places.letter(a) == name.upper()]
        if by_letter:
            return by_letter
        if name.isdecimal() and len(name) < _SHORTEST:
            if 1 <= int(name) <= len(known):
                return [known[int(name) - 1]]
        elif len(name) >= _SHORTEST:
            digits = name.replace(":", "").lower()
            found = [a for a in known if any(i.startswith(digits) for i in _ids(a))]
            if found:
                return found
        raise ConfigError(self._unknown(name, len(known)))

    def _unknown(self, name: str, known: int) -> str:
        letters = [person.letter for person in self._places.people]
        if not known:
            return f"no association {name!r}; the capture has none"
        if not letters:
            return f"no association {name!r}; those that stay closed have numbers, 1 to {known}"
        near = difflib.get_close_matches(name.upper(), letters, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(letters)}"
        return f"no association {name!r}; {hint}"

    def has(self, view: PacketView) -> bool:
        """Whether a packet is part of it."""
        if view.payload is None:
            return False
        owner = self._places.owner(view.payload, view.media)
        return owner is not None and id(owner) in self._ids

    def head(self) -> Iterator[str]:
        """Who it is."""
        for association in self.associations:
            ends = f"{association.endpoint or '?'} - {association.mdd or '?'}"
            said = [f"client random {association.client_random[:4].hex()}"]
            if association.carrier is not None:
                said.insert(0, f"association id {association.carrier.association_id.hex()}")
            if association.tunnel is not None:
                tunnel = association.tunnel
                said.append(f"tunnel {tunnel.version} over {tunnel.transport}")
            yield f"{self.letter}: {ends}, {', '.join(said)}"

    @property
    def plain(self) -> bool:
        """A call without an MDD."""
        return all(map(is_plain, self.associations))


def _ids(association: Association) -> list[str]:
    found = [association.client_random.hex()]
    if association.carrier is not None:
        found.append(association.carrier.association_id.hex())
    return found


def conversation(
    followed: Followed, views: Iterator[PacketView], start: Callable[[], float], style: Style
) -> Iterator[str]:
    """Lines; `start` gives the time that counts as zero, once the first view is there."""
    yield from (style.paint(line, "bold") for line in followed.head())
    yield ""
    for view in views:
        time = style.paint(f"{view.time - start():10.6f}", "dim")
        arrow, text = _arrow(view.place.hop, followed, style), _outer(view)
        yield f"{view.number:>6} {time}  {arrow}  {text}{_remark(view, style)}"
        for part in view.parts:
            for line in _content(part):
                yield " " * 20 + style.paint(line, "note")


def _arrow(hop: str, followed: Followed, style: Style) -> str:
    left, middle, right = ("client", "server", "") if followed.plain else (followed.letter, "MDD", "KMF")  # fmt: skip
    glyphs = style.glyphs
    go, back, none = glyphs.dash * 2 + glyphs.right, glyphs.left + glyphs.dash * 2, "   "
    src, _, dst = hop.partition(">")
    near = {(left, middle): go, (middle, left): back}.get((src, dst), none)
    far = {(middle, right): go, (right, middle): back}.get((src, dst), none)
    row = f"{left} {near} {middle}"
    return row if followed.plain else f"{row} {far} {right}"


def _outer(view: PacketView) -> str:
    """What is on the wire."""
    return next((p.summary for p in view.parts if p.summary and not p.decrypted), "")


def _remark(view: PacketView, style: Style) -> str:
    grave = worst(view.expert)
    return "" if grave is None else style.paint(f"  [{grave}]", "bad")


def _content(part: Part) -> Iterator[str]:
    """What was opened."""
    if not part.decrypted or not part.summary:
        return
    yield part.summary.strip("[]")
    if part.layer is RTP:
        payload = str(part.tree().get("rtp_payload", ""))
        octets = bytes.fromhex(payload[: 2 * _PAYLOAD]) if _is_hex(payload) else b""
        text = "".join(chr(c) if 32 <= c < 127 else "." for c in octets)
        more = "…" if len(payload) > 2 * _PAYLOAD else ""
        yield f"{octets.hex(' ')}{more}  {text}"


def _is_hex(text: str) -> bool:
    return bool(text) and not text.startswith("<")
