# SPDX-License-Identifier: GPL-2.0-only
"""Audio for the endpoints: G.711, WAV, packetising, recording and a voice to send; bytes and samples in and out.

Samples are `array("h")`: signed 16 bit, one channel, 8000 a second unless a rate is given.
"""
