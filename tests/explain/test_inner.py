# SPDX-License-Identifier: GPL-2.0-only
"""The inner layer by itself, on packets of the vectors with one thing changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perc_scapy.codes import ProtectionProfile
from perc_scapy.crypto.double import OuterPacket
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.explain.inner import explain_inner
from perc_scapy.explain.search import Option, Outcome
from tests.explain.forge import Layer

GCM = SRTP_PROFILES[ProtectionProfile.SRTP_AEAD_AES_128_GCM]
MASTER = MasterKey(
    Key(bytes.fromhex("101112131415161718191a1b1c1d1e1f")),
    Key(bytes.fromhex("a0a1a2a3a4a5a6a7a8a9aaab")),
)
HEADER = bytes.fromhex("800f1234decafbadcafebabe")
CHANGED = bytes.fromhex("80604321decafbadcafebabe")


def explained(header: bytes, payload: bytes, estimate: int = 0) -> Outcome:
    return explain_inner(OuterPacket(header, payload), GCM, [Option(MASTER)], estimate=estimate)


@pytest.mark.req("DBL-06", "DBL-08")
def test_a_relayed_packet_of_the_vectors_is_right() -> None:
    """MDD-128-all: marker, payload type and sequence number changed."""
    inner = Layer(*map(bytes, MASTER)).seal(
        bytes.fromhex("808f1234decafbadcafebabe"), b"PERC test payload"
    )
    outcome = explained(CHANGED, inner + bytes.fromhex("0f12340f"))
    assert outcome.found
    assert outcome.deviations == []


@pytest.mark.req("DBL-08")
def test_changed_sequence_number_in_the_iv() -> None:
    inner = Layer(*map(bytes, MASTER), seq=0x4321).seal(HEADER, b"x")
    names = [o.name for o in explained(CHANGED, inner + bytes.fromhex("0f123403")).deviations]
    assert names == ["the inner IV has the changed SEQ that was received"]


@pytest.mark.req("DBL-09")
def test_inner_rollover_counter() -> None:
    inner = Layer(*map(bytes, MASTER), roc=4).seal(HEADER, b"x")
    assert explained(HEADER, inner + b"\0", 4).deviations == []
    assert "one too high" in explained(HEADER, inner + b"\0", 3).deviations[0].name


@settings(max_examples=10)
@given(st.binary(max_size=60))
def test_noise_fits_nothing(noise: bytes) -> None:
    assert not explain_inner(OuterPacket(HEADER, noise), GCM, [Option(MASTER)], estimate=0).found
