# SPDX-License-Identifier: GPL-2.0-only
"""Captures as columns: Parquet files and data frames, one capture or thousands.

`schema`                                 every table, column by column
`packets` `associations` `streams` `findings`   one table each; `capture` makes all of one capture at once
`frames`                                 the same for pandas and polars
`export` `manifest` `jobs` `engines`     many captures: what is to be done, who does it, what was done
Modules import pyarrow; it comes with the extra `analytics`.
"""
