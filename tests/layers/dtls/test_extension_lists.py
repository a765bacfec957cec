# SPDX-License-Identifier: GPL-2.0-only
"""One extension of a hello: its form depends on which hello it stands in."""

from __future__ import annotations

import pytest

from perc_scapy.codes import ExtensionType
from perc_scapy.layers.dtls import (
    DTLSClientExtension,
    DTLSExtension,
    DTLSServerExtension,
    ExtExternalSessionId,
    ExtSelectedEKTCipher,
    ExtSupportedEKTCiphers,
    ExtUseSRTP,
    ExtUseSRTPSelected,
)
from perc_scapy.layers.dtls.extension_lists import BOTH, CLIENT, SERVER
from tests.layers.compile.test_equivalence import agree
from tests.layers.media import octets


@pytest.mark.req("EKT-22")
def test_ekt_ciphers_are_a_list_in_the_offer_and_one_octet_in_the_answer():
    offer, answer = octets("TLSEXT-ekt-ch", "ext"), octets("TLSEXT-ekt-sh", "ext")
    assert agree(DTLSClientExtension, offer)
    assert agree(DTLSServerExtension, answer)
    assert bytes(DTLSClientExtension(body=ExtSupportedEKTCiphers(ciphers=[2, 1]))) == offer
    assert bytes(DTLSServerExtension(body=ExtSelectedEKTCipher(cipher=1))) == answer
    assert not agree(DTLSClientExtension, answer)
    assert not agree(DTLSServerExtension, offer)


@pytest.mark.req("DTL-01")
def test_use_srtp():
    offer, answer = octets("TLSEXT-srtp-ch", "ext"), octets("TLSEXT-srtp-sh", "ext")
    assert agree(DTLSClientExtension, offer)
    assert agree(DTLSServerExtension, answer)
    assert bytes(DTLSClientExtension(body=ExtUseSRTP(profiles=[10, 9]))) == offer
    assert bytes(DTLSServerExtension(body=ExtUseSRTPSelected(profiles=[9]))) == answer
    assert not agree(DTLSServerExtension, offer)


def test_external_session_id_of_rfc_8844():
    extension = bytes.fromhex("0038001514") + b"abc3de65cddef001be82"
    for cls in (DTLSClientExtension, DTLSServerExtension):
        assert agree(cls, extension)
        assert cls(extension)[ExtExternalSessionId].session_id == b"abc3de65cddef001be82"


@pytest.mark.parametrize("cls", [DTLSClientExtension, DTLSServerExtension])
def test_unknown_types_are_kept(cls):
    extension = bytes.fromhex("abcd0003616263")
    assert agree(cls, extension)
    assert cls(extension).body == b"abc"
    assert DTLSExtension in cls(extension)


@pytest.mark.parametrize("cls", [DTLSClientExtension, DTLSServerExtension])
def test_octets_behind_a_body_are_refused(cls):
    assert not agree(cls, bytes.fromhex("0017000100"))
    assert not agree(cls, bytes.fromhex("0017000200"))


def test_both_tables_know_the_same_types():
    assert set(CLIENT) == set(SERVER)
    assert not set(BOTH) & set(CLIENT)
    assert set(BOTH) | set(CLIENT) <= set(ExtensionType)
    assert "use_srtp" in DTLSClientExtension(octets("TLSEXT-srtp-ch", "ext")).summary()
