# SPDX-License-Identifier: GPL-2.0-only
"""What a notebook shows: every object has a plain text (`str`, `repr`) and an HTML form (`_repr_html_`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Card:
    """`value` is the object that is shown; `text` and `html` make its two forms when they are asked for."""

    value: Any = field(repr=False)
    text: Callable[[Any], str] = field(repr=False)
    html: Callable[[Any], str] = field(repr=False)

    def __str__(self) -> str:
        return self.text(self.value)

    def __repr__(self) -> str:
        return self.text(self.value)

    def _repr_html_(self) -> str:
        return self.html(self.value)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.value, name)


class Cards(Sequence[Card]):
    """Several cards, shown one below the other, or by `together` (their values -> HTML)."""

    def __init__(
        self,
        cards: Sequence[Card],
        nothing: str,
        together: Callable[[list[Any]], str] | None = None,
    ) -> None:
        self._cards, self._nothing, self._together = list(cards), nothing, together

    def __len__(self) -> int:
        return len(self._cards)

    def __getitem__(self, index: Any) -> Any:
        return self._cards[index]

    def __repr__(self) -> str:
        return "\n".join(map(str, self._cards)) or self._nothing

    def _repr_html_(self) -> str:
        if self._together is not None and self._cards:
            return self._together([card.value for card in self._cards])
        return "".join(card._repr_html_() for card in self._cards) or f"<p>{self._nothing}</p>"
