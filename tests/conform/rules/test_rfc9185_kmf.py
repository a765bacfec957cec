# SPDX-License-Identifier: GPL-2.0-only
"""Rules of `rfc9185_kmf`: each passes in a good conversation and fails in one with the violation planted."""

from __future__ import annotations

import pytest

from tests.conform.rules.cases import (
    always_fails_somewhere,
    ids_of,
    must_fail,
    must_pass,
    planted_in,
)


@pytest.mark.parametrize(("name", "id_"), planted_in("rfc9185_kmf"))
def test_a_planted_violation_is_found(name: str, id_: str) -> None:
    must_fail(name, id_)


@pytest.mark.parametrize("id_", ids_of("rfc9185_kmf"))
def test_good_conversations_pass(id_: str) -> None:
    must_pass(id_)


def test_every_id_has_a_violation() -> None:
    always_fails_somewhere("rfc9185_kmf")
