# SPDX-License-Identifier: GPL-2.0-only
"""Records as values: equality, showing, copying, computed counts."""

from __future__ import annotations

import pickle

import pytest

from perc_scapy.errors import EncodeError
from perc_scapy.layers import DTLSTunnelMessage, Empty, SupportedProfiles, TunnelMessage
from perc_scapy.layers.compile import Record, decode, encode, record, record_class
from tests.layers.toys import ToyHello, ToyKey, ToyRtp
from tests.layers.vectors import V00_E, V00_K, V00_P, V9185_K


def test_equality_is_class_and_values():
    assert decode(DTLSTunnelMessage, V00_P) == decode(DTLSTunnelMessage, V00_P)
    assert decode(DTLSTunnelMessage, V00_P) != decode(DTLSTunnelMessage, V00_E)
    assert record(Empty) != record(SupportedProfiles)
    assert record(Empty) != ()
    with pytest.raises(TypeError):
        hash(record(Empty))


def test_attributes_are_the_fields_and_nothing_else():
    message = decode(DTLSTunnelMessage, V00_P)
    assert isinstance(message, Record)
    assert message.layer is DTLSTunnelMessage
    assert {field.name for field in DTLSTunnelMessage.fields_desc} <= set(dir(message))
    with pytest.raises(AttributeError):
        message.no_such_field = 1
    assert not hasattr(message, "__dict__")


def test_repr_hides_secrets():
    text = repr(decode(DTLSTunnelMessage, V00_K))
    assert "client_write_SRTP_master_key=<16 octets, hidden>" in text
    assert "\\x11\\x11" not in text
    assert repr(record(Empty)) == "Empty()"


def test_counts_are_computed():
    message = decode(TunnelMessage, V9185_K)
    assert message.length == 79
    assert record(ToyRtp, csrc=[1, 2, 3]).csrc_count == 3
    assert record(ToyKey, ciphertext=bytes(10)).length == 17
    with pytest.raises(AttributeError):
        message.length = 5


def test_replace():
    message = decode(DTLSTunnelMessage, V00_E)
    changed = message.replace(dtls_message=b"new")
    assert (changed.dtls_message, changed.association_id) == (b"new", message.association_id)
    assert message.dtls_message != b"new"
    assert record(ToyHello, suites=[1]).replace(suites=[2, 3]).suites == (2, 3)
    with pytest.raises(EncodeError, match="stores no length"):
        decode(TunnelMessage, V9185_K).replace(length=3)


def test_pickled_and_back():
    message = decode(DTLSTunnelMessage, V00_K)
    assert pickle.loads(pickle.dumps(message)) == message


def test_the_class_takes_values_as_they_are_and_the_encoder_judges_them():
    message, body = record_class(DTLSTunnelMessage), record_class(SupportedProfiles)((9, 10), b"")
    ids = bytes(16), bytes(range(16))
    assert message(1, 0, *ids, 1, body, b"x") == record(
        DTLSTunnelMessage, association_id=ids[0], conference_id=ids[1], body=body, dtls_message=b"x"
    )
    for wrong in (
        (2, 0, *ids, 1, body, b""),
        (1, 0, ids[0], 5, 1, body, b""),
        (1, 0, ids[0], "text of 16 chars", 1, body, b""),
        (1, 0, *ids, 0, body, b""),
        (1, 0, *ids, 300, body, b""),
        (1, 0, *ids, 1, None, b""),
        (1, 0, *ids, 1, body, "text"),
        (1, 0, *ids, 1, body, 7),
        (1, 0, *ids, 1, record_class(SupportedProfiles)(5, b""), b""),
        (1, 0, *ids, 1, record_class(SupportedProfiles)((1, "x"), b""), b""),
    ):
        with pytest.raises(EncodeError):
            encode(message(*wrong))
