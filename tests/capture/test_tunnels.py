# SPDX-License-Identifier: GPL-2.0-only
"""Two nested associations in one capture, told apart and opened."""

from dataclasses import replace

import pytest
from OpenSSL import SSL

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import find_associations
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.tunnels import ENDPOINT, find_tunnels
from perc_scapy.codes import HandshakeType
from perc_scapy.errors import ConfigError
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import TunneledDtls
from tests.capture.conversations import keylog_of, observed, recorded
from tests.capture.handmade import CONFERENCE, HandmadeConference, k, three_flows
from tests.capture.openssl_talk import context
from tests.capture.tls_talk import (
    TLS_1_2,
    TLS_1_3,
    TlsEnd,
    chunks,
    losing,
    pump,
    say,
    table_of,
    tls_talk,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


@pytest.mark.req("SLD-OBJ-02", "SLD-OBJ-03", "T00-TUN-07", "T00-TUN-06", "T00-MDD-04")
def test_every_association_inside_the_tunnel(talk: HandmadeConference) -> None:
    (tunnel,) = Analysis(talk.trace, talk.keylog()).tunnels
    assert tunnel.version == "draft00"
    assert all(seen.message is not None for seen in tunnel.messages)
    assert list(tunnel.associations) == [p.association_id for p in talk.people.values()]
    for association in tunnel.associations.values():
        assert association.conference_id == CONFERENCE
        (session,) = association.flow.sessions
        assert session.client == ENDPOINT
        assert session.first(HandshakeType.FINISHED, True) is not None
        assert session.first(HandshakeType.FINISHED, False) is not None


@pytest.mark.req("T00-MDD-05", "T00-MDD-06", "T00-KMF-09", "T00-KMF-10", "SLD-OBJ-05", "SLD-OBJ-07")
def test_which_messages_have_profiles_and_which_have_keys(talk: HandmadeConference) -> None:
    (tunnel,) = Analysis(talk.trace, talk.keylog()).tunnels
    for association in tunnel.associations.values():
        messages = [seen.message for seen in association.messages]
        assert messages[0].profiles == (9,)
        assert [m.profiles for m in messages[1:]] == [None] * (len(messages) - 1)
        assert sum(m.keys is not None for m in messages) == 1


@pytest.mark.req("T00-MDD-11")
def test_without_the_tunnels_secret_there_is_no_tunnel_to_see(talk: HandmadeConference) -> None:
    analysis = Analysis(talk.trace, KeyLog())
    assert analysis.tunnels == []
    assert len(analysis.associations) == 4


def test_with_the_tunnels_secret_alone_the_inside_stays_sealed(talk: HandmadeConference) -> None:
    keylog = KeyLog()
    keylog.add_text(talk.lines[0].encode())
    (tunnel,) = Analysis(talk.trace, keylog).tunnels
    for association in tunnel.associations.values():
        (session,) = association.flow.sessions
        assert session.ekt_keys() == []
        assert session.first(HandshakeType.SERVER_HELLO, False) is not None


def test_messages_that_must_have_no_effect_are_told() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.mdd.send_application(b"\x02\x00 not a version we know" + bytes(20))
    for data in talk.mdd.datagrams_to_send(talk.now):
        talk.seen(talk.trace[0].src, talk.trace[0].dst, data)
    (tunnel,) = Analysis(talk.trace, talk.keylog()).tunnels
    (bad,) = [seen for seen in tunnel.messages if seen.message is None]
    assert bad.packet == len(talk.trace)
    assert "version" in bad.fault


def test_other_application_data_is_no_tunnel() -> None:
    talk = recorded()
    assert find_tunnels(observed(talk.log, talk.keylog).sessions, talk.keylog) == []


# -- RFC 9185 over TLS

RFC = TUNNEL_VERSIONS["rfc9185"]


class Replayed:
    """The conference above with its tunnel messages in the words of RFC 9185, over a TLS connection."""

    def __init__(
        self, talk: HandmadeConference | None, *, version: int, mdd: str = "client", split: int = 0
    ) -> None:
        self.lines: list[str] = []
        ctx = context(
            b"ECDHE-ECDSA-AES128-GCM-SHA256", self.lines, method=SSL.TLS_METHOD, version=version
        )
        ctx.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.ends = TlsEnd(ctx, server=False), TlsEnd(ctx, server=True)
        self.stream = pump(*self.ends)
        self.names = {"mdd": mdd, "kmf": "server" if mdd == "client" else "client"}
        self.split, self.sent = split, 0
        self.say("mdd", TunneledDtls(b"", b"", profiles=(9, 10), version=0))
        drafts = [] if talk is None else Analysis(talk.trace, talk.keylog()).tunnels
        for seen in (seen for tunnel in drafts for seen in tunnel.messages):
            message = seen.message
            self.say(seen.sender, TunneledDtls(message.association_id, message.dtls))
            if message.keys is not None:
                self.say("kmf", TunneledDtls(message.association_id, b"", keys=message.keys))

    def say(self, sender: str, message: TunneledDtls) -> None:
        data = RFC.encode(message, sender)
        step = self.split or len(data)
        for position in range(0, len(data), step):
            self.stream += say(*self.ends, self.names[sender], data[position : position + step])
        self.sent += 1

    def tunnels(self, keylog: KeyLog, **options):
        table = table_of(chunks(self.stream), keylog)
        return find_tunnels((s for s, _, _ in table.tls_sessions()), keylog, **options)


def whole_log(talk: HandmadeConference, replayed: Replayed) -> KeyLog:
    keylog = talk.keylog()
    keylog.add_text("\n".join(replayed.lines).encode())
    return keylog


@pytest.mark.req("R9185-TUN-04", "R9185-TUN-06", "R9185-MD-05")
@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("mdd", ["client", "server"])
@pytest.mark.parametrize("split", [0, 50])
def test_a_tunnel_over_tls(talk: HandmadeConference, version: int, mdd: str, split: int) -> None:
    replayed = Replayed(talk, version=version, mdd=mdd, split=split)
    keylog = whole_log(talk, replayed)
    (tunnel,) = replayed.tunnels(keylog)
    assert (tunnel.version, tunnel.profiles) == ("rfc9185", (9, 10))
    assert tunnel.transport == {TLS_1_2: "tls1.2", TLS_1_3: "tls1.3"}[version]
    assert tunnel.opened_by == {"client": "mdd", "server": "kmf"}[mdd]
    assert len(tunnel.messages) == replayed.sent
    assert not any(seen.fault for seen in tunnel.messages)
    (draft,) = Analysis(talk.trace, talk.keylog()).tunnels
    assert list(tunnel.associations) == list(draft.associations)
    for ours, theirs in zip(tunnel.associations.values(), draft.associations.values(), strict=True):
        (session,), (other,) = ours.flow.sessions, theirs.flow.sessions
        assert session.client == ENDPOINT
        assert [k.parameters for k in session.ekt_keys()] == [
            k.parameters for k in other.ekt_keys()
        ]
        assert session.exported_keys() == other.exported_keys()
    assert all(tunnel.session.certificates(from_client=side) for side in (True, False))
    assert tunnel.notes(keylog) == []


@pytest.mark.req("R9185-KD-08")
def test_media_keys_give_the_hop_keys_of_an_association(talk: HandmadeConference) -> None:
    """With the tunnel's secrets alone: what the Media Distributor knows, and nothing else."""
    replayed = Replayed(talk, version=TLS_1_3)
    (tunnel,) = replayed.tunnels(keylog_of(replayed.lines))
    for association in find_associations([], [tunnel]):
        name = association.carrier.association_id
        person = next(p for p in talk.people.values() if p.association_id == name)
        assert association.exported() is None
        assert association.hop_keys() == person.keys.outer()
        assert association.ekt_keys() == []


def test_an_association_that_ended(talk: HandmadeConference) -> None:
    replayed = Replayed(talk, version=TLS_1_2)
    name = talk.people["B"].association_id
    replayed.say("kmf", TunneledDtls(name, b"", ended=True))
    (tunnel,) = replayed.tunnels(whole_log(talk, replayed))
    ended = {key: association.ended for key, association in tunnel.associations.items()}
    assert [key for key, packet in ended.items() if packet is not None] == [name]
    assert ended[name] == tunnel.messages[-1].packet


@pytest.mark.req("R9185-TUN-05", "R9185-KD-12")
def test_one_association_over_two_tunnels(talk: HandmadeConference) -> None:
    """Messages of one id may take any tunnel between the two; the id alone says what they belong to."""
    replayed = Replayed(talk, version=TLS_1_3)
    other = Replayed(None, version=TLS_1_3)
    name = talk.people["A"].association_id
    other.say("mdd", TunneledDtls(name, b"", ended=True))
    keylog = whole_log(talk, replayed)
    keylog.add_text("\n".join(other.lines).encode())
    flows = []
    for made, first in ((replayed, 0), (other, 10_000)):
        shown = [replace(c, number=c.number + first) for c in chunks(made.stream)]
        flows += [s for s, _, _ in table_of(shown, keylog).tls_sessions()]
    one, two = find_tunnels(flows, keylog)
    assert one.associations[name] is two.associations[name]
    assert one.associations[name].ended > 10_000


def test_losses_are_told_and_the_rest_is_read(talk: HandmadeConference) -> None:
    replayed = Replayed(talk, version=TLS_1_3)
    keylog = whole_log(talk, replayed)
    found = chunks(replayed.stream, size=400)
    table = table_of(losing(found, {len(found) // 2, len(found) // 2 + 1}), keylog)
    (tunnel,) = find_tunnels((s for s, _, _ in table.tls_sessions()), keylog)
    assert replayed.sent - 8 < sum(not seen.fault for seen in tunnel.messages) < replayed.sent
    assert "octets of the" in str(table.notes(keylog)[0])


def test_a_version_may_be_forced(talk: HandmadeConference) -> None:
    replayed = Replayed(talk, version=TLS_1_3)
    keylog = whole_log(talk, replayed)
    assert replayed.tunnels(keylog, version="draft00") == []
    assert len(replayed.tunnels(keylog, version="rfc9185")) == 1
    (tunnel,) = Analysis(talk.trace, talk.keylog()).tunnels
    assert (tunnel.version, tunnel.transport) == ("draft00", "dtls")
    assert find_tunnels([tunnel.session], talk.keylog(), version="rfc9185") == []
    with pytest.raises(ConfigError, match="unknown tunnel version 'draft99'"):
        find_tunnels([], KeyLog(), version="draft99")


def test_messages_do_not_show_their_keys(talk: HandmadeConference) -> None:
    (tunnel,) = Analysis(talk.trace, talk.keylog()).tunnels
    keyed = next(seen for seen in tunnel.messages if seen.message.keys is not None)
    assert bytes(keyed.message.keys.client.key) in keyed.raw
    assert repr(bytes(keyed.message.keys.client.key))[2:-1] not in repr(keyed)
    assert repr(tunnel) == f"Tunnel(draft00 over dtls, {len(tunnel.associations)} associations)"


def test_a_web_server_is_no_tunnel() -> None:
    said = tls_talk(
        messages=[("client", b"GET / HTTP/1.1\r\n\r\n"), ("server", b"HTTP/1.1 200 OK\r\n")]
    )
    table = table_of(chunks(said.stream), said.keylog)
    assert find_tunnels((s for s, _, _ in table.tls_sessions()), said.keylog) == []
