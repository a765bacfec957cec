# SPDX-License-Identifier: GPL-2.0-only
"""Stages: a good conversation passes all, and what a stage looks for it finds."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from perc_scapy.layers.ekt import EKTField
from soak import stages
from soak.seeds import seeds

SEED = seeds({"session-setup-1"})[0]


def test_a_good_conversation_passes_every_stage() -> None:
    analysis = stages.analysed(SEED.packets, SEED)
    stages.shown(analysis, SEED.packets)
    for stage in stages.CONVERSATION_STAGES:
        stage(analysis)
    stages.explained(analysis)


@pytest.mark.parametrize("data", [b"", b"\x02", b"\x01\x00" * 30, SEED.packets[0].data])
def test_packets_pass(data: bytes) -> None:
    for stage in stages.PACKET_STAGES:
        stage(data)


@pytest.mark.parametrize("data", [b"", b"no capture", SEED.file[:-9], SEED.file[:99]])
def test_files_that_are_none_or_cut(data: bytes) -> None:
    stages.read(data, SEED)


def test_octets_that_a_layer_does_not_give_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EKTField, "__bytes__", lambda self: b"other", raising=False)
    with pytest.raises(AssertionError):
        stages.layers(b"\x00")


def test_a_rule_that_breaks_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "judge", lambda analysis: SimpleNamespace(errors=("EKT-01",)))
    with pytest.raises(AssertionError, match="EKT-01"):
        stages.judged(SimpleNamespace())


def test_a_capture_that_differs_from_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "compare", lambda one, other: SimpleNamespace(equal=False))
    with pytest.raises(AssertionError):
        stages.compared(SimpleNamespace())
