# SPDX-License-Identifier: GPL-2.0-only
"""The whole system as processes on loopback: three participants, real audio, every sample compared."""

from __future__ import annotations

import json
import stat
import time

import pytest

from perc_scapy.media.g711 import PCMU, round_trip
from perc_scapy.media.packetizer import FRAME_SAMPLES
from perc_scapy.media.wav import decode_wav
from tests.net.processes import address_of, kmf_conference, mdd_conference

PASS_SAMPLES = 16000
"""Two seconds of voice, sent again and again."""


def heard(folder, ssrc: int):
    """(sidecar, samples) of one sender in a recording folder."""
    wav = folder / f"{ssrc:08x}.wav"
    return json.loads(wav.with_suffix(".json").read_text()), decode_wav(wav.read_bytes()).samples


def expect_voice(folder, sending: dict, voice) -> dict:
    """Every recorded sample equals the G.711 round trip of what was sent at that RTP time, without a gap."""
    sidecar, samples = heard(folder, sending["ssrc"])
    late = sidecar["first_timestamp"] - sending["first_timestamp"] & 0xFFFFFFFF
    assert late < 60 * 8000
    assert late % FRAME_SAMPLES == 0
    once = round_trip(PCMU, voice)
    start = late % PASS_SAMPLES
    wanted = (once * (len(samples) // PASS_SAMPLES + 2))[start : start + len(samples)]
    assert sidecar["gaps"] == []
    assert samples == wanted
    assert len(samples) >= 3200
    return sidecar


@pytest.mark.req("T00-TUN-01", "T00-TUN-02", "T00-TUN-06", "T00-TUN-07", "T00-KMF-17")
@pytest.mark.req("SLD-TRN-03", "SLD-TRN-04", "SLD-TRN-05", "R8871-03")
def test_three_participants_hear_each_other_bit_for_bit(place):
    kmf = place.kmf(kmf_conference("alice", "bob", "carol"), options=("--keylog", "kmf.keys"))
    mdd = place.mdd(
        mdd_conference(address_of(kmf)), options=("--capture", "mdd.pcapng", "--keylog", "mdd.keys")
    )
    mdd.until("tunnel_opened", peer_fingerprint=place.identities["kmf"].fingerprint)
    kmf.until("tunnel_opened", peer_fingerprint=place.identities["mdd"].fingerprint)
    voices, people = {}, {}
    for seed, name in enumerate(("alice", "bob", "carol")):
        voices[name] = place.voice(name, 2.0, seed)
    for name in ("alice", "bob"):
        options = ("--send", f"{name}.wav", "--loop", "--record", f"heard-by-{name}")
        people[name] = place.endpoint(name, address_of(mdd), *options)
    sending = {name: people[name].until("sending") for name in people}
    for name, other in (("alice", "bob"), ("bob", "alice")):
        people[name].until("heard", ssrc=sending[other]["ssrc"])
    first_spi = people["alice"].until("ekt_key", first=True)["spi"]
    assert people["bob"].until("ekt_key", first=True)["spi"] == first_spi

    people["carol"] = place.endpoint(
        "carol", address_of(mdd), "--send", "carol.wav", "--loop", "--record", "heard-by-carol",
        "--keylog", "carol.keys",
    )  # fmt: skip
    sending["carol"] = people["carol"].until("sending")
    second = people["carol"].until("ekt_key", first=True)
    assert second["spi"] != first_spi
    for name in ("alice", "bob"):
        people[name].until("ekt_key", spi=second["spi"], key_id=second["key_id"], first=False)
        people[name].until("sending_key_changed", spi=second["spi"], epoch=0)
    for name in people:
        for other in people.keys() - {name}:
            people[name].until("heard", ssrc=sending[other]["ssrc"])
    for name in ("alice", "bob"):  # carol opens only what comes under the second key
        said = people["carol"].until("heard", ssrc=sending[name]["ssrc"])
        assert said["spi"] == second["spi"]
        kmf.until("ekt_key_delivered", member=name, spi=second["spi"])
    mdd.until("source_started", ssrc=sending["carol"]["ssrc"])
    keyed = mdd.several("hop_keys_installed", 3)
    assert len({event["association_id"] for event in keyed}) == 3
    joined = {person.until("joined")["send_key_id"] for person in people.values()}
    assert joined == {event["client_key_id"] for event in keyed}

    people["carol"].until("report_received", ssrc=sending["carol"]["ssrc"])
    time.sleep(1)  # some talk to record
    for person in people.values():
        assert person.end() == 0, person.stderr
        assert person.stderr == ""
        (left,) = person.all("left")
        assert left["local"] is True
    assert [process.end() for process in (mdd, kmf)] == [0, 0]

    for name in people:
        for other in people.keys() - {name}:
            sidecar = expect_voice(place.folder / f"heard-by-{name}", sending[other], voices[other])
            assert sidecar["duplicates"] == sidecar["dropped"] == 0
    for secret in ("kmf.keys", "mdd.keys", "carol.keys", "mdd.pcapng"):
        assert stat.S_IMODE((place.folder / secret).stat().st_mode) == 0o600
    tunnel = (place.folder / "mdd.keys").read_text()
    everything = (place.folder / "kmf.keys").read_text().splitlines()
    assert tunnel.strip() in everything
    assert len(everything) == 4  # one tunnel, three endpoints
    assert (place.folder / "carol.keys").read_text().strip() in everything
    assert kmf.all("end")[0]["counters"]["kmf"] == {}
