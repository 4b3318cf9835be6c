"""Frames of the tests as people's files have them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dealgate.model.fields import Field


def in_major_units(frame: pl.DataFrame, fields: Mapping[str, Field]) -> pl.DataFrame:
    """Amounts of typed columns as people write them."""
    amounts = [name for name in frame.columns if name in fields and fields[name].type == "money"]
    return frame.with_columns((pl.col(amounts) / 100).cast(pl.Decimal(18, 2)))
