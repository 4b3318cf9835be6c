"""Whether the links of a reading path lead somewhere: to its own articles and goals, to documents, and to metrics."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from dealgate.model.diagnostics import Diagnostic, Where, error, warning
from dealgate.model.learn import Goal, Learn, Link
from dealgate.model.metrics import METRICS

from .build.process import ids_within
from .conditions.raw import did_you_mean
from .library import Library
from .places import ids_of
from .resolve import Resolver

ABOVE = frozenset(("command", "rule"))
"""Schemes whose targets documents know nothing of: a test of the whole checks them."""


def check_links(
    learn: Learn, resolver: Resolver, shipped: Collection[str], removed: Mapping[str, Where]
) -> tuple[Learn, list[Diagnostic]]:
    """The reading path with the links that lead somewhere, and an error for each that does not; those of ``ABOVE`` are
    not looked at.

    ``shipped``: the files that come with dealgate. They speak of what ships, so a workspace's own process of the same
    id does not break their links. ``removed``: what overlays take away (``article:ID``) and where they say so: a link
    to it is a warning there, since who takes an article away cannot write the others anew.
    """
    here = _Targets(learn, Resolver(resolver.library.afresh()))
    bundled = here if resolver.library.folder is None else _Targets(learn, Resolver(Library()))
    found: list[Diagnostic] = []
    gone: set[str] = set()
    for link in learn.links:
        wrong = here.missing(link)
        if wrong is None or (link.at.file in shipped and bundled.missing(link) is None):
            continue
        if str(link) in removed:
            gone.add(str(link))
            message = f"The {link.scheme} `{link.target}` falls away, and {link.at} still leads to it."
            hint = "Take what leads there away too, or give it another text; its words are shown without a link."
            found.append(warning("DG446", message, removed[str(link)], hint, len(link.target)))
        else:
            found.append(wrong)
    return (_without(learn, gone) if gone else learn), found


def _without(learn: Learn, gone: Collection[str]) -> Learn:
    def live(links: tuple[Link, ...]) -> tuple[Link, ...]:
        return tuple(link for link in links if str(link) not in gone)

    def read(goal: Goal) -> tuple[str, ...]:
        return tuple(name for name in goal.read if f"article:{name}" not in gone)

    return learn.replace(
        articles=tuple(one.replace(links=live(one.links)) for one in learn.articles),
        goals=tuple(one.replace(links=live(one.links), read=read(one)) for one in learn.goals),
    )


class _Targets:
    """What links may lead to, looked up when first asked for."""

    def __init__(self, learn: Learn, resolver: Resolver) -> None:
        self.learn, self.resolver = learn, resolver
        self._known: dict[tuple[str, str], list[str]] = {}

    def missing(self, link: Link) -> Diagnostic | None:
        """What is wrong with a link, or None."""
        if link.scheme in ABOVE:
            return None
        scheme, target = link.scheme, link.target
        kind = {"stage": "process", "criterion": "process", "element": "framework"}.get(scheme)
        if kind is not None:
            home = target.partition(".")[0]
            if home not in self.known(kind):
                scheme, target = kind, home
        known = self.known(scheme, target.partition(".")[0])
        if target in known:
            return None
        hint = did_you_mean(target, known) or self._otherwise(known)
        return error("DG442", f"There is no {scheme} `{target}`.", link.at, hint, max(1, len(link.target)))

    @staticmethod
    def _otherwise(known: Iterable[str]) -> str:
        few = list(known)[:8]
        return f"There are {', '.join(few)} …" if few else "Take the link out."

    def known(self, scheme: str, home: str = "") -> list[str]:
        """Every target of a scheme; of stages, criteria and elements those of one process or framework."""
        if scheme not in ("stage", "criterion", "element"):
            home = ""
        if (scheme, home) not in self._known:
            self._known[scheme, home] = self._list(scheme, home)
        return self._known[scheme, home]

    def _list(self, scheme: str, home: str) -> list[str]:
        if scheme == "article":
            return [one.id for one in self.learn.articles]
        if scheme == "goal":
            return [one.id for one in self.learn.goals]
        if scheme == "metric":
            return list(METRICS)
        if scheme in ("process", "framework"):
            return self.resolver.library.ids(scheme)
        found = self.resolver.reference("framework" if scheme == "element" else "process", home)[0]
        if found is None or found.root is None:
            return []
        if scheme == "element":
            elements = found.root.items.get("elements")
            inside = ids_of(elements) if elements is not None else []
        else:
            stages, criteria = ids_within(found.root)
            inside = stages if scheme == "stage" else criteria
        return [f"{home}.{name}" for name in inside]
