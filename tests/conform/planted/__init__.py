# SPDX-License-Identifier: GPL-2.0-only
"""Violations, one conversation each: `PLANTED` has what must fail and how the capture is made."""

from __future__ import annotations

from importlib import import_module

from tests.conform.planted.registry import PLANTED, Plant

for _module in ("tunnel", "relaying", "key_information", "handshakes", "ekt_messages", "ekt_in_media",
                "layers", "streams", "stories", "rfc9185"):  # fmt: skip
    import_module(f"tests.conform.planted.{_module}")

__all__ = ["PLANTED", "Plant"]
