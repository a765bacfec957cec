# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from perc_scapy.media.speech import speech


def test_a_seed_is_a_voice():
    assert speech(0.5, 1) == speech(0.5, 1)
    assert speech(0.5, 1) != speech(0.5, 2)
    assert len(speech(1.25, 4)) == 10_000


def test_it_has_pauses_and_loud_parts_and_no_clipping():
    voice = speech(3, 5)
    levels = [max(map(abs, voice[at : at + 160])) for at in range(0, len(voice), 160)]
    assert 8000 < max(levels) <= 12_000
    assert sum(level < 200 for level in levels) > 5
    assert sum(level > 2000 for level in levels) > 30


def test_it_has_a_pitch():
    # The waveform of a vowel repeats: some delay between 4 and 12 ms correlates strongly.
    voice = speech(2, 6)
    best = 0.0
    for start in range(0, len(voice) - 800, 400):
        part = voice[start : start + 400]
        power = sum(x * x for x in part)
        if power < 400 * 500**2:
            continue
        for delay in range(32, 100):
            later = voice[start + delay : start + delay + 400]
            best = max(best, sum(a * b for a, b in zip(part, later, strict=True)) / power)
    assert best > 0.8
