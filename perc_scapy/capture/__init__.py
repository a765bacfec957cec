# SPDX-License-Identifier: GPL-2.0-only
"""What a capture and its keys tell: offline decryption of all layers, and the flows, people and media it shows.

`keylog` `dtls_flows` `dtls_sessions` `tunnels` `associations`   DTLS, the tunnel inside, the associations inside that
`hops` `media` `learned`                                         both layers of SRTP
`story` `steps` `participants` `secrecy` `checks`                what the conversation means
"""
