"""The report as one self-contained page: no outside request, light and dark, prints well."""

from __future__ import annotations

from html import escape
from pathlib import Path

from ....compile.words import value
from ....decide.judge import Standing
from ....decide.report import Report
from ....model.verdict import GAPS
from ..write import put

_STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #8884;
vertical-align:top}.n{text-align:right;white-space:nowrap}dl{display:flex;flex-wrap:wrap;gap:1.5rem}dt{opacity:.75}
dd{margin:0;font-size:1.5rem}details li{margin:.3rem 0}.blocked{color:light-dark(#a4131d,#ff9a94)}
.ready{color:light-dark(#0b6b2f,#7ee29b)}
"""


def render(report: Report, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    boxes = "".join(f"<div><dt>{escape(k)}</dt><dd>{v:,}</dd></div>" for k, v in report.summary.items())
    rows = "".join(_row(s) for s in report.waiting())
    title = f"{escape(report.process.title)} – {report.as_of:%Y-%m-%d}"
    put(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1><dl>{boxes}</dl><h2>Open deals</h2>"
        f"<table><thead><tr><th>Deal</th><th>Stage</th><th class=n>Amount</th><th>State</th>"
        "<th>What is missing</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></html>",
        out,
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
