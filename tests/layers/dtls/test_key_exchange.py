# SPDX-License-Identifier: GPL-2.0-only
"""Key exchange messages: which form their octets have, shown from the octets alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.layers.compile import decode
from perc_scapy.layers.dtls import (
    DTLSClientECDH,
    DTLSClientKeyExchange,
    DTLSClientLong,
    DTLSServerDH,
    DTLSServerDH10,
    DTLSServerECDH,
    DTLSServerECDH10,
    DTLSServerKeyExchange,
    DTLSServerPSK,
)
from tests.layers.compile.test_equivalence import agree
from tests.layers.dtls.flights import body, openssl_datagrams

POINT = "03001d20" + "ab" * 32
NUMBERS = "0004 0000000b 0001 02 0002 0003".replace(" ", "")
SERVER = [
    (DTLSServerECDH, POINT + "0403" + "0003736967"),
    (DTLSServerECDH10, POINT + "0003736967"),
    (DTLSServerDH, NUMBERS + "0401" + "0003736967"),
    (DTLSServerDH10, NUMBERS + "0003736967"),
    (DTLSServerPSK, "000468696e74"),
]


@pytest.mark.parametrize(("form", "octets"), SERVER)
def test_server_forms(form, octets):
    octets = bytes.fromhex(octets)
    assert agree(DTLSServerKeyExchange, octets)
    assert agree(form, octets)
    shown = DTLSServerKeyExchange(octets)
    assert type(shown.params) is form
    assert decode(DTLSServerKeyExchange, octets).params == octets
    again = form(**{f.name: getattr(shown.params, f.name) for f in form.fields_desc})
    assert bytes(DTLSServerKeyExchange(params=again)) == octets


def test_values_are_where_they_belong():
    ecdh = DTLSServerKeyExchange(bytes.fromhex(SERVER[0][1])).params
    assert (ecdh.named_curve, ecdh.public, ecdh.scheme, ecdh.signature) == (
        29,
        b"\xab" * 32,
        0x0403,
        b"sig",
    )
    dh = DTLSServerKeyExchange(bytes.fromhex(SERVER[2][1])).params
    assert (dh.dh_p, dh.dh_g, dh.dh_Ys, dh.signature) == (b"\0\0\0\x0b", b"\2", b"\0\3", b"sig")


@given(st.binary(max_size=60))
def test_client_forms_exclude_each_other(octets):
    fits = [cls for cls in (DTLSClientECDH, DTLSClientLong) if agree(cls, octets)]
    assert len(fits) <= 1
    assert agree(DTLSClientKeyExchange, octets)
    shown = DTLSClientKeyExchange(octets).exchange
    assert type(shown) is (fits[0] if fits else bytes)


@given(st.binary(max_size=60))
def test_octets_of_no_form_stay_octets(octets):
    agree(DTLSServerKeyExchange, octets)
    for form in (DTLSServerECDH, DTLSServerECDH10, DTLSServerDH, DTLSServerDH10, DTLSServerPSK):
        agree(form, octets)


def test_what_openssl_sends():
    ecdsa, rsa = openssl_datagrams(), openssl_datagrams(kind="rsa", suites=b"AES128-GCM-SHA256")
    old = openssl_datagrams(version=0xFEFF, suites=b"ALL:@SECLEVEL=0")
    assert type(body(ecdsa, DTLSServerKeyExchange).params) is DTLSServerECDH
    assert type(body(ecdsa, DTLSClientKeyExchange).exchange) is DTLSClientECDH
    assert type(body(old, DTLSServerKeyExchange).params) is DTLSServerECDH10
    encrypted = body(rsa, DTLSClientKeyExchange).exchange
    assert type(encrypted) is DTLSClientLong
    assert len(encrypted.exchange_keys) == 256
