"""The report as one self-contained page: no outside request, light and dark, prints well."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from ....compile.words import value
from ....decide.judge import Standing
from ....decide.report import Report
from ....decide.routed import Routed
from ....model.verdict import GAPS
from ..write import put

_STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #8884;
vertical-align:top}.n{text-align:right;white-space:nowrap}dl{display:flex;flex-wrap:wrap;gap:1.5rem}dt{opacity:.75}
dd{margin:0;font-size:1.5rem}details li{margin:.3rem 0}.blocked{color:light-dark(#a4131d,#ff9a94)}
.ready{color:light-dark(#0b6b2f,#7ee29b)}
"""


def render(report: Report | Routed, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    if isinstance(report, Routed):
        title = f"All processes – {report.as_of:%Y-%m-%d}"
        body = _boxes(report.summary) + _left(report)
        for one in report.reports:
            body += f"<h2>{escape(one.process.title)}</h2>{_boxes(one.summary)}<h3>Open deals</h3>{_table(one)}"
    else:
        title = f"{escape(report.process.title)} – {report.as_of:%Y-%m-%d}"
        body = f"{_boxes(report.summary)}<h2>Open deals</h2>{_table(report)}"
    put(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{body}</html>",
        out,
    )


def _boxes(summary: Mapping[str, int]) -> str:
    boxes = "".join(f"<div><dt>{escape(k)}</dt><dd>{v:,}</dd></div>" for k, v in summary.items())
    return f"<dl>{boxes}</dl>"


def _left(routed: Routed) -> str:
    if not routed.left:
        return ""
    items = "".join(
        f"<li>{escape(str(d.fields.get('name') or d.id))}: {escape(one.answers.why())}</li>"
        for one in routed.left
        for d in [one.standing.deal]
    )
    return f"<h2>Judged by no process</h2><ul>{items}</ul>"


def _table(report: Report) -> str:
    rows = "".join(_row(s) for s in report.waiting())
    return (
        "<table><thead><tr><th>Deal</th><th>Stage</th><th class=n>Amount</th><th>State</th>"
        f"<th>What is missing</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(standing: Standing) -> str:
    fields = standing.deal.fields
    gaps = [v for v in standing.verdicts if v.status in GAPS]
    items = "".join(
        f"<li>{escape(v.criterion.title)}<br><small>{escape(v.reason)} {escape(v.criterion.fix)}</small></li>"
        for v in gaps
    )
    told = (
        f"<details><summary>{len(gaps)} of {len(standing.verdicts)}</summary><ul>{items}</ul></details>"
        if gaps
        else "–"
    )
    state = standing.state.value if standing.state else ""
    amount = value(fields["amount"]) if "amount" in fields else "–"
    return (
        f"<tr><td>{escape(str(fields.get('name') or standing.deal.id))}</td>"
        f"<td>{escape(standing.stage.title if standing.stage else '–')}</td><td class=n>{escape(amount)}</td>"
        f"<td class={state}>{state}</td><td>{told}</td></tr>"
    )
