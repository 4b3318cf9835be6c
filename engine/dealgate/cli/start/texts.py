"""The files of a workspace beside its rules: ``dealgate.yaml``, README.md, .gitignore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

from .base import Param
from .crm import Route
from .overlay import quoted

IGNORED = """\
# deals are personal data and do not belong into a repository
exports/
.dealgate/
*.db
*.part
.env
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What the texts of one workspace speak of. ``files``: those of the CRM's export that its mapping reads, where a
    mapping fits; ``threshold``: a parameter as an example."""

    id: str
    title: str
    process_file: str
    record: str
    currency: str
    route: Route
    files: tuple[str, ...]
    threshold: Param | None
    stages: Sequence[str]
    reasons: Sequence[str] = ()
    client: str | None = None
    base: str = ""
    base_currency: str = ""


def workspace(told: Told) -> str:
    """``dealgate.yaml``."""
    out = [
        "# yaml-language-server: $schema=schemas/workspace.schema.json",
        "kind: workspace/v1",
        f"id: {told.id}",
        f"title: {quoted(told.title)}",
        f"processes: [{told.id}]",
        f"# Amounts that name no currency are in {told.currency}{_home(told)}.",
    ]
    if told.client is not None:
        out += [
            "brand:",
            f"  name: {quoted(told.client)}",
            "#   logo: brand/logo.svg",
            '#   colours: {accent: "#1f6feb"}',
        ]
    return "\n".join([*out, *_sources(told)]) + "\n"


def _home(told: Told) -> str:
    if told.client is not None and told.currency == told.base_currency:
        return f", as in {told.base}"
    return f": see `currency` in {told.process_file}"


def _sources(told: Told) -> list[str]:
    route = told.route
    if route.id == "none":
        return [
            "# A source of deals is a file or a folder of files. `dealgate map FILE` drafts its mapping.",
            "# sources:",
            "#   crm: {adapter: file, path: exports/deals.csv, mapping: crm}",
        ]
    if told.files:
        return [
            f"# {route.title}: {route.export}. Then unpack into exports/:",
            *(f"#   {name}" for name in told.files),
            "sources:",
            f"  crm: {{adapter: file, path: exports, mapping: {route.mapping}}}",
        ]
    return [
        f"# {route.title}: {route.export}. Save it as exports/deals.csv, then",
        "#   dealgate map exports/deals.csv --out rules/mappings/crm.yaml",
        "# drafts how its columns become ours. Read the draft, then take the # away:",
        "# sources:",
        "#   crm: {adapter: file, path: exports/deals.csv, mapping: crm}",
    ]


def readme(told: Told) -> str:
    """README.md of the workspace."""
    out = [f"# {told.title}", ""]
    if told.client is None:
        out += [f"A sales process as code. It began as a copy of dealgate's `{told.base}`, and is yours to change."]
    else:
        out += [f"{told.client}'s sales process as code: what differs from dealgate's `{told.base}`, and no more."]
    if told.reasons:
        out += ["", "Why this process:", "", *(f"- {reason}" for reason in told.reasons)]
    out += ["", "| where | what |", "|---|---|", *(f"| {where} | {what} |" for where, what in _places(told))]
    out += ["", "```sh", *_commands(told), "```", "", "## To change a threshold", "", *_threshold(told)]
    return "\n".join(out) + "\n"


def _places(told: Told) -> list[tuple[str, str]]:
    own = [
        ("`dealgate.yaml`", "the workspace: its processes and its sources of deals"),
    ]
    if told.client is not None:
        own += [(f"`{told.process_file}`", f"what differs from `{told.base}`; examples stand there")]
    else:
        own += [
            (f"`{told.process_file}`", "stages, criteria, outcomes, exceptions"),
            ("`rules/criteria/`", "criteria that several stages or processes share, and their thresholds"),
            ("`rules/frameworks/`", "qualification frameworks: questions, levels, scores"),
        ]
    return [
        *own,
        ("`*.test.yaml`", "cases that must come out as expected"),
        ("`schemas/`", "what an editor completes and explains keys from"),
        ("`exports/`", f"your {told.record}s; not kept in the repository"),
    ]


def _commands(told: Told) -> list[str]:
    source = "crm" if told.files else "exports/deals.csv"
    first, second = (*told.stages, "won")[:2]
    lines = [
        ("dealgate validate", "do the documents hold?"),
        ("dealgate test --coverage", "do the cases come out, and is every verdict covered?"),
        (f"dealgate check {source}", f"every {told.record} against its stage"),
        (f"dealgate explain {source} --deal ID", "what is missing on one, and what to do"),
        (f"dealgate gate {source} --deal ID --to {second}", f"may it leave {first}?"),
    ]
    longest = max(len(command) for command, _ in lines)
    return [f"{command.ljust(longest)}  # {what}" for command, what in lines]


def _threshold(told: Told) -> list[str]:
    param, file = told.threshold, told.process_file
    test = (
        "Then run `dealgate validate` and `dealgate test`: cases that now come out otherwise are told, and you decide "
        "which of the two is right."
    )
    if told.client is not None:
        example = f"such as `params: {{{param.name}: …}}`; " if param else ""
        text = f"Write what differs into `{file}`, {example}examples stand there. {test}"
    elif param is not None:
        text = f"`{param.name}` is {param.default} in `{param.file}`: change its `default`. {test}"
        text += f" Ages and deadlines of stages stand in `{file}`."
    else:
        text = f"Ages, deadlines and weights stand in `{file}`. Change one. {test}"
    return fill(text, 110, break_on_hyphens=False, break_long_words=False).splitlines()
