"""The generated page of what comes with dealgate, made from the bundled documents themselves."""

from __future__ import annotations

from collections.abc import Iterator

from ..documents.library import Library
from ..documents.load import load, load_framework
from ..documents.resolve import Resolver
from ..model.framework import Framework
from ..model.process import Process
from ..model.suits import Suits
from ..tailor.recommend import in_numbers


def library() -> str:
    """The bundled documents by kind, each with what it is for."""
    known = Library()
    processes = [load(name).need() for name in known.ids("process")]
    frameworks = [one for name in known.ids("framework") if (one := load_framework(name).framework) is not None]
    out = ["# What comes with it", "", "Made from the documents themselves by `python -m dealgate.cli.reference`.", ""]
    out += ["## Processes", "", "`dealgate init` asks what you sell to whom, and recommends one.", ""]
    out += ["| process | stages | qualified by | meant for |", "|---|---|---|---|"]
    out += [_process(one) for one in processes]
    out += ["", "## Frameworks", ""]
    out += ["| framework | asks about | meant for |", "|---|---|---|"]
    out += [_framework(one) for one in frameworks]
    out += ["", "## Shared criteria", "", "A process that names the document uses its criteria by their ids.", ""]
    out += ["| document | criteria |", "|---|---|", *_criteria(known)]
    out += ["", "## Mappings", "", *_mappings(known)]
    return "\n".join(out) + "\n"


def _process(one: Process) -> str:
    stages = ", ".join(stage.title for stage in one.stages)
    used = ", ".join(f"`{name}`" for name in one.frameworks)
    name = f"[`{one.id}`](../rules/processes/{one.id}.yaml) {one.title}"
    return f"| {name} | {stages} | {used} | {_suits(one.suits, one.currency)} |"


def _framework(one: Framework) -> str:
    asks = ", ".join(element.title for element in one.elements)
    return f"| [`{one.id}`](../rules/frameworks/{one.id}.yaml) {one.title} | {asks} | {_suits(one.suits, '')} |"


def _suits(suits: Suits | None, currency: str) -> str:
    if suits is None:
        return "leads, before they are deals"
    amounts = in_numbers(suits.amount, f" {currency}" if currency else "")
    size = f" ({amounts})" if amounts else ""
    return f"{suits.why}{size}".replace("\n", " ").replace("|", "\\|")


def _criteria(known: Library) -> Iterator[str]:
    resolver = Resolver(known)
    for document in known.of_kind("criteria"):
        whole = resolver.whole(document)
        listed = whole.root.items.get("criteria") if whole.root is not None else None
        ids = [item.items["id"].text for item in getattr(listed, "items", ())]
        name = document.word("id")
        listed_ids = ", ".join(f"`{one}`" for one in ids)
        yield f"| [`{name}`](../rules/criteria/{name}.yaml) {document.word('title')} | {listed_ids} |"


def _mappings(known: Library) -> Iterator[str]:
    for document in known.of_kind("mapping"):
        name = document.word("id")
        yield f"- [`{name}`](../rules/mappings/{name}.yaml): {document.word('title')}"
