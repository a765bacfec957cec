# SPDX-License-Identifier: GPL-2.0-only
"""Audio for the endpoints: G.711, WAV, packetising, recording and a voice to send; bytes and samples in and out.

Samples are `array("h")`: signed 16 bit, one channel, 8000 a second unless a rate is given.

`files` makes media files out of RTP payloads that `sequencer` put in order, codecs known by `payload_types`: G.711,
`opus` in `ogg`, `h264`, `vp8` in `ivf`.
"""

from perc_scapy.media.g711 import CODECS, PCMA, PCMU, Codec, round_trip
from perc_scapy.media.packetizer import Frame, Packetizer
from perc_scapy.media.recorder import Recorder, Track
from perc_scapy.media.speech import speech
from perc_scapy.media.wav import Audio, decode_wav, encode_wav, resample

__all__ = [
    "CODECS",
    "PCMA",
    "PCMU",
    "Audio",
    "Codec",
    "Frame",
    "Packetizer",
    "Recorder",
    "Track",
    "decode_wav",
    "encode_wav",
    "resample",
    "round_trip",
    "speech",
]
