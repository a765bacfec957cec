# SPDX-License-Identifier: GPL-2.0-only
"""The outer layer by itself: rollover counters, AES-CM, and packets that are none."""

from __future__ import annotations

import pytest

from perc_scapy.codes import ProtectionProfile
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import DecodeError
from perc_scapy.explain.outer import explain_outer
from perc_scapy.explain.search import Option, Outcome
from tests.explain.forge import Layer, sign_cm

GCM = SRTP_PROFILES[ProtectionProfile.SRTP_AEAD_AES_128_GCM]
CM80 = SRTP_PROFILES[ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_80]
HEADER = bytes.fromhex("80600fa000000640feedc0de")
MASTER = MasterKey(Key(bytes(range(16))), Key(bytes(range(0x20, 0x2C))))
CM_MASTER = MasterKey(Key(bytes(range(16))), Key(bytes(range(0x20, 0x2E))))


def explained(layer: Layer, estimate: int = 0, announced: int | None = None) -> Outcome:
    wire = HEADER + layer.seal(HEADER, b"payload")
    return explain_outer(
        wire, GCM, [Option(MASTER)], has_ekt=False, estimate=estimate, announced=announced
    )


@pytest.mark.req("SRT-03")
@pytest.mark.parametrize(
    ("roc", "estimate", "announced", "words"),
    [
        (4, 3, None, "one too high"),
        (2, 3, None, "one too low"),
        (0, 3, None, "reset to 0"),
        (17, 0, None, "17 where 0 is expected"),
        (70_000, 0, 70_000, "as the EKT field says"),
    ],
)
def test_rollover_counters(roc: int, estimate: int, announced: int | None, words: str) -> None:
    outcome = explained(Layer(*map(bytes, MASTER), roc=roc), estimate, announced)
    assert [words in option.name for option in outcome.deviations] == [True]


def test_the_right_way_has_no_deviation() -> None:
    outcome = explained(Layer(*map(bytes, MASTER), roc=3), 3)
    assert outcome.found
    assert outcome.deviations == []
    assert outcome.tried == 1


def _cm(**changes: object) -> Outcome:
    body = bytes(20)
    tag = sign_cm(
        bytes(CM_MASTER.key), bytes(CM_MASTER.salt), HEADER, body, **{"roc": 0, **changes}
    )
    wire = HEADER + body + tag
    return explain_outer(wire, CM80, [Option(CM_MASTER)], has_ekt=False, estimate=0)


def test_aes_cm_is_right() -> None:
    assert _cm().deviations == []
    assert _cm().found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": 4}, "the tag has 4 octets"),
        ({"roc": 1}, "one too high"),
        ({"label": 4}, "SRTCP keys"),
    ],
)
def test_aes_cm(changes: dict[str, int], words: str) -> None:
    names = [option.name for option in _cm(**changes).deviations]
    assert len(names) == 1
    assert words in names[0]


def test_neighbours_are_explained_at_once() -> None:
    layer = Layer(*map(bytes, MASTER), labels=(3, 5), pad_left=True)
    first = explained(layer)
    wire = HEADER + layer.seal(HEADER, b"other")
    second = explain_outer(
        wire, GCM, [Option(MASTER)], has_ekt=False, estimate=0, first=first.options
    )
    assert second.tried == 1
    assert {o.name for o in second.deviations} == {o.name for o in first.deviations}


@pytest.mark.parametrize("wire", [b"", b"\x80", HEADER[:11], b"\x9f" + HEADER[1:]])
def test_what_is_no_rtp(wire: bytes) -> None:
    with pytest.raises(DecodeError):
        explain_outer(wire, GCM, [Option(MASTER)], has_ekt=True, estimate=0)


def test_aes_cm_without_the_rollover_counter() -> None:
    """What is signed without the ROC ends in octets that stand where a ROC of 0 would."""
    body = b"sixteen octets.." + bytes(4)
    tag = sign_cm(bytes(CM_MASTER.key), bytes(CM_MASTER.salt), HEADER, body[:-4], 0)
    wire = HEADER + body + tag
    outcome = explain_outer(wire, CM80, [Option(CM_MASTER)], has_ekt=False, estimate=0)
    (option,) = outcome.deviations
    assert option.name == "the ROC is left out of the tag"
    assert option.clause == "RFC 3711 section 4.2"
