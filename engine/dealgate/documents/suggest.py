"""Did you mean: the nearest real word to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 80
"""Words longer than this are nobody's typing mistake."""


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


def _plain(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_").strip("_")
