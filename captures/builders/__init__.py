# SPDX-License-Identifier: GPL-2.0-only
"""Recipes of all golden captures. Importing this fills `RECIPES`."""

from captures.builders import flows, keys, media, refused, troubled
from captures.builders.recipe import RECIPES, Built, Recipe

__all__ = ["RECIPES", "Built", "Recipe", "flows", "keys", "media", "refused", "troubled"]
