"""The guided start: what is recommended and said, what is written, and that half a workspace never is."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.cli.running import CHECKOUT, Ran, dealgate, golden, process, told

from dealgate.cli.commands import init
from dealgate.cli.main import main
from dealgate.cli.start import folder as writing
from dealgate.cli.start.crm import ROUTES
from dealgate.cli.start.questions import QUESTIONS
from dealgate.documents.library import Library

PROCESSES = Library(None).ids("process")
SALE = ["--amount", "25k", "--cycle", "2 months", "--buyer", "few-people", "--team", "8"]


def holds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Validates the workspace, and gives how its tests came out with coverage."""
    monkeypatch.chdir(folder)
    checked = dealgate("validate")
    assert (checked.code, checked.out) == (0, ""), checked.all
    ran = dealgate("test", "--coverage")
    assert ran.code == 0 and "Coverage: complete." in ran.out, ran.all
    monkeypatch.chdir(folder.parent)
    return ran


# ------------------------------------------------------------------------------------------------ what is written


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY"])
@pytest.mark.parametrize("name", PROCESSES)
def test_a_copy_of_every_bundled_process_holds_in_any_currency(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, name: str, currency: str
) -> None:
    """Amounts in the tests of a bundled process are whole: the yen has no cents."""
    assert dealgate("init", "mine", "--from", name, "--currency", currency).code == 0
    assert f"{name}: " in holds(elsewhere / "mine", monkeypatch).out
    monkeypatch.chdir(elsewhere / "mine")
    text = (elsewhere / f"mine/rules/processes/{name}.yaml").read_text("utf-8")
    assert f"\ncurrency: {currency}\n" in text


@pytest.mark.parametrize("currency", ["USD", "EUR"])
@pytest.mark.parametrize("name", PROCESSES)
def test_an_overlay_of_every_bundled_process_holds_and_so_do_its_examples(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, name: str, currency: str
) -> None:
    assert dealgate("init", "acme", "--client", "Acme Ltd", "--from", name, "--currency", currency).code == 0
    cases = int(re.findall(r"^acme-ltd: (\d+) cases", holds(elsewhere / "acme", monkeypatch).out, re.M)[0])
    monkeypatch.chdir(CHECKOUT)
    own = [f"rules/processes/{p.name}" for p in (CHECKOUT / "rules/processes").glob(f"{name}*.test.yaml")]
    bases = sum(int(n) for n in re.findall(rf"^{name}: (\d+) cases", dealgate("test", *own).out, re.M))
    assert cases == bases + 2, "one of nothing, one of all that is asked, and every case of the base"

    file = elsewhere / "acme/rules/processes/acme-ltd.yaml"
    examples = re.findall(r"^#(?!#| yaml-language)(.*)$", file.read_text("utf-8"), re.M)
    assert any("max_age" in line for line in examples) and any("enforce: warn" in line for line in examples)
    used = re.sub(r"^# ?(?!#| ?yaml-language)", "", file.read_text("utf-8"), flags=re.M)
    file.write_text(used, "utf-8")
    monkeypatch.chdir(elsewhere / "acme")
    checked = dealgate("validate")
    assert (checked.code, checked.out) == (0, ""), used + checked.all


def test_only_the_currency_differs_in_a_copy(elsewhere: Path) -> None:
    assert dealgate("init", "mine", "--from", "practical", "--currency", "EUR").code == 0
    for path in (elsewhere / "mine/rules").rglob("*.yaml"):
        theirs = (CHECKOUT / path.relative_to(elsewhere / "mine")).read_text("utf-8")
        mine = path.read_text("utf-8")
        if path.name == "practical.yaml":
            changed = [(a, b) for a, b in zip(theirs.splitlines(), mine.splitlines(), strict=True) if a != b]
            assert changed == [("currency: USD", "currency: EUR")]
        else:
            assert mine == theirs


def test_the_shared_criteria_of_a_copy_are_yours_to_change(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dealgate("init", "mine")
    file = elsewhere / "mine/rules/criteria/discovery.yaml"
    file.write_text(file.read_text("utf-8").replace("default: 50000", "default: 70000"), "utf-8")
    monkeypatch.chdir(elsewhere / "mine")
    assert dealgate("validate").code == 0
    ran = dealgate("test")
    assert ran.code == 4 and "sponsor-for-large-deals" in ran.out


def test_what_a_workspace_says_of_itself_is_so(elsewhere: Path) -> None:
    dealgate("init", "mine", *SALE, "--crm", "salesforce")
    dealgate("init", "theirs", "--client", "Acme", "--from", "practical")
    for name in ("mine", "theirs"):
        folder = elsewhere / name
        text = (folder / "README.md").read_text("utf-8")
        golden(f"init-{name}-readme.md", text)
        golden(f"init-{name}-workspace.yaml", (folder / "dealgate.yaml").read_text("utf-8"))
        for path in re.findall(r"`([a-z]+/[\w./-]*)`", text):
            assert (folder / path).exists(), path
        for command in re.findall(r"^dealgate (\w+)", text, re.M):
            assert main.get_command(None, command) is not None  # type: ignore[arg-type]
        param, value, file = (re.findall(r"`(\w+)` is (\S+) in `([^`]+)`", text) or [("", "", "README.md")])[0]
        assert re.search(rf"{param}.*{value}", (folder / file).read_text("utf-8"))
        assert ".dealgate/" in (folder / ".gitignore").read_text("utf-8").split(), "plans and mirrors hold names"
    golden("init-theirs-overlay.yaml", (elsewhere / "theirs/rules/processes/acme.yaml").read_text("utf-8"))


def test_the_brand_of_a_clients_workspace_has_its_name(elsewhere: Path) -> None:
    dealgate("init", "acme", "--client", 'Sørensen & "Co": A/S')
    workspace = Library(elsewhere / "acme").workspace
    assert workspace.settings["brand"] == {"name": 'Sørensen & "Co": A/S'}
    assert (workspace.id, workspace.processes) == ("srensen-co-a-s", ("srensen-co-a-s",))


def test_a_client_named_like_a_bundled_process_gets_an_id_of_its_own(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealgate("init", "one", "--client", "Practical")
    assert (elsewhere / "one/rules/processes/practical-client.yaml").is_file()
    holds(elsewhere / "one", monkeypatch)


# ------------------------------------------------------------------------------------------------ where deals come from


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.id)
def test_a_workspace_of_every_crm_holds_and_names_no_adapter_that_is_not_there(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, route: object
) -> None:
    name = route.id  # type: ignore[attr-defined]
    assert dealgate("init", name, "--crm", name).code == 0
    text = (elsewhere / name / "dealgate.yaml").read_text("utf-8")
    assert set(re.findall(r"adapter: (\w+)", text)) == {"file"}
    monkeypatch.chdir(elsewhere / name)
    assert dealgate("validate").code == 0
    Path("exports/deals.csv").write_text("Deal ID,Stage,Value\n1,Qualification,100\n2,Proposal,200\n", "utf-8")
    for line in re.findall(r"^#   dealgate (map .*)$", text, re.M) or [
        "map exports/deals.csv --out rules/mappings/crm.yaml"
    ]:
        assert dealgate(*line.split()).code == 0, line
    used = re.sub(r"^# (?=sources|  crm)", "", text, flags=re.M)
    Path("dealgate.yaml").write_text(used, "utf-8")
    assert dealgate("validate").code == 0, used
    if name != "salesforce":
        ran = dealgate("check", "crm", "--as-of", "2026-11-23")
        assert ran.code == 0 and "2 deals" in ran.out


def test_a_route_names_a_bundled_mapping_or_none() -> None:
    known = Library(None).ids("mapping")
    assert {route.mapping for route in ROUTES if route.mapping} <= set(known)
    assert [route.mapping for route in ROUTES if route.id == "salesforce"] == ["salesforce-export"]


def test_an_export_of_salesforce_is_judged_by_the_name_of_its_source(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealgate("init", "mine", "--crm", "salesforce", "--currency", "EUR")
    exports = elsewhere / "mine/exports"
    exports.joinpath("Opportunity.csv").write_text(
        "Id,IsDeleted,AccountId,Name,StageName,Amount,Probability,CloseDate,Type,NextStep,LeadSource,IsClosed,IsWon,"
        "ForecastCategory,OwnerId,CreatedDate,LastModifiedDate\n006A,0,001,Contoso rollout,Qualification,100,20,"
        "2026-12-31,New Customer,,Web,0,0,Pipeline,005,2026-10-01 09:00:00,2026-10-01 09:00:00\n", "utf-8")  # fmt: skip
    exports.joinpath("OpportunityHistory.csv").write_text(
        "Id,OpportunityId,CreatedDate,StageName,Amount,CloseDate,Probability,ForecastCategory,CreatedById\n"
        "h1,006A,2026-10-01 09:00:00,Qualification,100,2026-12-31,20,Pipeline,005\n", "utf-8")  # fmt: skip
    exports.joinpath("Account.csv").write_text(
        "Id,Name,Industry,NumberOfEmployees,AnnualRevenue,BillingCountry\n001,Contoso,Retail,10,1000,US\n", "utf-8")  # fmt: skip
    monkeypatch.chdir(elsewhere / "mine")
    ran = dealgate("check", "crm", "--as-of", "2026-11-23")
    assert ran.code == 0 and "Contoso rollout" in ran.out and "100 EUR" in ran.out


# ------------------------------------------------------------------------------------------------ what is said


def test_the_recommendation_the_files_and_what_to_do_next_fit_eighty_columns(elsewhere: Path) -> None:
    ran = dealgate("init", "mine", *SALE, columns=80)
    assert ran.code == 0 and ran.err == ""
    head, _, rest = ran.out.partition("\n\n")
    assert head.startswith("Recommended: practical (Practical sales process).\n")
    assert max(map(len, ran.out.splitlines())) <= 80
    golden("init-files.txt", rest)


def test_a_sale_that_nothing_fits_is_told_so(elsewhere: Path) -> None:
    ran = dealgate("init", "mine", "--amount", "7", "--cycle", "9 years", "--buyer", "one-person", "--team", "900")
    assert ran.code == 0
    assert ran.out.startswith("No bundled process fits every answer;") and "✗" in ran.out


def test_what_was_not_said_is_told(elsewhere: Path) -> None:
    ran = dealgate("init", "mine", "--buyer", "few-people", "--team", "8")
    assert "Not said, so not counted: a usual deal, the sales cycle." in ran.out


def test_an_amount_in_another_currency_is_compared_without_a_rate_and_says_so(elsewhere: Path) -> None:
    ran = dealgate("init", "mine", *SALE, "--currency", "EUR")
    said = " ".join(ran.out.split())
    assert "a usual deal of 25,000 EUR" in said and "without a rate of exchange" in said
    assert "Thresholds keep their numbers and are in EUR now, not USD" in said


def test_with_a_process_named_nothing_is_recommended(elsewhere: Path) -> None:
    ran = dealgate("init", "mine", "--from", "leads", *SALE)
    assert ran.code == 0 and "Recommended" not in ran.out
    assert (elsewhere / "mine/rules/processes/leads.yaml").is_file()


def test_with_the_defaults_taken_a_process_is_recommended_by_them(elsewhere: Path) -> None:
    ran = dealgate("init", "mine", "--yes")
    assert ran.code == 0 and ran.out.startswith("Recommended: ") and "Not said" not in ran.out
    for question in QUESTIONS:
        question.read(question.default)


def test_off_a_terminal_without_a_word_it_is_practical_and_nothing_hangs(elsewhere: Path) -> None:
    ran = told(process("init", "mine", cwd=elsewhere))
    assert ran.code == 0 and ran.err == "" and "Recommended" not in ran.out
    assert (elsewhere / "mine/rules/processes/practical.yaml").is_file()
    piped = told(process("init", "two", cwd=elsewhere, stdin=b"leads\n" * 20))
    assert piped.code == 0 and (elsewhere / "two/rules/processes/practical.yaml").is_file()


def test_a_workspace_around_does_not_change_what_is_bundled(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dealgate("init", "mine")
    file = elsewhere / "mine/rules/processes/practical.yaml"
    file.write_text(file.read_text("utf-8").replace("title: Qualification", "title: First talk"), "utf-8")
    monkeypatch.chdir(elsewhere / "mine")
    assert dealgate("init", "inner", "--client", "Acme").code == 0
    assert dealgate("init", "other").code == 0
    assert "First talk" not in (elsewhere / "mine/other/rules/processes/practical.yaml").read_text("utf-8")


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["--from", "practicle"], "DG401", "did you mean `practical`?"),
        (["--from", "../etc"], "DG400", ""),
        (["--from", "practical@9.9.9"], "DG402", ""),
        (["--amount", "25.000 €"], "DG918", "25000"),
        (
            ["--amount", "-1", "--cycle", "60", "--buyer", "god", "--team", "0", "--crm", "x", "--currency", "$"],
            "DG918",
            "",
        ),
        (["--amount", "25k EUR", "--currency", "USD"], "DG918", "leave one of them out"),
        (["--client", " "], "DG918", ""),
        (["--client", "a\nb"], "DG918", ""),
    ],
)
def test_a_call_that_is_off_writes_nothing_and_says_how_to_mend_it(
    elsewhere: Path, words: list[str], code: str, hint: str
) -> None:
    ran = dealgate("init", "mine", *words)
    assert ran.code == 2 and code in ran.err and hint in ran.err and ran.out == ""
    assert list(elsewhere.iterdir()) == []


def test_every_answer_that_is_off_is_told_at_once(elsewhere: Path) -> None:
    ran = dealgate("init", "mine", "--amount", "25.000", "--cycle", "60", "--buyer", "comittee", "--team", "a lot",
                   "--crm", "hubspott", "--currency", "euro")  # fmt: skip
    golden("init-refused.txt", ran.err)


def test_a_full_folder_is_refused_before_anything_is_asked(elsewhere: Path) -> None:
    (elsewhere / "full").mkdir()
    (elsewhere / "full/mine.txt").write_text("mine", "utf-8")
    for place in ("full", "full/mine.txt"):
        ran = dealgate("init", place, "--from", "nonsense")
        assert ran.code == 2 and "DG904" in ran.err
    (elsewhere / "nowhere").symlink_to(elsewhere / "gone")
    assert "DG904" in dealgate("init", "nowhere").err
    assert [p.name for p in (elsewhere / "full").iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_written_is_told_and_left_as_it_was(elsewhere: Path) -> None:
    (elsewhere / "file").write_text("", "utf-8")
    for place in ("file/below", "x" * 300, f"a/b/{'y' * 300}"):
        ran = dealgate("init", place)
        assert ran.code == 5 and "DG917" in ran.err and "Nothing was left behind." in ran.err, ran.all
    assert [p.name for p in elsewhere.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_rights_is_told(elsewhere: Path) -> None:
    (elsewhere / "locked").mkdir(mode=0o500)
    ran = dealgate("init", "locked/mine")
    assert ran.code == 5 and "permission denied" in ran.err


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", ["new", "a/b/new", "empty", "."])
@pytest.mark.parametrize("step", ["write_text", "mkdir", "rename"])
def test_a_disk_that_fills_up_or_a_ctrl_c_leaves_nothing(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, place: str, trouble: BaseException, step: str
) -> None:
    (elsewhere / "room/empty").mkdir(parents=True)
    stand = elsewhere / "room/empty" if place == "." else elsewhere / "room"
    monkeypatch.chdir(stand)
    real, calls = getattr(Path, step), 0

    def failing(self: Path, *args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls >= (2 if step == "rename" and place in ("empty", ".") else 4 if step == "write_text" else 1):
            raise trouble
        return real(self, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Path, step, failing)
        if isinstance(trouble, OSError):
            with pytest.raises(writing.SourceFailed, match="DG917"):
                writing.write(Path(place), {"a": "1", "b/c": "2", "d": "3", "e": "4"}, {}, ("exports",))
        else:
            with pytest.raises(KeyboardInterrupt):
                writing.write(Path(place), {"a": "1", "b/c": "2", "d": "3", "e": "4"}, {}, ("exports",))
    assert calls and [p.relative_to(elsewhere).as_posix() for p in sorted(elsewhere.rglob("*"))] == [
        "room",
        "room/empty",
    ]


@pytest.mark.parametrize("place", [".", "empty", "a/b/new", "with a blank", "ünï"])
def test_a_workspace_is_made_here_in_an_empty_folder_or_below_new_ones(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    stand = elsewhere / "stand"
    (stand / "empty").mkdir(parents=True)
    if place == ".":
        (stand / "empty").rmdir()
    monkeypatch.chdir(stand)
    before = stand.stat().st_ino
    ran = dealgate("init", place)
    assert ran.code == 0 and (stand / place / "dealgate.yaml").is_file() and stand.stat().st_ino == before
    assert [p for p in stand.rglob("*") if ".part" in p.name] == []
    assert (stand / place / "dealgate.yaml").stat().st_mode & 0o044 == 0o044 & ~_umask()
    shown = re.findall(r"^Now: (cd .*?) &&", ran.out, re.M)[0]
    assert subprocess.run(["/bin/sh", "-c", f"{shown} && test -f dealgate.yaml"], check=False).returncode == 0


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_the_swap_that_is_recommended_makes_validate_list_the_criteria_that_name_the_old_framework(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealgate("init", "mine")
    monkeypatch.chdir(elsewhere / "mine")
    other = Path("rules/frameworks/bant.yaml").read_text("utf-8").replace("id: bant\n", "id: other\n")
    Path("rules/frameworks/other.yaml").write_text(other, "utf-8")
    file = Path("rules/processes/practical.yaml")
    file.write_text(file.read_text("utf-8").replace("frameworks: [bant, icp]", "frameworks: [other, icp]"), "utf-8")
    ran = dealgate("validate")
    lines = re.findall(r"practical\.yaml:(\d+):\d+: error DG218", ran.out)
    named = [n for n, line in enumerate(file.read_text("utf-8").splitlines(), 1) if "{framework: bant" in line]
    assert ran.code == 3 and [int(n) for n in lines] == named


def test_the_default_is_a_bundled_process() -> None:
    assert init.DEFAULT in PROCESSES
