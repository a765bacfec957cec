# SPDX-License-Identifier: GPL-2.0-only
"""Where planted violations are collected."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from perc_scapy.capture.analysis import Analysis


class Plant(NamedTuple):
    """A violation: the ids that must fail, and how to make its capture."""

    ids: tuple[str, ...]
    build: Callable[[], Analysis]


PLANTED: dict[str, Plant] = {}


def planted(*ids: str) -> Callable[[Callable[[], Analysis]], Callable[[], Analysis]]:
    """A function that makes a capture in which these ids are violated."""

    def register(build: Callable[[], Analysis]) -> Callable[[], Analysis]:
        PLANTED[build.__name__] = Plant(ids, build)
        return build

    return register
