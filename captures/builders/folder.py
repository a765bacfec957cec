# SPDX-License-Identifier: GPL-2.0-only
"""The files of a capture's folder, made from its recipe. `expect.json` is not among them: `perc check --update` is."""

from __future__ import annotations

import json
import textwrap

from captures.builders.recipe import Built, Recipe

SPDX_MD = "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
SPDX_TOML = "# SPDX-License-Identifier: GPL-2.0-only\n"


def files_of(item: Recipe) -> dict[str, bytes]:
    """Name -> octets."""
    built = item.build()
    files = {"trace" + built.suffix: built.trace}
    if built.keylog is not None:
        files["secrets.keylog"] = built.keylog
    if built.keys is not None:
        files["keys.toml"] = built.keys.encode()
    files["README.md"] = readme(item, built).encode()
    files["about.toml"] = about(item).encode()
    return files


def about(item: Recipe) -> str:
    """For machines."""
    lines = [
        f"kind = {json.dumps(item.kind)}",
        f"title = {json.dumps(item.title)}",
        f"description = {json.dumps(' '.join(item.text.split()))}",
        f"shows = {json.dumps(list(item.shows))}",
        f"violates = {json.dumps(list(item.violates))}",
        f"reproducible = {json.dumps(item.reproducible)}",
    ]
    if item.recorded:
        lines.append(f"recorded = {json.dumps(item.recorded)}")
    return SPDX_TOML + "\n".join(lines) + "\n"


def readme(item: Recipe, built: Built) -> str:
    """For people."""
    parts = [f"# {item.title}", _wrapped(item.text)]
    if item.shows:
        parts.append("Shows: " + ", ".join(item.shows) + ".")
    if item.violates:
        parts.append("Must fail: " + ", ".join(item.violates) + ".")
    parts.append(_wrapped(_made(item)))
    keys = "secrets.keylog" if built.keylog is not None else "keys.toml" if built.keys else ""
    command = f"perc dissect trace{built.suffix}" + (f" -k {keys}" if keys else "")
    parts.append(f"Look at it: `{command}`")
    return SPDX_MD + "\n\n".join(parts) + "\n"


def _made(item: Recipe) -> str:
    if item.recorded:
        return f"Recorded, so not made again octet for octet: {item.recorded}"
    return f"Made in the simulation, octet for octet the same each time: `python captures/make.py {item.name}`."


def _wrapped(text: str) -> str:
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(textwrap.fill(part, 118, break_on_hyphens=False) for part in paragraphs)
