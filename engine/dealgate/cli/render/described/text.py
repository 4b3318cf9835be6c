"""What a CRM has, as text: pipelines with what their stages mean, what is read from where, what nobody reads."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ....sync.described import FieldSeen, PipelineSeen
from ...describing import SeenCrm
from ..width import width

MOST = 30
"""Fields that nobody reads are listed up to so many a table."""


def render(found: SeenCrm) -> str:
    """Stages first, for they decide; then fields, by what reads them."""
    seen = found.seen
    lines = [f"{found.source} ({found.title}), read by the mapping {found.mapping}", ""]
    for pipeline in seen.pipelines:
        lines += [*_pipeline(pipeline, found.stages), ""]
    read = [one for one in seen.fields if one.ours]
    if read:
        wide = min(44, max(len(_name(one)) for one in read))
        lines += ["Read", *(f"  {_name(one):<{wide}}  {', '.join(one.ours)}" for one in read), ""]
    unread = [one for one in seen.fields if not one.ours]
    near = [one for one in unread if one.info.custom or one.info.table in seen.deals]
    if near:
        lines += ["Custom fields, and fields of deals, that nothing reads", *_unread(near), ""]
    if len(near) < len(unread):
        lines += [
            f"{len(unread) - len(near)} more fields of other tables are not read (--output json has them all).",
            "",
        ]
    gone = [one for one in seen.lacking if not one.optional]
    if gone:
        lines += ["The mapping asks for these, and they are not there"]
        lines += [f"  {one.table}.{one.column}  for {one.ours}" for one in gone] + [""]
    odd = sum(not stage.known for pipeline in seen.pipelines for stage in pipeline.stages)
    if odd:
        lines += [
            f"{odd} {'stage is' if odd == 1 else 'stages are'} not mapped: list them under `stage` in an overlay."
        ]
    return "\n".join(lines).rstrip("\n")


def _pipeline(one: PipelineSeen, titles: dict[str, str]) -> Iterator[str]:
    yield f"Pipeline {one.pipeline.title}"
    wide = max((len(_called(stage.stage.id, stage.stage.title)) for stage in one.stages), default=0)
    for stage in one.stages:
        means = titles.get(stage.ours or "", "")
        if not means:
            means = "won" if stage.stage.won else "lost" if stage.stage.lost else "no stage of ours"
        if not stage.known:
            means = "not mapped"
        gates = f"; the CRM asks for {', '.join(stage.stage.gates)}" if stage.stage.gates else ""
        yield from textwrap.wrap(
            f"{_called(stage.stage.id, stage.stage.title):<{wide}}  {means}{gates}", width(), initial_indent="  ",
            subsequent_indent=" " * min(wide + 4, 40), break_long_words=False,
        )  # fmt: skip


def _called(ident: str, title: str) -> str:
    return title if ident.casefold() == title.casefold() else f"{title} ({ident})"


def _name(one: FieldSeen) -> str:
    return f"{one.info.table}.{one.info.id}"


def _unread(listed: list[FieldSeen]) -> Iterator[str]:
    tables: dict[str, list[str]] = {}
    for one in listed:
        tables.setdefault(one.info.table, []).append(one.info.id)
    for table, names in tables.items():
        more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
        yield from textwrap.wrap(
            f"{table}: {', '.join(names[:MOST])}{more}", width(), initial_indent="  ", subsequent_indent="    ",
            break_long_words=False,
        )  # fmt: skip
