# SPDX-License-Identifier: GPL-2.0-only
"""The forwarder's header changes equal those of the plain RFC 8723 step, whichever way they take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import HeaderChange, change_headers
from perc_scapy.errors import DecodeError
from perc_scapy.roles import RelayPolicy
from perc_scapy.roles.mdd.forwarder_headers import HeaderWriter, leaving
from perc_scapy.wire import Ohb, peel_ohb
from tests.roles.mdd_world import bye, rtp, sender_report

policies = st.builds(
    RelayPolicy,
    st.dictionaries(st.integers(0, 127), st.integers(0, 127), max_size=3),
    marker=st.none() | st.booleans(),
)
ohbs = st.builds(
    Ohb,
    st.none() | st.integers(0, 127),
    st.none() | st.integers(0, 65535),
    st.none() | st.booleans(),
)


@pytest.mark.req("DBL-06")
@given(policies, ohbs, st.integers(0, 127), st.booleans(), st.integers(0, 9), st.integers(0, 9))
def test_changes_and_plans_agree_with_the_plain_step(
    policy: RelayPolicy, ohb: Ohb, pt: int, marker: bool, before: int, after: int
) -> None:
    header = rtp(before, 5, b"", pt | marker << 7)
    payload = b"inner ciphertext" + ohb.encode()
    writer = HeaderWriter(policy)
    change = HeaderChange(
        policy.payload_types.get(pt), after if after != before else None, policy.marker
    )
    expected = change_headers(header + payload, change)
    assert b"".join(writer.write(header, payload, change.seq, True)) == expected
    plan = writer.plans.get(header[:2])
    assert (plan is not None) == (change.seq is None and payload.endswith(b"\0"))
    if plan is not None:
        assert plan[0] + header[2:] + payload[:-1] + plan[1] == expected
    assert peel_ohb(expected[12:])[0] == b"inner ciphertext"


@given(policies, st.binary(min_size=1, max_size=30))
def test_a_plain_payload_is_never_touched(policy: RelayPolicy, payload: bytes) -> None:
    header, body = HeaderWriter(policy).write(rtp(1, 5, b""), payload, 7, False)
    assert body == payload
    assert header[2:4] == b"\0\7"
    assert header[1] & 0x7F == policy.payload_types.get(0, 0)


def test_a_malformed_ohb_is_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        HeaderWriter(RelayPolicy({0: 96})).write(rtp(1, 5, b""), b"x\xf0", None, True)


def test_byes_are_found_in_what_parses() -> None:
    report = sender_report(1)
    assert list(leaving(report + bye(7, 8))) == [7, 8]
    assert list(leaving(bye(7) + b"\x80\xcb\x00")) == [7]
    assert list(leaving(bye(7)[:-1])) == []
    assert list(leaving(b"\x9f\xcb\x00\x01" + bytes(3) + b"\x05")) == [5]
    assert list(leaving(b"")) == []
