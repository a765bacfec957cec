# SPDX-License-Identifier: GPL-2.0-only
"""The endpoint as a process: what it is told on the command line, and how it ends."""

from __future__ import annotations

import io
import json
import shutil
import signal
from types import SimpleNamespace

import pytest

from perc_scapy.media.g711 import PCMU, round_trip
from perc_scapy.media.wav import decode_wav
from perc_scapy.net.address import Address
from perc_scapy.net.config import EndpointSettings
from perc_scapy.net.endpoint import EndpointProcess
from perc_scapy.net.report import Reporter
from perc_scapy.roles.endpoint.config import EndpointConfig
from tests.net.processes import Place, address_of, kmf_conference, mdd_conference


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    """One KMF and one MDD for all tests here: nothing that an endpoint does harms them."""
    made = Place(tmp_path_factory.mktemp("hall"))
    made.certificate("kmf", "mdd", "alice", "bob", "stranger")
    kmf = made.kmf(kmf_conference("alice", "bob"))
    mdd = made.mdd(mdd_conference(address_of(kmf)))
    mdd.until("tunnel_opened")
    made.address = address_of(mdd)
    yield made
    made.clean()


@pytest.fixture
def room(hall):
    """The conference's address at the MDD."""
    return hall.address


@pytest.fixture
def place(hall, tmp_path):
    """A folder of one's own with the certificates of the hall."""
    made = Place(tmp_path)
    for path in hall.folder.glob("*.[pk]e[my]"):
        shutil.copy(path, tmp_path)
    made.identities = hall.identities
    yield made
    made.clean()


@pytest.mark.req("T00-EP-03", "R8871-29")
def test_a_wrong_kmf_is_refused_by_the_endpoint(place, room):
    alice = place.endpoint("alice", room, kmf="stranger.pem")
    assert alice.wait() == 1
    shown = place.identities["kmf"].fingerprint
    assert alice.stderr == (
        f"perc endpoint: the KMF showed {shown}, not the one of --kmf-fingerprint\n"
    )
    assert "joined" not in alice.names()
    (left,) = alice.all("left")
    assert left["alert"] is not None


def test_events_name_keys_and_times_and_never_show_a_key(place, room):
    place.voice("alice", 0.4, 1)
    alice = place.endpoint("alice", room, "--send", "alice.wav", "--keylog", "alice.keys")
    bob = place.endpoint("bob", room, "--record", "heard", "--duration", "1")
    joined, ekt = alice.until("joined"), alice.until("ekt_key")
    ready, sending = alice.until("media_ready"), alice.until("sending")
    assert (joined["profile"], joined["ekt_cipher"]) == (9, 1)
    assert joined["kmf_fingerprint"] == place.identities["kmf"].fingerprint
    assert (ready["ssrc"], ready["spi"]) == (sending["ssrc"], ekt["spi"])
    assert bob.wait() == 0
    assert alice.end() == 0
    for event in alice.events:
        for name, value in event.items():
            if name.endswith("key_id"):
                assert len(value) == 8
            else:
                assert not isinstance(value, str) or len(value) <= len("sha-256:") + 64
    secret = (place.folder / "alice.keys").read_text().split()[2]
    assert secret not in json.dumps(alice.events)


def test_duration_ends_it_and_writes_what_was_heard(place, room):
    place.voice("alice", 1.0, 1)
    alice = place.endpoint("alice", room, "--send", "alice.wav", "--loop")
    alice.until("sending")
    bob = place.endpoint("bob", room, "--record", "new/folder", "--duration", "0.7")
    assert bob.wait() == 0
    (recorded,) = bob.until("end")["recorded"]
    wav = place.folder / recorded["wav"]
    assert wav == place.folder / f"new/folder/{alice.until('sending')['ssrc']:08x}.wav"
    audio = decode_wav(wav.read_bytes())
    assert audio.rate == 8000
    assert len(audio.samples) == recorded["samples"] > 800
    sidecar = json.loads(wav.with_suffix(".json").read_text())
    assert sidecar == {key: value for key, value in recorded.items() if key != "wav"}
    assert bob.until("heard")["first_timestamp"] == sidecar["first_timestamp"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_is_a_leave(place, room, number, code):
    alice = place.endpoint("alice", room)
    alice.until("media_ready")
    assert alice.end(number) == code
    assert alice.stderr == ""
    assert alice.names()[-2:] == ["left", "end"]
    end = alice.until("end")
    assert (end["sent"], end["skipped"], end["recorded"]) == (0, 0, [])
    assert set(end["counters"]) == {"endpoint", "socket"}


def test_the_bye_is_heard(place, room):
    place.voice("alice", 0.5, 1)
    bob = place.endpoint("bob", room)
    bob.until("media_ready")
    alice = place.endpoint("alice", room, "--send", "alice.wav")
    ssrc = alice.until("sending")["ssrc"]
    bob.until("heard", ssrc=ssrc)
    assert alice.end() == 0
    bob.until("source_left", ssrc=ssrc)


def test_a_relay_that_rewrites_headers_changes_nothing_that_is_heard(place):
    kmf = place.kmf(kmf_conference("alice", "bob"))
    relay = "[conference.relay]\npayload_types = { 0 = 96 }\nsequence_offset = 777\nmarker = true"
    mdd = place.mdd(mdd_conference(address_of(kmf), more=relay))
    voice = place.voice("alice", 0.6, 4)
    bob = place.endpoint("bob", address_of(mdd), "--record", "heard")
    bob.until("media_ready")
    alice = place.endpoint("alice", address_of(mdd), "--send", "alice.wav", "--duration", "1.5")
    assert bob.until("heard")["payload_type"] == 0
    bob.until("source_left")
    assert alice.wait() == 0
    assert bob.end() == 0
    (recorded,) = bob.until("end")["recorded"]
    assert recorded["first_timestamp"] == alice.until("sending")["first_timestamp"]
    samples = decode_wav((place.folder / recorded["wav"]).read_bytes()).samples
    assert samples == round_trip(PCMU, voice)


@pytest.fixture
def process(tmp_path, monkeypatch):
    """An `EndpointProcess` that is in a conference; what it would send is in `sent`, what it says in `said`."""
    place = Place(tmp_path)
    place.certificate("alice", "kmf")
    place.voice("alice", 10.0, 1)
    identities = place.identities
    role = EndpointConfig(
        identity=identities["alice"], kmf_fingerprint=identities["kmf"].fingerprint
    )
    folder = tmp_path / "heard"
    settings = EndpointSettings(
        role, Address("127.0.0.1", 9), send=tmp_path / "alice.wav", record=folder, loop=True
    )
    said = io.StringIO()
    made = EndpointProcess(settings, Reporter(said, as_json=True, role="endpoint"))
    made.said, made.sent, made._ready_at = said, [], 100.0
    made.socket = SimpleNamespace(counters={}, send=lambda data, addr: None)
    monkeypatch.setattr(
        made.endpoint,
        "send_rtp",
        lambda payload, **how: made.sent.append((how["timestamp"], how["marker"])),
    )
    return made


def test_after_a_long_stop_it_goes_on_where_it_would_be(process):
    for now in (100.0, 100.02, 101.02, 130.0, 130.02):
        process._speak(now)
    times = [*range(52), 1500, 1501]
    assert [timestamp for timestamp, _ in process.sent] == [160 * time for time in times]
    assert [index for index, (_, marker) in enumerate(process.sent) if marker] == [0, 52]
    assert process._next_frame() == pytest.approx(100 + 1502 * 0.02)
    process.finish(131.0)
    end = json.loads(process.said.getvalue().splitlines()[-1])
    assert (end["sent"], end["skipped"]) == (54, 1448)


def test_the_counters_are_told_when_the_recordings_cannot_be_written(process):
    process.recorder.add(1, 0, 0, b"\xff" * 160)
    (process._folder / "00000001.wav").mkdir()
    with pytest.raises(OSError, match=r"directory|permitted"):
        process.finish(101.0)
    assert "counters" in json.loads(process.said.getvalue().splitlines()[-1])


@pytest.mark.parametrize(("answered", "code"), [(False, 3), (True, None)])
def test_a_closed_port_ends_it_sooner_unless_somebody_was_there(process, answered, code):
    stopped = []
    process._driver = SimpleNamespace(stop=stopped.append)
    process._answered = answered
    for now, unreachable in ((0.0, 1), (1.0, 2), (4.9, 3), (6.0, 3)):
        process.socket.counters = {"unreachable": unreachable}
        process._note_refusals(now)
    assert stopped == [], "without a new refusal the MDD may be there by now"
    process.socket.counters = {"unreachable": 4}
    process._note_refusals(7.0)
    assert stopped == ([] if code is None else [code])
    wanted = None if answered else "nobody listens at 127.0.0.1:9; is the MDD running?"
    assert process.problem == wanted
