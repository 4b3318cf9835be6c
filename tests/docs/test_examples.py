"""Every example in the documentation is run: YAML is checked, commands are typed, what they print is compared.

A block with a file's name after its language (```` ```yaml mine.yaml ````) is saved under it first. In a ``console``
block ``…`` stands for anything.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.running import AS_OF, CHECKOUT, Ran, dealgate
from tests.fakes.crm import Crm, FakeAdapter
from tests.sync.house import MAPPING

from dealgate.cli import listening, serving
from dealgate.sync import adapters

PAGES = [
    page
    for page in [
        CHECKOUT / "README.md",
        CHECKOUT / "CONTRIBUTING.md",
        *sorted((CHECKOUT / "docs").glob("*.md")),
        *sorted((CHECKOUT / "docs/crm").glob("*.md")),
        *sorted((CHECKOUT / "examples").glob("*/README.md")),
    ]
    if page.is_file()
]
FENCE = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """One fenced block, with the line it starts on."""

    line: int
    language: str
    name: str | None
    text: str


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        yield Block(text.count("\n", 0, found.start()) + 1, found[1], found[2], found[3])


def name_of(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples speak of."""
    monkeypatch.chdir(tmp_path)
    crm = Crm(now=datetime.now(UTC))  # the CRM of commands.md is one in memory
    crm.deal("006A", "qualification", Name="Acme rollout", Amount=None)
    real = adapters.open_adapter
    monkeypatch.setattr(
        adapters, "open_adapter", lambda one, clock: FakeAdapter(crm) if one.adapter == "fake" else real(one, clock)
    )
    # the door of commands.md is opened on a port that is free, and closed at once
    bind = listening.bound
    monkeypatch.setattr(listening, "bound", lambda host, _port: bind(host, 0))
    monkeypatch.setattr(serving, "serve", lambda *_: asyncio.sleep(0))
    assert dealgate("demo", *AS_OF, "--deals", 40, "--save", "company.jsonl").code == 0
    (tmp_path / "deals.csv").write_text(
        "id,name,stage,amount\n0064600,Northwind renewal,qualification,1200\n2,Contoso,close,90\n", encoding="utf-8"
    )
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "deals.xlsx") as book:
        sheet = book.add_worksheet()
        for n, row in enumerate([["id", "name", "stage"], ["1", "Northwind", "qualification"]]):
            sheet.write_row(n, 0, row)
    (tmp_path / "leads.csv").write_text("id,name,stage\nL-17,Ada Okafor,working\n", encoding="utf-8")
    (tmp_path / "export.csv").write_text("Deal ID,Stage,Value\n1,Qualification,100\n2,Proposal,200\n", encoding="utf-8")
    (tmp_path / "exports").mkdir()
    shutil.copy("export.csv", "exports/deals.csv")
    (tmp_path / "export").mkdir()
    (tmp_path / "export/Opportunity.csv").write_text(SALESFORCE, encoding="utf-8")
    (tmp_path / "export/OpportunityHistory.csv").write_text(
        "Id,OpportunityId,CreatedDate,StageName,Amount,CloseDate,Probability,ForecastCategory,CreatedById\n"
        "h1,006A,2026-10-01 09:00:00,Qualification,100,2026-12-31,20,Pipeline,005\n", encoding="utf-8"
    )  # fmt: skip
    (tmp_path / "export/Account.csv").write_text(
        "Id,Name,Industry,NumberOfEmployees,AnnualRevenue,BillingCountry\n001,Contoso,Retail,10,1000,US\n", "utf-8"
    )
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    for name in ("practical.yaml", "practical.test.yaml"):
        shutil.copy(CHECKOUT / "rules/processes" / name, tmp_path)
    shutil.copy("practical.yaml", "my-process.yaml")
    before = (tmp_path / "practical.yaml").read_text(encoding="utf-8")
    (tmp_path / "practical-1.yaml").write_text(before.replace("max_age: 45 days", "max_age: 60 days"), encoding="utf-8")
    (tmp_path / "acme.yaml").write_text(
        "kind: process/v1\nid: acme\ntitle: Acme\nversion: 1.0.0\nowner: Ops\nextends: practical@^1\n", encoding="utf-8"
    )
    shutil.copytree(CHECKOUT / "rules", tmp_path / "rules")
    (tmp_path / "targets.yaml").write_text(
        "kind: targets/v1\nid: fy26\ntitle: Fiscal year 2026\ncurrency: USD\n"
        "quotas: [{period: 2026-Q4, amount: 900000}]\n", encoding="utf-8"
    )  # fmt: skip
    return tmp_path


def kept(folder: Path) -> Path:
    """The same folder with a workspace around it whose store has the deals."""
    place = folder.with_name("kept")
    shutil.copytree(folder, place)
    (place / "dealgate.yaml").write_text(
        "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [practical]\nrules: [ours]\n"
        "sources: {crm: {adapter: fake, mapping: fake, write_back: {fields: {readiness: Readiness}}}}\n"
        "schedule: [{id: crm-sync, run: sync crm, every: 15 minutes}]\n",
        encoding="utf-8",
    )
    (place / "ours").mkdir()
    (place / "ours" / "fake.yaml").write_text(MAPPING, encoding="utf-8")
    os.chdir(place)
    for words in (["init"], ["load", "company.jsonl"], ["load", "deals.csv"]):
        assert dealgate("store", *words).code == 0
    assert dealgate("sync", "crm").code == 0
    return place


IN_WORKSPACE = (
    "audit", "coach", "describe", "enforce", "fmt", "forecast", "history", "inspect", "listen", "lock", "metrics", "override", "run",
    "scorecard", "snooze", "store", "sync", "waterfall",
)  # fmt: skip
"""Commands that read the workspace or its store where no source is named."""
OF_ONES_OWN = ("snooze", "coach commit", "inspect --agenda weekly --for")
"""Commands whose examples name people and deals that only one's own store can have, and are refused in words here."""
SALESFORCE = (
    "Id,IsDeleted,AccountId,Name,StageName,Amount,Probability,CloseDate,Type,NextStep,LeadSource,IsClosed,IsWon,"
    "ForecastCategory,OwnerId,CreatedDate,LastModifiedDate\n"
    "006A,0,001,Contoso rollout,Qualification,100,20,2026-12-31,New Customer,,Web,0,0,Pipeline,005,"
    "2026-10-01 09:00:00,2026-10-01 09:00:00\n"
)


def typed(line: str) -> list[str]:
    """The words of a command line, without its comment."""
    return shlex.split(line, comments=True)


def ran(words: list[str], columns: int = 100) -> Ran:
    """Runs a line of an example; ``cd`` and ``> FILE`` are understood."""
    if words[0] == "cd":
        os.chdir(words[1])
        return Ran(0, "", "")
    to = None
    if ">" in words:
        at = words.index(">")
        words, to = words[:at], words[at + 1]
    found = dealgate(*words[1:], columns=columns)
    if to is not None:
        Path(to).parent.mkdir(parents=True, exist_ok=True)
        Path(to).write_text(found.out, encoding="utf-8")
    return found


def lines_of(block: Block) -> Iterator[str]:
    for line in block.text.replace("\\\n", " ").splitlines():
        text = line.strip().removeprefix("$ ")
        for part in text.split("&&"):
            if part.split()[:1] in (["dealgate"], ["cd"]):
                yield part.strip()


def commands_of(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Each command with the lines shown after it; a ``$`` below a ``#`` is of the output (the demo's own story)."""
    line, shown = "", list[str]()
    for text in block.text.splitlines():
        if text.startswith("$ ") and not (shown and shown[-1].startswith("# ")):
            if line:
                yield line, shown
            line, shown = text.removeprefix("$ "), []
        else:
            shown.append(text)
    yield line, shown


def compared(line: str, shown: list[str]) -> str | None:
    """What a command prints against what is shown, at the width it was shown at; None if it is the same."""
    longest = max(map(len, shown), default=0)
    widths = dict.fromkeys([100, 80, *range(longest, min(longest + 8, 100))]) if longest > 60 else [100]
    wrong = ""
    for columns in widths:
        found = ran(typed(line), columns)
        # words on standard error may be shown or left out
        outs = [found.out, found.all] if "".join(shown).strip() else []
        missing = [prints(shown, out.splitlines()) for out in outs]
        if None in missing or not outs:
            return None
        wrong = wrong or f"{line}\nnot printed: {missing[-1]}\n{found.all}"
    return wrong


def prints(shown: list[str], out: list[str]) -> str | None:
    """The first line shown that is not printed, in order; ``…`` skips, at a line's end it leaves the rest open."""
    at, skipping = 0, False
    for line in shown:
        wanted = line.rstrip()
        if wanted.strip() in ("…", "..."):
            skipping = True
            continue
        here = range(at, len(out)) if skipping else range(at, min(at + 1, len(out)))
        found = next((n for n in here if fits(wanted, out[n].rstrip())), None)
        if found is None:
            return line
        at, skipping = found + 1, False
    return None if skipping or at == len(out) else "<the end>"


def fits(wanted: str, seen: str) -> bool:
    return seen.startswith(wanted.removesuffix("…").rstrip()) if wanted.endswith("…") else seen == wanted


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_document_in_the_page_holds_without_a_diagnostic(page: Path, folder: Path) -> None:
    for block in blocks(page):
        if block.language != "yaml" or not re.search(r"^kind: ", block.text, re.M) or block.name == "oops.yaml":
            continue
        file = folder / (re.sub(r"\W", "-", block.name or f"line-{block.line}") + ".yaml")
        file.write_text(block.text, encoding="utf-8")
        found = dealgate("validate", file)
        assert (found.code, found.out) == (0, ""), f"{page.name}:{block.line}\n{found.out}"
        if "kind: test/v1" in block.text:
            tested = dealgate("test", file)
            assert tested.code == 0, f"{page.name}:{block.line}\n{tested.out}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_in_the_page_can_be_typed(page: Path, folder: Path) -> None:
    store = kept(folder) if page.name == "commands.md" else folder
    os.chdir(folder)
    if page.parent.parent.name == "examples":
        shutil.copytree(page.parent, folder / "example")
        os.chdir(folder / "example")
    for block in blocks(page):
        if block.name:
            (Path.cwd() / block.name).parent.mkdir(parents=True, exist_ok=True)
            (Path.cwd() / block.name).write_text(block.text, encoding="utf-8")
        if block.language == "sh":
            for line in lines_of(block):
                if page.name == "commands.md":  # each stands alone; a gate may well say no
                    os.chdir(store if typed(line)[1] in IN_WORKSPACE else folder)
                    for made in ("my-process", "acme"):
                        shutil.rmtree(folder / made, ignore_errors=True)
                found = ran(typed(line))
                if page.name == "commands.md" and line.startswith(tuple(f"dealgate {name} " for name in OF_ONES_OWN)):
                    assert (found.code, "error DG" in found.err) == (2, True), f"{line}\n{found.all}"
                    continue
                assert found.code in (0, 1), f"{page.name}:{block.line}: {line}\n{found.all}"
        elif block.language == "console":
            for line, shown in commands_of(block):
                wrong = compared(line, shown)
                assert wrong is None, f"{page.name}:{block.line}: {wrong}"


def test_the_comparison_of_output_can_fail() -> None:
    assert prints(["a", "…", "c"], ["a", "b", "c"]) is None
    assert prints(["a", "c"], ["a", "b", "c"]) == "c"
    assert prints(["a"], ["a", "b"]) == "<the end>"
    assert prints(["a b…"], ["a b c"]) is None
    assert prints(["…", "z"], ["a"]) == "z"


def test_every_file_of_the_examples_holds() -> None:
    files = sorted((CHECKOUT / "examples").rglob("*.yaml"))
    assert files
    found = dealgate("validate", *files)
    assert (found.code, found.out) == (0, "")
