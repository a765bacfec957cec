# SPDX-License-Identifier: GPL-2.0-only
from perc_scapy.layers import media, tunnel_draft00, tunnel_rfc9185
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls import DTLSACK, DTLSClientHello, DTLSEKTKey, ExtSupportedGroups
from perc_scapy.wireshark.scope import in_scope, layers


def own_layers(module: object) -> set[type]:
    found = {value for value in vars(module).values() if isinstance(value, type)}
    return {c for c in found if issubclass(c, PercPacket) and c.__module__ == module.__name__}


def test_every_layer_of_both_tunnels_ekt_and_double_srtp() -> None:
    wanted = own_layers(tunnel_draft00) | own_layers(tunnel_rfc9185)
    wanted |= {media.EKTShort, media.EKTFull, media.EKTExtension, media.EKTUndefined, media.OHB}
    wanted |= {media.DoubleSRTP, media.DoublePlaintext, media.SRTCP, DTLSEKTKey, DTLSACK}
    assert len(own_layers(tunnel_draft00)) == 4
    assert len(own_layers(tunnel_rfc9185)) == 6
    assert wanted <= set(layers())


def test_dtls_that_wireshark_reads_itself_stays_with_it() -> None:
    assert not in_scope(DTLSClientHello)
    assert not in_scope(ExtSupportedGroups)
    assert not {DTLSClientHello, ExtSupportedGroups} & set(layers())


def test_each_layer_once() -> None:
    assert len(layers()) == len(set(layers()))
