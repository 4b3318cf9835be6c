"""What a playbook tells: every criterion, stage, element and metric of every process that ships, in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.publish.playbooks import BUNDLED, Read, book_of, made, page_of

from dealgate.bundled import bundled
from dealgate.cli.publishing import changes_of_base
from dealgate.metrics.registry import registry
from dealgate.publish.blocks import Ref
from dealgate.publish.book import Book, Change, Changes
from dealgate.publish.pages import GROUPS, pages
from dealgate.publish.say import SHORT, name_of


def texts(found: Book, **more: object) -> dict[str, str]:
    from dealgate.publish.brand import Brand
    from dealgate.publish.make import published

    files = published(found, Brand(), "site")[0]
    return {
        name.removesuffix(".html"): Read(data.decode()).text for name, data in files.items() if name.endswith(".html")
    }


@pytest.mark.parametrize("name", BUNDLED)
def test_every_criterion_is_told_with_its_condition_in_words_on_its_page_and_in_the_index(name: str) -> None:
    found = book_of(name)
    told = texts(found)
    for one in found.process.criteria:
        words = " ".join(found.words.sentence(one.check).split())
        assert " ".join(name_of(one).split()) in told[found.place(one).page], one.id
        assert words in told["criteria"], one.id
        for text in (one.proof, one.fix, one.coach):
            # of a captured field, `Fill in NAME.` says nothing that the table does not
            if not text.startswith("Fill in "):
                assert " ".join(text.split()) in told[found.place(one).page], one.id


@pytest.mark.parametrize("name", BUNDLED)
def test_every_stage_has_its_page_with_all_that_it_declares_and_a_checklist(name: str) -> None:
    found = book_of(name)
    told = texts(found)
    for stage in found.process.stages:
        text, sheet = told[f"stage-{stage.id}"], told[f"checklist-{stage.id}"]
        for said in (stage.title, stage.objective, *stage.coaching, *stage.failure_patterns):
            assert " ".join(said.split()) in text
        if stage.max_age is not None:
            assert f"at most {stage.max_age}" in text
        for sla in stage.slas:
            assert f"within {sla.within}" in text
        for metric in stage.health:
            assert registry()[metric].question.replace("`", "") in text.replace("`", "")
        for criterion in found.process.asked_in(stage):
            assert name_of(criterion) in sheet


@pytest.mark.parametrize("name", BUNDLED)
def test_every_framework_is_told_element_by_element_and_has_a_score_sheet(name: str) -> None:
    found = book_of(name)
    told = texts(found)
    for framework in found.process.frameworks.values():
        text, sheet = told[f"framework-{framework.id}"], told[f"sheet-{framework.id}"]
        for element in framework.elements:
            for said in (element.title, element.question, element.proof, element.pitfall):
                assert " ".join(said.split()) in text, element.id
            assert element.title in sheet and " ".join(element.question.split()) in sheet
        assert all(level in text for level in framework.levels)
        assert all(one.title in text for one in framework.disqualify)


def test_a_page_is_found_by_its_file_and_stands_in_a_known_part_of_the_contents() -> None:
    found = pages(book_of("practical"))
    assert len({page.id for page in found}) == len(found)
    assert [page.group for page in found] == sorted((page.group for page in found), key=GROUPS.index)
    assert found[0].id == "index"


def test_how_hard_a_criterion_is_enforced_is_said_in_words() -> None:
    told = texts(book_of("practical"))
    assert all(word in told["criteria"] for word in (SHORT["block"], SHORT["approve"], SHORT["warn"]))
    assert "The move waits until this is met" in told["index"]


def test_the_thresholds_of_the_process_are_listed_with_the_criteria_they_rule() -> None:
    found = book_of("practical")
    by_name = {
        name: (found.words.operand(value), [k.id for k in criteria]) for name, value, criteria in found.thresholds()
    }
    shown, ruled = next(held for name, held in by_name.items() if "executive sponsor" in name)
    assert shown == "50,000 USD" and ruled == ["needs-assessment.sponsor-for-large-deals"]


def test_governance_tells_moves_approvers_expiry_and_cap() -> None:
    text = texts(book_of("practical"))["governance"]
    for said in ("Needs approval", "needs a reason", "Within 90 days of the close", "Up to 50,000 USD", "Manager", "Admin",
                 "ends after 14 days", "At most 5 exceptions for each owner in a quarter", "Executive request"):  # fmt: skip
        assert said in text


def test_terms_are_linked_once_a_page_and_only_those_that_occur_are_explained() -> None:
    files = made("practical", "site")
    glossary = Read(files["glossary.html"].decode())
    used: set[str] = set()
    for name, data in files.items():
        if name.endswith(".html") and name != "glossary.html":
            links = [h for h in Read(data.decode()).hrefs if h.startswith("glossary.html#")]
            assert len(links) == len(set(links)), name
            used |= {link.partition("#")[2] for link in links}
    assert used and used <= set(glossary.ids)
    explained = set(glossary.ids) - {"main"}
    inside = {h.partition("#")[2] for h in glossary.hrefs if h.startswith("#")}
    assert explained <= used | inside


def test_a_word_is_no_term_where_it_is_another_word() -> None:
    from dealgate.publish.blocks import Page, Para, prose
    from dealgate.publish.glossary import linked

    said = Page("a", "A", GROUPS[0], (Para(prose("This leads to a deal. New leads come in; misleading is no term.")),))
    (page,), used = linked([said])
    (block,) = page.blocks
    assert isinstance(block, Para)
    spans = [(span.text, span.to is not None) for span in block.text]
    assert spans == [
        ("This leads to a ", False),
        ("deal", True),
        (". New ", False),
        ("leads", True),
        (" come in; misleading is no term.", False),
    ]
    assert {term.id for term in used} >= {"deal", "lead"}


def test_words_linked_to_what_the_book_does_not_hold_stay_words(checkout: Path) -> None:
    from dealgate.documents.load import load_learn
    from dealgate.publish.brand import Brand
    from dealgate.publish.make import published

    learn = load_learn().learn
    assert learn is not None and any(str(link) == "process:practical" for link in learn.links)
    article = next(one for one in learn.articles if any(str(link) == "process:practical" for link in one.links))
    words = next(link.words for link in article.links if str(link) == "process:practical")
    found = published(book_of(checkout / "examples" / "client" / "harbour.yaml", learn=learn), Brand(), "site")[0]
    html = found[f"article-{article.id}.html"].decode()
    assert f"<span>{words}</span>" in html and "process:" not in html
    here = published(book_of("practical", learn=learn), Brand(), "site")[0][f"article-{article.id}.html"].decode()
    assert f'<a href="index.html">{words}</a>' in here
    markdown = published(book_of(checkout / "examples" / "client" / "harbour.yaml", learn=learn), Brand(), "markdown")[
        0
    ]
    assert "process:" not in markdown[f"article-{article.id}.md"].decode()


def test_what_an_overlay_does_in_its_own_way_is_told_with_why_and_until_when(checkout: Path) -> None:
    harbour = checkout / "examples" / "client" / "harbour.yaml"
    base = changes_of_base(harbour)
    told = texts(book_of(harbour, base=base))
    text = told["differences"]
    for said in ("Harbour Cranes rests on Enterprise sales process 1.0.0", "The longest stay is 45 days; before, 30 days.",
                 "Ports decide after the season", "Two people run a small port", "30 Jun 2027", "Contracts forbid references",
                 "The buyer's operators have seen a crane at work", "The buyer has named the crew", "Loosened", "Added", "Removed"):  # fmt: skip
        assert said in text, said
    assert "Version:" not in text
    assert "has ended" not in text
    assert "has ended" in texts(book_of(harbour, base=base, as_of=date(2027, 7, 1)))["differences"]
    assert "has ended" not in texts(book_of(harbour, base=base, as_of=date(2027, 6, 30)))["differences"]
    # and the pages of the stages are those of the client
    assert "at most 45 days" in told["stage-qualification"] and "seen a crane at work" in told["stage-technical-win"]
    assert "reference or expansion ask" not in told["stage-post-sale"]


def test_a_process_that_extends_none_has_no_page_of_differences() -> None:
    assert not {"differences", "changes"} & texts(book_of("practical")).keys()


def test_what_changed_is_told_group_by_group_with_the_advice() -> None:
    entries = (
        Change("reworded", "Close", "The title is `Closing`."),
        Change(
            "tightened", "Close", "The longest stay is 14 days; before, 30 days.", "mine.yaml:12", "Deals stood still"
        ),
    )
    text = texts(book_of("practical", since=Changes("version 0.9.0", entries, "A major change.")))["changes"]
    assert (
        text.index("Tightened")
        < text.index("The longest stay is 14 days")
        < text.index("Reworded")
        < text.index("Closing")
    )
    assert (
        "Deals stood still" in text
        and "A major change." in text
        and "since version 0.9.0" in text
        and "mine.yaml:12" in text
    )
    assert "Nothing differs" in texts(book_of("practical", since=Changes("version 0.9.0", ())))["changes"]


def test_a_link_of_the_reading_path_leads_to_what_this_book_holds_and_nowhere_else(tmp_path: Path) -> None:
    from dealgate.model.learn import Link
    from dealgate.publish.book import Command

    found = book_of("practical", commands={"check": Command("check", "Every deal")})
    cases = {
        "process:practical": Ref("index"),
        "process:leads": None,
        "stage:practical.close": Ref("stage-close"),
        "stage:practical.nowhere": None,
        "criterion:practical.qualification.need-stated": Ref("stage-qualification", "qualification.need-stated"),
        "criterion:practical.won.signed": Ref("outcomes", "won.signed"),
        "framework:bant": Ref("framework-bant"),
        "framework:unheard": None,
        "element:bant.need": Ref("framework-bant", "need"),
        "element:bant.nothing": None,
        "metric:conversion": Ref("metrics", "conversion"),
        "command:check": Ref("commands", "check"),
        "command:unheard": None,
        "article:what": Ref("article-what"),
        "goal:that": Ref("goal-that"),
        "rule:DG101": None,
    }
    for written, to in cases.items():
        assert found.target(Link(*written.split(":", 1))) == to, written


def test_what_is_said_of_a_base_is_said_of_the_process_that_extends_it(tmp_path: Path) -> None:
    from dealgate.model.learn import Link

    (tmp_path / "acme.yaml").write_text(
        "kind: process/v1\nid: acme\ntitle: Acme\nversion: 1.0.0\nowner: Ops\nextends: practical@^1\n", encoding="utf-8"
    )
    found = book_of(tmp_path / "acme.yaml")
    assert found.bases == ("practical",)
    assert found.target(Link("stage", "practical.close")) == Ref("stage-close")


def test_a_place_elsewhere_on_the_machine_is_shown_by_its_name_alone(tmp_path: Path) -> None:
    source = (bundled("rules").parent / "examples" / "small" / "small.yaml").read_text(encoding="utf-8")
    (tmp_path / "small.yaml").write_text(source, encoding="utf-8")
    card = next(
        b
        for s in page_of(book_of(tmp_path / "small.yaml"), "stage-talking").blocks
        if s.kind == "section"
        for b in s.blocks
    )
    assert getattr(card, "where", "") == "small.yaml:16"
