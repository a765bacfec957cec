# SPDX-License-Identifier: GPL-2.0-only
"""Recipes of all golden captures. Importing this fills `RECIPES`."""

from importlib import import_module

from captures.builders.recipe import RECIPES, Built, Recipe

ROOMS = (
    "damaged",
    "flows",
    "foreign",
    "interop",
    "keys",
    "links",
    "media",
    "refused",
    "rfc9185",
    "stated",
    "troubled",
    "violations_keys",
    "violations_media",
    "violations_tunnel",
)
for room in ROOMS:
    import_module(f"{__name__}.{room}")

__all__ = ["RECIPES", "Built", "Recipe"]
