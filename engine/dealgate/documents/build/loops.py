"""Things that lean on each other in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dealgate.model.diagnostics import Diagnostic, Where, error


def report_loops(
    what: str, leans: Mapping[str, tuple[Iterable[str], Where]], diagnostics: list[Diagnostic]
) -> frozenset[str]:
    """Report each circle once, at its first member in reading order; the names that lie on one."""
    edges = {name: [n for n in dict.fromkeys(on) if n in leans] for name, (on, _) in leans.items()}
    done: set[str] = set()
    looped: set[str] = set()
    for start in edges:
        if start in done:
            continue
        path: list[str] = []
        stack = [(start, iter(edges[start]))]
        path.append(start)
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                done.add(name)
                path.pop()
                stack.pop()
            elif following in path:
                circle = path[path.index(following) :]
                if not looped.intersection(circle):
                    _report(what, circle, leans, diagnostics)
                looped.update(circle)
            elif following not in done:
                path.append(following)
                stack.append((following, iter(edges[following])))
    return frozenset(looped)


def _report(
    what: str, circle: list[str], leans: Mapping[str, tuple[Iterable[str], Where]], diagnostics: list[Diagnostic]
) -> None:
    order = list(leans)
    first = min(range(len(circle)), key=lambda i: order.index(circle[i]))
    turned = [*circle[first:], *circle[:first]]
    message = f"These {what} rest on each other: {' → '.join([*turned, turned[0]])}."
    diagnostics.append(error("DG217", message, leans[turned[0]][1], "let one of them stand alone"))
