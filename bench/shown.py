"""A run's results as a table for people, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from .batch import Speed
from .contenders import BY_HAND
from .many import CEILING
from .memory import Memory
from .report import Results

_WIDTH = 48


def table(results: Results) -> Iterator[str]:
    """The whole run."""
    machine = results.machine
    yield f"{machine['processor']}, {machine['processors']} processors, {machine['system']}, {machine['python']}"
    yield f"{results.compared:,} deals compared cell by cell with the reference; cells that differ:"
    yield "  " + ", ".join(f"{name} {count}" for name, count in results.differing.items())
    yield from _one_deal(results)
    yield from _many(results)
    yield from _memory(results)
    for line in results.absent:
        yield f"left out: {line}"
    yield from _growth(results)
    yield from _synced(results)
    yield from _inspected(results)
    yield from _forecast(results)
    if results.validate or results.check:
        yield ""
        yield f"{'whole process':<{_WIDTH}}{'best s':>9}{'median s':>10}"
        for run in (*results.validate, *results.check):
            yield f"{run.name:<{_WIDTH}}{run.best:>9.2f}{run.median:>10.2f}" + (f"  {run.failed}" if run.failed else "")
            if run.said:
                yield f"  {run.said}"
    yield ""
    for requirement in results.requirements():
        asked = f"{'at least' if requirement.at_least else 'at most'} {requirement.mark:g}"
        yield f"{'ok  ' if requirement.holds else 'MISS'} {requirement.what}: {requirement.value:.2f} ({asked})"
    yield f"{results.seconds:.0f} seconds in all"


def _one_deal(results: Results) -> Iterator[str]:
    yield ""
    heads = "".join(f"{head:>{width}}" for head, width in (("p50 ratio", 11), ("p99 ratio", 11), ("usual p50 r.", 14)))
    yield f"{'one deal, 40 criteria':<{_WIDTH}}{'p50 µs':>9}{'p99 µs':>9}{heads}"
    hand = next(found for found in results.latency if found.name == BY_HAND)
    for found in results.latency:
        ratios = f"{found.p50 / hand.p50:>11.2f}{found.p99 / hand.p99:>11.2f}{found.usual_p50 / hand.usual_p50:>14.2f}"
        yield f"{found.name:<{_WIDTH}}{found.p50:>9.1f}{found.p99:>9.1f}{ratios}"


def _many(results: Results) -> Iterator[str]:
    """Deals a second by number of deals, and how many times as fast as Polars by hand.

    Who was not asked for so many is shown with the rate of fewer, after a ``~``.
    """
    if not results.many:
        return
    sizes = sorted({found.deals for found in results.many if found.name == CEILING or found.deals >= 1_000_000})
    yield ""
    yield f"{'deals a second (× Polars by hand)':<{_WIDTH}}" + "".join(f"{f'{size:,}':>17}" for size in sizes)
    found = {(speed.name, speed.deals): speed for speed in results.many}
    fastest = {speed.name: speed.rate for speed in sorted(results.many, key=lambda s: s.deals)}
    for name in sorted(fastest, key=lambda name: -fastest[name]):
        yield f"{name:<{_WIDTH}}" + "".join(_cell(name, size, found) for size in sizes)


def _cell(name: str, size: int, found: dict[tuple[str, int], Speed]) -> str:
    speed = found.get((name, size))
    if speed is not None:
        return f"{_amount(speed.rate):>9}{_ratio(speed.ratio):>8}"
    fewer = max((deals for other, deals in found if other == name and deals < size), default=None)
    hand = found.get((CEILING, size))
    if fewer is None or hand is None:
        return f"{'-':>17}"
    rate = found[name, fewer].rate
    return f"{f'~{_amount(rate)}':>9}{_ratio(rate / hand.rate):>8}"


def _amount(rate: float) -> str:
    for unit, word in ((1e6, "M"), (1e3, "k")):
        if rate >= unit:
            return f"{rate / unit:.3g} {word}"
    return f"{rate:.3g}"


def _ratio(ratio: float) -> str:
    return f"({ratio:.2f})" if ratio >= 0.1 else f"(1/{_amount(1 / ratio).replace(' ', '')})"


def _memory(results: Results) -> Iterator[str]:
    if not results.memory:
        return
    yield ""
    heads = (("criteria", 10), ("deals", 12), ("ms", 10), ("MB before", 11), ("at most", 9))
    yield f"{'time and memory, in a process of its own':<{_WIDTH}}" + "".join(
        f"{word:>{width}}" for word, width in heads
    )
    for found in results.memory:
        yield (
            f"{found.name:<{_WIDTH}}{found.criteria:>10,}{found.deals:>12,}{found.seconds * 1000:>10.1f}"
            f"{found.before:>11.0f}{found.peak:>9.0f}"
        )
    yield from _grows(results.memory)


def _grows(measures: list[Memory]) -> Iterator[str]:
    """How time and peak memory grow from one measure to the next larger of the same contender."""
    for name in dict.fromkeys(found.name for found in measures):
        mine = [found for found in measures if found.name == name]
        said = []
        for before in mine:
            for after in mine:
                deals, criteria = after.deals / before.deals, after.criteria / before.criteria
                if (deals == 10 and criteria == 1) or (deals == 1 and criteria > 1):
                    what = (
                        f"{before.deals:,} to {after.deals:,} deals" if deals > 1 else f"{criteria:.0f} × the criteria"
                    )
                    time, memory = after.seconds / before.seconds, after.peak / before.peak
                    said.append(f"{what} {time:.1f} × the time, {memory:.1f} × the memory")
        if said:
            yield f"  {name}: {'; '.join(said)}"


def _growth(results: Results) -> Iterator[str]:
    if not results.growth:
        return
    yield ""
    yield f"{'criteria':>10}{'load s':>10}{'one deal p50 µs':>18}{'µs a criterion':>16}"
    for size in results.growth:
        yield f"{size.criteria:>10,}{size.load:>10.2f}{size.decision:>18.1f}{size.each:>16.3f}"


def _inspected(results: Results) -> Iterator[str]:
    if not results.inspections:
        return
    yield ""
    heads = f"{'deals':>10}{'history':>9}{'inspect':>9}{'coach':>8}{'MB':>8}"
    yield f"{'seconds for inspecting and coaching':<{_WIDTH}}{heads}"
    for one in results.inspections:
        said = f"{one.findings:,} findings, {one.inferences:,} inferences"
        spent = f"{one.history:>9.2f}{one.inspect:>9.2f}{one.coach:>8.2f}{one.megabytes:>8.0f}"
        yield f"{said:<{_WIDTH}}{one.deals:>10,}{spent}"
    for each in results.coachings:
        said = f"{each.verdicts:,} verdicts, {each.inferences:,} inferences"
        yield f"{said:<{_WIDTH}}{each.deals:>10,}{'':>18}{each.seconds:>8.2f}{each.megabytes:>8.0f}"


def _forecast(results: Results) -> Iterator[str]:
    if not results.forecasts:
        return
    yield ""
    heads = f"{'deals':>10}{'s':>9}{'MB':>8}{'errors apart':>14}"
    yield f"{'seconds for drawing a quarter many times':<{_WIDTH}}{heads}"
    for one in results.forecasts:
        apart = "-" if one.apart is None else f"{one.apart:.2f}"
        said = f"{one.quarters:,} quarters, {one.method}"
        yield f"{said:<{_WIDTH}}{one.deals:>10,}{one.seconds:>9.2f}{one.megabytes:>8.0f}{apart:>14}"


def _synced(results: Results) -> Iterator[str]:
    if not results.syncs:
        return
    yield ""
    heads = f"{'deals':>9}{'read':>8}{'keep':>8}{'MB more':>9}{'requests':>10}"
    yield f"{'seconds of ours, from a CRM to SQLite':<{_WIDTH}}{heads}"
    for one in results.syncs:
        figures = f"{one.deals:>9,}{one.pull:>8.2f}{one.take:>8.2f}{one.megabytes:>9.0f}{one.requests:>10,}"
        yield f"{one.name:<{_WIDTH}}{figures} of {one.fewest:,}"
