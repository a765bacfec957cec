# SPDX-License-Identifier: GPL-2.0-only
"""The engine's codec of handshake bodies and the layers are one definition: both accept and refuse the same
octets and read the same values from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from perc_scapy.dtls import codec, extensions
from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers import dtls
from perc_scapy.layers.compile import decode, encode
from tests.dtls.pairs import seeded
from tests.layers.dtls.flights import messages, openssl_datagrams, perc_datagrams
from tests.layers.strategies import damaged, records

MANY = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def block(found: Any) -> dict[int, bytes]:
    """Extensions of a hello record as the engine keeps them."""
    return {e.type: e.body if isinstance(e.body, bytes) else encode(e.body) for e in found or ()}


def fields(*names: str) -> Callable[[Any], tuple[Any, ...]]:
    return lambda record: tuple(getattr(record, name) for name in names)


def authorities(record: Any) -> bytes:
    return b"".join(len(n).to_bytes(2, "big") + n for n in record.certificate_authorities)


HELLO = ("version", "random", "session_id")
BODIES: dict[
    str, tuple[type, Callable[[bytes], Any], Callable[[Any], Any], Callable[[Any], Any]]
] = {
    "HelloVerifyRequest": (
        dtls.DTLSHelloVerifyRequest,
        codec.decode_hello_verify_request,
        fields("version", "cookie"),
        tuple,
    ),
    "Certificate": (
        dtls.DTLSCertificate,
        codec.decode_certificate,
        lambda r: r.certificates,
        tuple,
    ),
    "ServerKeyExchange": (
        dtls.DTLSServerECDH,
        codec.decode_server_key_exchange,
        fields("named_curve", "public", "scheme", "signature"),
        lambda v: (v.group, v.public, v.scheme, v.signature),
    ),
    "CertificateRequest": (
        dtls.DTLSCertificateRequest,
        codec.decode_certificate_request,
        lambda r: (r.certificate_types, r.signature_algorithms, authorities(r)),
        lambda v: (v.types, v.schemes, v.authorities),
    ),
    "ClientKeyExchange": (
        dtls.DTLSClientECDH,
        codec.decode_client_key_exchange,
        lambda r: r.public,
        bytes,
    ),
    "CertificateVerify": (
        dtls.DTLSCertificateVerify,
        codec.decode_certificate_verify,
        fields("scheme", "signature"),
        tuple,
    ),
    "Finished": (dtls.DTLSFinished, codec.decode_finished, lambda r: r.verify_data, bytes),
    "ServerHelloDone": (
        dtls.DTLSServerHelloDone,
        lambda body: codec.decode_empty(body, "ServerHelloDone"),
        lambda r: None,
        lambda v: v,
    ),
    "NewSessionTicket": (
        dtls.DTLSNewSessionTicket,
        codec.decode_new_session_ticket,
        lambda r: r.ticket,
        bytes,
    ),
    "EKTKey": (
        dtls.DTLSEKTKey,
        codec.decode_ekt_key,
        fields("ekt_key_value", "srtp_master_salt", "ekt_spi", "ekt_ttl"),
        tuple,
    ),
    "alert": (dtls.DTLSAlert, codec.decode_alert, fields("level", "description"), tuple),
    "use_srtp": (
        dtls.ExtUseSRTP,
        extensions.decode_use_srtp,
        fields("profiles", "srtp_mki"),
        tuple,
    ),
    "supported_ekt_ciphers": (
        dtls.ExtSupportedEKTCiphers,
        extensions.decode_ekt_ciphers,
        lambda r: r.ciphers,
        tuple,
    ),
    "supported_ekt_ciphers (server)": (
        dtls.ExtSelectedEKTCipher,
        extensions.decode_selected_ekt_cipher,
        lambda r: r.cipher,
        int,
    ),
    "external_session_id": (
        dtls.ExtExternalSessionId,
        extensions.decode_external_session_id,
        lambda r: r.session_id,
        bytes,
    ),
    "supported_groups": (
        dtls.ExtSupportedGroups,
        lambda data: extensions.decode_uint16_vector(data, "supported_groups"),
        lambda r: r.groups,
        tuple,
    ),
    "signature_algorithms": (
        dtls.ExtSignatureAlgorithms,
        lambda data: extensions.decode_uint16_vector(data, "signature_algorithms"),
        lambda r: r.algorithms,
        tuple,
    ),
    "ec_point_formats": (
        dtls.ExtECPointFormats,
        extensions.decode_point_formats,
        lambda r: r.formats,
        tuple,
    ),
    "renegotiation_info": (
        dtls.ExtRenegotiationInfo,
        extensions.decode_renegotiation_info,
        lambda r: r.renegotiated_connection,
        bytes,
    ),
    "extended_master_secret": (
        dtls.ExtExtendedMasterSecret,
        lambda data: extensions.decode_empty_extension(data, "extended_master_secret"),
        lambda r: None,
        lambda v: v,
    ),
}


def attempt(read: Callable[[bytes], Any], octets: bytes) -> tuple[bool, Any]:
    try:
        return True, read(octets)
    except DecodeError:
        return False, None


def compare(name: str, octets: bytes) -> bool:
    """Assert that both read the same; True when they accept."""
    layer, engine, ours, theirs = BODIES[name]
    accepted, made = attempt(lambda data: decode(layer, data), octets)
    by_engine, value = attempt(engine, octets)
    assert accepted is by_engine, f"{name}: layer {accepted}, engine {by_engine}: {octets.hex()}"
    if accepted:
        assert ours(made) == theirs(value)
    return accepted


def drawn(data: Any, layer: type) -> bytes:
    try:
        return encode(data.draw(records(layer)))
    except EncodeError:
        assume(False)
        raise


@pytest.mark.parametrize("name", BODIES)
@MANY
@given(data=st.data())
def test_bodies(name, data):
    octets = drawn(data, BODIES[name][0])
    assert compare(name, octets)
    compare(name, data.draw(damaged(octets)))
    compare(name, data.draw(st.binary(max_size=40)))


HELLOS = {
    "client": (dtls.DTLSClientHello, codec.decode_client_hello, codec.encode_client_hello),
    "server": (dtls.DTLSServerHello, codec.decode_server_hello, codec.encode_server_hello),
}
CLIENT = ("cookie", "cipher_suites")
SERVER = ("cipher_suite",)


def compare_hello(side: str, octets: bytes) -> bool:
    """The engine leaves the bodies of extensions to others, so what the layer refuses in one it may accept."""
    layer, read, write = HELLOS[side]
    accepted, made = attempt(lambda data: decode(layer, data), octets)
    by_engine, hello = attempt(read, octets)
    assert by_engine or not accepted
    if not accepted:
        if by_engine:
            assert any("extensions" in f.path and "body" in f.path for f in layer(octets).faults())
        return False
    names = HELLO + (CLIENT if side == "client" else SERVER)
    assert fields(*names)(made) == fields(*names)(hello)
    assert block(made.extensions) == hello.extensions
    assert list(block(made.extensions)) == list(hello.extensions)
    # An empty extension block is the only thing that the engine's reading does not keep.
    assert write(hello) == (octets if made.extensions != () else octets[:-2])
    return True


@pytest.mark.parametrize("side", HELLOS)
@MANY
@given(data=st.data())
def test_hellos(side, data):
    octets = drawn(data, HELLOS[side][0])
    assert compare_hello(side, octets)
    compare_hello(side, data.draw(damaged(octets)))
    compare_hello(side, data.draw(st.binary(max_size=80)))


@MANY
@given(data=st.data())
def test_fragments(data):
    octets = data.draw(st.binary(max_size=40))
    if data.draw(st.booleans()):
        octets = data.draw(damaged(drawn(data, dtls.DTLSHandshakes)))
    by_engine, fragments = attempt(codec.decode_fragments, octets)
    shown = dtls.DTLSHandshakes(octets)
    if not by_engine:
        assert shown.faults()
        return
    assert [(m.msg_type, m.length, m.message_seq, m.fragment_offset) for m in shown.messages] == [
        (f.type, f.length, f.sequence, f.offset) for f in fragments
    ]
    assert [bytes(m.body) for m in shown.messages] == [f.data for f in fragments]


@MANY
@given(data=st.data())
def test_acknowledgements(data):
    octets = data.draw(st.sampled_from([drawn(data, dtls.DTLSACK), data.draw(st.binary())]))
    octets = data.draw(st.sampled_from([octets, data.draw(damaged(octets))]))
    accepted, made = attempt(lambda o: decode(dtls.DTLSACK, o), octets)
    by_engine, numbers = attempt(codec.decode_ack, octets)
    assert accepted is by_engine
    if accepted:
        # Numbers beyond DTLS 1.2 name none of our records: the engine leaves them out.
        assert numbers == [
            n.epoch << 48 | n.sequence_number
            for n in made.record_numbers
            if n.epoch < 1 << 16 and n.sequence_number < 1 << 48
        ]


READERS = {
    1: lambda body: compare_hello("client", body),
    2: lambda body: compare_hello("server", body),
    3: lambda body: compare("HelloVerifyRequest", body),
    4: lambda body: compare("NewSessionTicket", body),
    11: lambda body: compare("Certificate", body),
    12: lambda body: compare("ServerKeyExchange", body),
    13: lambda body: compare("CertificateRequest", body),
    14: lambda body: compare("ServerHelloDone", body),
    15: lambda body: compare("CertificateVerify", body),
    16: lambda body: compare("ClientKeyExchange", body),
}


@pytest.mark.parametrize("source", [openssl_datagrams, perc_datagrams])
def test_real_messages(source):
    seen = set()
    for message in messages(source()):
        seen.add(message.msg_type)
        assert READERS[message.msg_type](bytes(message.body))
    assert {1, 2, 11, 12, 13, 14, 15, 16} <= seen


@MANY
@given(data=st.data())
def test_damaged_real_messages(data):
    message = data.draw(st.sampled_from(messages(openssl_datagrams())))
    READERS[message.msg_type](data.draw(damaged(bytes(message.body))))


def test_what_the_engine_encodes():
    body = codec.encode_ekt_key(codec.EktKeyBody(bytes(32), bytes(12), 7, 60))
    assert compare("EKTKey", body)
    params = codec.encode_ecdh_params(29, seeded(1)(32))
    assert compare("ServerKeyExchange", codec.encode_server_key_exchange(params, 0x0403, b"sig"))
    assert compare("use_srtp", extensions.encode_use_srtp(extensions.UseSrtp((9, 10), b"m")))
