"""Metrics as one self-contained page: tables, bars in SVG; no outside request, light and dark, prints well."""

from __future__ import annotations

from html import escape
from pathlib import Path

from ....compile.words import choice
from ....metrics.figure import Figure, Number
from ..figures import between, change, shown
from ..write import put
from ._view import Block, Line, View, by_period, heads, rest_keys

_STYLE = """
:root{color-scheme:light dark;--bar:light-dark(#2f6fd0,#7fb0ff)}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
h2{margin:2rem 0 .2rem}p{margin:.2rem 0 .8rem;max-width:48rem}.about{opacity:.8}
h1{font-size:1.6rem}abbr{text-decoration:none;cursor:help}td:first-child{white-space:nowrap}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #8884}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}svg{display:block}
.bar{fill:var(--bar)}.whisker{stroke:currentColor;stroke-width:1.5}.line{fill:none;stroke:var(--bar);stroke-width:2}
.note{border-left:.25rem solid var(--bar);padding-left:.8rem}@media print{body{margin:0}h2{break-after:avoid}}
"""
_WIDE, _HIGH = 160, 14


def render(view: View, out: Path | None) -> None:
    """Writes the page."""
    title = escape(view.heading)
    notes = "".join(f"<p class=note>{escape(note)}</p>" for note in view.notes)
    plain = [block for block in view.blocks if not block.keys]
    body = _summary(plain, view) if plain else ""
    body += "".join(_grouped(block, view) for block in view.blocks if block.keys)
    put(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{notes}{body}</html>",
        out,
    )


def _row(cells: list[str], kinds: list[str], tag: str = "td") -> str:
    return "<tr>" + "".join(
        f"<{tag}{f' class={k}' if k else ''}>{c}</{tag}>" for c, k in zip(cells, kinds, strict=True)
    )


def _table(head: list[str], kinds: list[str], rows: list[list[str]]) -> str:
    body = "".join(_row(row, kinds) for row in rows)
    return f"<div class=wide><table><thead>{_row(head, kinds, 'th')}</thead><tbody>{body}</tbody></table></div>"


def _summary(blocks: list[Block], view: View) -> str:
    head, kinds = ["Metric", "Figure", "n", "95 %"], ["", "n", "n", "n"]
    if view.before:
        head, kinds = [*head, "Change"], [*kinds, "n"]
    rows = []
    for block in blocks:
        for line in block.lines:
            for measure in block.measures:
                figure = line.figures[measure]
                about = block.spec.name if measure == block.spec.headline else block.spec.measures[measure]
                cells = [f"<b>{escape(block.title)}</b> <span class=about>{escape(about)}</span>"]
                cells += [escape(shown(figure)), f"{figure.n:,}", escape(between(figure))]
                cells += [escape(change(figure, line.before.get(measure)))] if view.before else []
                rows.append([*cells, escape(figure.reason or "")])
    return _table([*head, ""], [*kinds, ""], rows)


def _grouped(block: Block, view: View) -> str:
    told = f"<h2>{escape(block.title)}</h2><p class=about>{escape(block.spec.name)}. {escape(block.spec.formula)}</p>"
    periods = by_period(block)
    if periods is not None and len(periods[0]) > 1:
        return told + _over_time(block, *periods)
    measure = block.measures[0]
    figures = [line.figures[measure] for line in block.lines if measure in line.figures]
    most = max((float(f.high if f.high is not None else f.value) for f in figures if f.value is not None), default=0)
    head = [escape(h) for h in heads(block.keys)] + ["Figure", "", "n", "95 %"]
    kinds = ["" for _ in block.keys] + ["n", "", "n", "n"]
    if view.before:
        head, kinds = [*head, "Change"], [*kinds, "n"]
    others = block.measures[1:]
    head += [f'<abbr title="{escape(block.spec.measures[m])}">{escape(choice(m).capitalize())}</abbr>' for m in others]
    kinds += ["n" for _ in others]
    rows = []
    for line in block.lines:
        first = line.figures.get(measure)
        cells = [escape(key) for key in line.keys]
        cells += (
            [escape(shown(first)), _bar(first, most), f"{first.n:,}", escape(between(first))] if first else [""] * 4
        )
        cells += [escape(change(first, line.before.get(measure))) if first else ""] if view.before else []
        cells += [escape(shown(line.figures[m])) if m in line.figures else "" for m in others]
        rows.append([*cells, escape("; ".join(line.notes(block.measures)))])
    return told + _table([*head, ""], [*kinds, ""], rows)


def _bar(figure: Figure, most: float) -> str:
    if figure.value is None or most <= 0:
        return ""
    at = max(0.0, float(figure.value)) / most * _WIDE
    whisker = ""
    if figure.low is not None and figure.high is not None:
        low, high = (max(0.0, float(end)) / most * _WIDE for end in (figure.low, figure.high))
        whisker = f'<line class=whisker x1="{low:.1f}" x2="{high:.1f}" y1="{_HIGH / 2}" y2="{_HIGH / 2}"/>'
    return (
        f'<svg width="{_WIDE}" height="{_HIGH}" role="img" aria-label="{escape(shown(figure))}">'
        f'<rect class=bar width="{at:.1f}" height="{_HIGH}" opacity=".6"/>{whisker}</svg>'
    )


def _over_time(block: Block, periods: list[str], lines: dict[tuple[str, ...], dict[str, Line]]) -> str:
    measure = block.measures[0]
    rest = rest_keys(block)
    head = [*heads(rest), "Trend", *periods]
    kinds = ["" for _ in rest] + [""] + ["n" for _ in periods]
    rows = []
    for keys, by in lines.items():
        figures = {p: line.figures[measure] for p, line in by.items() if measure in line.figures}
        values = [figures[p].value if p in figures else None for p in periods]
        cells = [escape(key) for key in keys]
        rows.append([*cells, _line(values), *(escape(shown(figures[p])) if p in figures else "" for p in periods)])
    return _table([escape(h) for h in head], kinds, rows)


def _line(values: list[Number | None]) -> str:
    known = [float(v) for v in values if v is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = _WIDE / max(1, len(values) - 1)
    points = " ".join(
        f"{n * step:.1f},{2 + (high - float(v)) / span * 20:.1f}" for n, v in enumerate(values) if v is not None
    )
    return (
        f'<svg width="{_WIDE}" height="24" role="img" aria-label="trend"><polyline class=line points="{points}"/></svg>'
    )
