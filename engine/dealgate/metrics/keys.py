"""What cases are grouped by: attributes as they were at the case's moment, and the period it lies in."""

from __future__ import annotations

from datetime import date

import polars as pl

from ..compile.frames import MOMENT
from ..model.diagnostics import WrongUsage, error
from .cases import Past
from .spec import PERIODS, Setting

FIELDS: dict[str, tuple[str, ...]] = {
    "owner": ("owner.id", "owner.name"),
    "team": ("owner.team",),
    "manager": ("owner.manager",),
    "segment": ("segment",),
    "source": ("source",),
    "channel": ("channel",),
    "region": ("region", "owner.region"),
    "product": ("product",),
}
"""Keys and the fields that tell of them: the first that any event tells of."""
GROUP = "@group"
KEYS = ("deal", "stage", "version", *FIELDS, *PERIODS)


def field_of(past: Past, key: str) -> str:
    """The field behind a key."""
    fields = FIELDS.get(key, (key,))
    return next((name for name in fields if past.knows(name)), fields[0])


def check_keys(past: Past, keys: tuple[str, ...]) -> None:
    """Raises WrongUsage where a key is none."""
    for key in keys:
        if key not in KEYS and key not in past.process.catalogue.deal:
            names = ", ".join(KEYS)
            raise WrongUsage(
                error("DG961", f"Nothing is grouped by {key!r}.", suggestion=f"{names}, or a deal's field")
            )


def in_window(past: Past, frame: pl.DataFrame, setting: Setting) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cases of the days asked for; and those whose moment nobody knows, where it matters."""
    asked = setting.asked
    placed = asked.since is not None or asked.until is not None or any(k in PERIODS for k in setting.keys)
    if not placed:
        return frame, frame.clear()
    undated = frame.filter(pl.col("at").is_null())
    inside = pl.col("at").is_not_null()
    if asked.since is not None:
        inside = inside & (pl.col("at") >= pl.lit(past.starts(asked.since)).cast(MOMENT))
    if asked.until is not None and asked.until < date.max:
        after = past.starts(date.fromordinal(asked.until.toordinal() + 1))
        inside = inside & (pl.col("at") < pl.lit(after).cast(MOMENT))
    return frame.filter(inside), undated


def keyed(past: Past, frame: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The cases with a column ``by.<key>`` (an Enum) a key, and ``@group``, a number for each group of them.

    The numbers count as the keys do, null last, so that groups in order of their number are in the keys' order.
    """
    stage = setting.spec.stage
    spread = "stage" in setting.keys and stage in ("passed", "ever") and "stage" not in frame.columns
    # a deal that counts in several stages has one owner: others first
    others = [key for key in setting.keys if key != "stage" or not spread]
    frame = frame.with_columns(_column(past, frame, key, setting).alias(f"by.{key}") for key in others)
    if spread:
        frame = _passed(past, frame, ever=stage == "ever").with_columns(pl.col("stage").alias("by.stage"))
    number = pl.lit(0, pl.UInt64)
    for key in setting.keys:
        size = len(categories(frame[f"by.{key}"].dtype))
        number = number * (size + 1) + pl.col(f"by.{key}").to_physical().cast(pl.UInt64).fill_null(size)
    return frame.with_columns(number.alias(GROUP))


def categories(kind: pl.DataType) -> list[str]:
    """The values of a key's column."""
    assert isinstance(kind, pl.Enum)
    return kind.categories.to_list()


def group_keys(frame: pl.DataFrame, keys: tuple[str, ...], groups: pl.Series) -> list[dict[str, str | None]]:
    """The keys of groups by their numbers."""
    values = [(key, categories(frame[f"by.{key}"].dtype)) for key in keys]
    found: list[dict[str, str | None]] = []
    for number in groups.to_list():
        row: dict[str, str | None] = {}
        for key, known in reversed(values):
            number, place = divmod(number, len(known) + 1)
            row[key] = known[place] if place < len(known) else None
        found.append({key: row[key] for key in keys})
    return found


def _passed(past: Past, frame: pl.DataFrame, *, ever: bool) -> pl.DataFrame:
    """A row a stage that the deal had entered by the case's moment (only open ones), or has by now."""
    entered = past.entries.select("deal", "stage", "rank", pl.col("at").alias("entered"))
    if ever:
        return frame.join(entered.select("deal", "stage"), on="deal", how="left", maintain_order="left")
    entered = entered.filter(pl.col("rank").is_not_null()).drop("rank")
    found = frame.join(entered, on="deal", how="left", maintain_order="left")
    by_then = pl.col("entered").is_null() | pl.col("at").is_null() | (pl.col("entered") <= pl.col("at"))
    # a deal that had been in no stage by then is in none
    with_any = found.filter(pl.col("stage").is_not_null() & by_then)
    alone = frame.join(with_any.select("deal", "at").unique(), on=["deal", "at"], how="anti", nulls_equal=True)
    nowhere = alone.with_columns(pl.lit(None, past.stages).alias("stage"))
    return pl.concat([with_any.drop("entered"), nowhere])


def _column(past: Past, frame: pl.DataFrame, key: str, setting: Setting) -> pl.Series:
    if key == "stage" and "stage" in frame.columns:
        return frame["stage"]
    if key == "version":
        return _version(past, frame, setting)
    if key == "deal":
        return frame["deal"]
    if key in PERIODS:
        return periods(past, frame["at"], key)
    return past.coded(frame, field_of(past, key))


def _version(past: Past, frame: pl.DataFrame, setting: Setting) -> pl.Series:
    versions = setting.asked.versions
    since = pl.Series("since", [at for at, _ in versions], MOMENT)
    table = pl.DataFrame([since, pl.Series("version", [name for _, name in versions], pl.String)]).sort("since")
    rows = frame.select(pl.col("at").fill_null(pl.lit(past.as_of).cast(MOMENT))).with_row_index("row").sort("at")
    found = rows.join_asof(table, left_on="at", right_on="since", check_sortedness=False).sort("row")
    version: pl.Series = found["version"].cast(pl.Enum(list(dict.fromkeys(name for _, name in versions))))
    return version


def periods(past: Past, moments: pl.Series, period: str) -> pl.Series:
    """The name of the period each moment lies in, as ``period_name`` gives it: an Enum, in order of time."""
    days = past.day(moments)
    different = days.unique().drop_nulls().sort()
    calendar = past.calendar
    names = [period_name(calendar.period(day, period)[0], period, calendar.fiscal_month) for day in different]
    table = pl.DataFrame({"day": different, "name": pl.Series(names, dtype=pl.Enum(list(dict.fromkeys(names))))})
    return pl.DataFrame({"day": days}).join(table, on="day", how="left", maintain_order="left")["name"]


def period_name(first: date, period: str, fiscal_month: int = 1) -> str:
    """A period's name by its first day: 2017-07, 2017-Q3, 2017-H2, 2017; weeks in ISO's way: 2017-W26.

    A fiscal year that does not begin in January is named by the calendar year it ends in, with FY before it.
    """
    if period == "month":
        return f"{first:%Y-%m}"
    if period == "week":
        return f"{first:%G-W%V}"
    months = (first.month - fiscal_month) % 12
    year = f"{first.year}" if fiscal_month == 1 else f"FY{first.year + (first.month >= fiscal_month)}"
    part = {"quarter": f"-Q{months // 3 + 1}", "half": f"-H{months // 6 + 1}", "year": ""}[period]
    return f"{year}{part}"
