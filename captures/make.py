# SPDX-License-Identifier: GPL-2.0-only
"""Makes the golden captures again: `python captures/make.py [NAME …] [--check] [--list] [--record]`.

Those made in the simulation come out octet for octet as they are kept. Recorded ones hold what foreign programs did
at one time; they are left alone unless `--record` is given, which needs those programs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from captures.builders import RECIPES, Recipe  # noqa: E402
from captures.builders.folder import files_of  # noqa: E402

CAPTURES = ROOT / "captures"


def main(arguments: list[str] | None = None) -> int:
    """0: made, or as kept; 1: `--check` found a difference; 2: no such capture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="captures to make; default: all")
    parser.add_argument(
        "--check", action="store_true", help="compare with what is kept, write nothing"
    )
    parser.add_argument("--list", action="store_true", help="name, kind and title of each")
    parser.add_argument(
        "--record", action="store_true", help="record those of foreign programs anew"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.names) - RECIPES.keys()
    if unknown:
        print(f"no such capture: {', '.join(sorted(unknown))}; --list shows all", file=sys.stderr)
        return 2
    chosen = [RECIPES[name] for name in options.names or sorted(RECIPES)]
    if options.list:
        for item in chosen:
            print(f"{item.name:36} {item.kind:10} {item.title}")
        return 0
    made = [item for item in chosen if item.reproducible or options.record]
    skipped = len(chosen) - len(made)
    if skipped:
        print(f"{skipped} recorded captures left as they are (--record)", file=sys.stderr)
    return max([0, *(work(item, check=options.check) for item in made)])


def work(item: Recipe, *, check: bool) -> int:
    """Write one capture, or compare it."""
    folder = CAPTURES / item.name
    files = files_of(item)
    if not check:
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return 0
    bad = [n for n, data in files.items() if not _same(folder / n, data)]
    for name in bad:
        print(f"{item.name}/{name}: differs from what {item.build.__name__} makes")
    return 1 if bad else 0


def _same(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


if __name__ == "__main__":
    sys.exit(main())
