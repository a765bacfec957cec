# SPDX-License-Identifier: GPL-2.0-only
"""Tables of values."""

from perc_scapy.view.html.tables import table_body, table_html


def test_cells() -> None:
    shown = table_body(["a", "n"], [["x<", 1], [None, 2.5], [[1, 2], 3]])
    assert shown == (
        '<table><thead><tr><th>a</th><th class="num">n</th></tr></thead><tbody>'
        '<tr><td>x&lt;</td><td class="num">1</td></tr><tr><td></td><td class="num">2.5</td></tr>'
        '<tr><td>1 2</td><td class="num">3</td></tr></tbody></table>'
    )
    assert table_html([], []).startswith('<div class="perc"><style>')
    assert "<td>True</td>" in table_body(["t"], [[True]])
