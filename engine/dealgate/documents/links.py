"""Whether the links of a reading path lead somewhere: to its own articles and goals, to documents, and to metrics."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dealgate.model.diagnostics import Diagnostic, error
from dealgate.model.learn import Learn, Link
from dealgate.model.metrics import METRICS

from .build.process import ids_within
from .conditions.raw import did_you_mean
from .library import Library
from .places import ids_of
from .resolve import Resolver

ABOVE = frozenset(("command", "rule"))
"""Schemes whose targets documents know nothing of: a test of the whole checks them."""


def check_links(learn: Learn, resolver: Resolver, shipped: Collection[str]) -> list[Diagnostic]:
    """An error for each link to what does not exist; those of ``ABOVE`` are not looked at.

    ``shipped``: the files that come with dealgate. They speak of what ships, so a workspace's own process of the same
    id does not break their links.
    """
    here = _Targets(learn, resolver)
    bundled = here if resolver.library.folder is None else _Targets(learn, Resolver(Library()))
    found = []
    for link in learn.links:
        wrong = here.missing(link)
        if wrong is not None and not (link.at.file in shipped and bundled.missing(link) is None):
            found.append(wrong)
    return found


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
