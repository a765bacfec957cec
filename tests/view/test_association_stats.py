# SPDX-License-Identifier: GPL-2.0-only
"""What was negotiated and how it ended."""

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.view.association_stats import association_rows, result_of, tunnel_rows
from perc_scapy.view.whereabouts import Whereabouts
from tests.capture.conversations import observed, recorded
from tests.capture.handmade import three_flows


def rows(keylog: KeyLog | None = None) -> tuple[list, list]:
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog() if keylog is None else keylog)
    return tunnel_rows(analysis), association_rows(analysis, Whereabouts(analysis))


def test_rows() -> None:
    (tunnel,), people = rows()
    assert (tunnel["version"], tunnel["transport"], tunnel["messages"], tunnel["faults"]) == (
        "draft00",
        "dtls",
        28,
        0,
    )
    assert (tunnel["mdd"], tunnel["kmf"], tunnel["result"]) == (
        "127.0.0.1:50000",
        "127.0.0.1:4433",
        "established",
    )
    assert [row["association"] for row in people] == ["A", "B", "C"]
    assert {row["profile"] for row in people} == {"DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM"}
    assert {row["result"] for row in people} == {"established"}
    assert [[key["spi"] for key in row["ekt_keys"]] for row in people] == [[1, 2], [1, 2], [2]]
    assert all(0 < row["handshake_seconds"] < 1 for row in people)


def test_without_keys_what_is_in_clear_is_told() -> None:
    tunnels, people = rows(KeyLog())
    assert tunnels == []
    assert {row["ekt_cipher"] for row in people} == {"AESKW_128", None}
    assert all(row["hop_keys"] is None for row in people)


def test_results() -> None:
    talk = recorded()
    (session,) = observed(talk.log, talk.keylog).sessions
    assert result_of(session, established=True) == "established"
    assert result_of(session, established=False) == "incomplete"
    talk.client.close(0.0)
    closed = talk.log + [("client", bytes(d)) for d in talk.client.datagrams_to_send(0.0)]
    (session,) = observed(closed, talk.keylog).sessions
    assert result_of(session, established=True) == "closed"
    alert = bytes.fromhex("15fefd0000000000000099 0002 0228".replace(" ", ""))
    (session,) = observed([*talk.log[:2], ("server", alert)]).sessions
    assert result_of(session, established=False) == "alert HANDSHAKE_FAILURE"
