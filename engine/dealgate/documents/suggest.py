"""Did you mean: the nearest real word to a mistyped one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dealgate.model.diagnostics import Meant

from .nodes import stands_for, surprise

LONGEST = 80
"""Words longer than this are nobody's typing mistake."""
SHORTEST = 4
"""Words shorter than this are one letter from too many others for one of them to be sure."""
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most likely meant by ``word``, or None where none is near."""
    found = nearest_few(word, candidates, 1)
    return found[0] if found else None


def nearest_few(word: str, candidates: Iterable[str], n: int = 3) -> list[str]:
    """Up to ``n`` candidates near ``word``, the nearest first.

    Case, hyphens, underscores and spaces do not count as a difference. Beyond that a third of the
    letters may be wrong, a swap of two neighbours counting as one.
    """
    plain = _plain(word)
    if not plain or len(word) > LONGEST:
        return []
    known = [c for c in dict.fromkeys(candidates) if c != word and len(c) <= LONGEST]
    same = [c for c in known if _plain(c) == plain]
    if len(same) >= n:
        return same[:n]
    if not known:
        return []
    from rapidfuzz.distance import OSA, JaroWinkler  # only on failure: the import takes longer than a check

    ranked: list[tuple[int, float, int, str]] = []
    for place, candidate in enumerate(known):
        other = _plain(candidate)
        allowed = max(1, max(len(plain), len(other)) // 3)
        distance = OSA.distance(plain, other, score_cutoff=allowed)
        # a word of one or two letters is near everything
        if distance <= allowed and distance < min(len(plain), len(other)):
            ranked.append((distance, -JaroWinkler.similarity(plain, other), place, candidate))
    return [candidate for *_, candidate in sorted(ranked)[:n]]


def meant(word: str, candidates: Iterable[str], said: str = "did you mean `{}`?") -> Meant | None:
    """The nearest candidate as a suggestion, with the one that is sure to be meant; None where none is near."""
    known = list(candidates)
    near = nearest(word, known)
    return Meant(said.format(near), word, sure(word, known)) if near is not None else None


def sure(word: str, candidates: Iterable[str]) -> str | None:
    """The one candidate that ``word`` can stand for: only case, hyphens and underscores differ, or one letter does.

    None where there are several, where a digit differs (`q1` is not `q2` mistyped), and where the candidate would have
    to be quoted.
    """
    plain = _plain(word)
    known = [c for c in dict.fromkeys(candidates) if c != word and len(c) <= LONGEST]
    found = [c for c in known if _plain(c) == plain]
    if not found and SHORTEST <= len(word) <= LONGEST:
        from rapidfuzz.distance import OSA

        near = [c for c in known if len(c) >= SHORTEST and OSA.distance(plain, _plain(c), score_cutoff=1) <= 1]
        found = [c for c in near if _digits(c) == _digits(word)] if len(near) == 1 else []
    if len(found) != 1 or not _BARE.fullmatch(found[0]):
        return None
    return found[0] if isinstance(stands_for(found[0]), str) and surprise(found[0]) is None else None


def _digits(word: str) -> str:
    return "".join(letter for letter in word if letter.isdigit())


def _plain(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_").strip("_")
