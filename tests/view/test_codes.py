# SPDX-License-Identifier: GPL-2.0-only
"""Names of code points."""

from perc_scapy.codes import AlertDescription, ProtectionProfile
from perc_scapy.view.codes import name_of


def test_names() -> None:
    assert name_of(ProtectionProfile, 7) == "SRTP_AEAD_AES_128_GCM"
    assert name_of(AlertDescription, 255) == "0x00ff"
    assert name_of(ProtectionProfile, None) is None
