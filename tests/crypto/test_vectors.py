# SPDX-License-Identifier: GPL-2.0-only
"""No vector of the file lies unused: each is named, or selected by its kind, in some test."""

import json
from pathlib import Path

import pytest

from tests.crypto.support import VECTOR_FILE

TESTS = Path(__file__).parent.parent
FILE = json.loads(VECTOR_FILE.read_text())
EVERY = FILE["vectors"] + FILE["public_vectors"]
SOURCE = "\n".join(
    path.read_text() for path in sorted(TESTS.rglob("*.py")) if path.name != Path(__file__).name
)


def test_the_file_is_whole() -> None:
    assert (len(FILE["vectors"]), len(FILE["public_vectors"])) == (37, 22)
    assert len({v["id"] for v in EVERY}) == 59


@pytest.mark.parametrize("vector", EVERY, ids=lambda v: v["id"])
def test_is_used(vector: dict) -> None:
    named = f'"{vector["id"]}"' in SOURCE
    selected = f'of_kind("{vector.get("kind")}")' in SOURCE
    assert named or selected
