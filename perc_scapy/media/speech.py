# SPDX-License-Identifier: GPL-2.0-only
"""A voice to send when no recording is at hand: glottal pulses through three formant resonators, syllable by syllable.

The same seed gives the same samples; different seeds are different voices, told apart by ear.
"""

from __future__ import annotations

import math
from array import array
from itertools import pairwise
from random import Random

from perc_scapy.media.g711 import RATE

# Formant frequencies in Hz of five vowels: the first three peaks of an average voice.
_VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
)
_BANDWIDTHS = (80.0, 110.0, 160.0)
_PEAK = 12_000.0


class _Resonator:
    """Two-pole filter at one formant."""

    def __init__(self, frequency: float, bandwidth: float) -> None:
        radius = math.exp(-math.pi * bandwidth / RATE)
        self.a1 = 2 * radius * math.cos(2 * math.pi * frequency / RATE)
        self.a2 = -radius * radius
        self.y1 = self.y2 = 0.0

    def step(self, x: float) -> float:
        y = x + self.a1 * self.y1 + self.a2 * self.y2
        self.y2, self.y1 = self.y1, y
        return y


def speech(seconds: float, seed: int) -> array[int]:
    """`seconds` of one voice, 8000 samples a second, peaks near 12000."""
    random = Random(seed)  # noqa: S311  a voice, not a secret
    pitch = 90 + 12 * (seed % 11)
    wanted = round(seconds * RATE)
    out: list[float] = []
    while len(out) < wanted:
        out += _consonant(random) if random.randrange(3) == 0 else []
        out += _syllable(random, pitch)
        out += [0.0] * random.randrange(RATE // 50, RATE // 12)
    return array("h", (round(value * _PEAK) for value in out[:wanted]))


def _syllable(random: Random, pitch: int) -> list[float]:
    """One vowel of 120 to 260 ms with a falling pitch."""
    length = random.randrange(120, 260) * RATE // 1000
    frequency = pitch * (90 + random.randrange(30)) / 100
    filters = [
        _Resonator(formant, width)
        for formant, width in zip(random.choice(_VOWELS), _BANDWIDTHS, strict=True)
    ]
    voiced = []
    phase = 0.0
    for index in range(length):
        phase += frequency * (1 - 0.2 * index / length) / RATE
        pulse = 1.0 if phase >= 1 else 0.0
        phase -= int(phase)
        voiced.append(sum(filter_.step(pulse) for filter_ in filters))
    return _shape(voiced, 1.0)


def _consonant(random: Random) -> list[float]:
    """A hiss of 40 to 90 ms, like an s."""
    length = random.randrange(40, 90) * RATE // 1000
    noise = [random.randrange(-1000, 1001) / 1000 for _ in range(length + 1)]
    return _shape([b - a for a, b in pairwise(noise)], 0.25)


def _shape(values: list[float], peak: float) -> list[float]:
    """Scale to `peak` under an envelope that rises and falls within 20 ms."""
    loudest = max(1e-9, *(abs(value) for value in values))
    ramp = RATE // 50
    last = len(values) - 1
    return [
        value / loudest * peak * min(1.0, index / ramp, (last - index) / ramp)
        for index, value in enumerate(values)
    ]
