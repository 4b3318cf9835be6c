"""Evidence: what the rep gathered of the truth, with noise, and what the rep merely claims."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from dealgate.simulate.days import day_of, pick, within
from dealgate.simulate.life import Life, Visit
from dealgate.simulate.parameters import CLOSE, NEEDS, POST_SALE, PROPOSAL, PROSPECTING, QUALIFICATION, Habit, Record
from dealgate.simulate.parameters import bounded as _bounded

_BUYER = ("Email", "Reply to the recap", "Call notes", "Meeting notes", "Shared document")
_SELLER = ("Rep's impression", "Call notes", "", "tbd")
_DATA = ("Company register", "Data provider", "Technology scan", "Job posting", "News")


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing to prove: the record's key and id, the stage it is due in, the part of the truth behind it.

    ``data``: it is looked up, not asked for; ``sure``: the document is there or it is not.
    """

    key: str
    id: str
    due: int
    truth: str
    data: bool = False
    sure: bool = False


PROOFS = (
    Proof("element", "icp.firmographic", PROSPECTING, "fit", data=True),
    Proof("element", "icp.technographic", PROSPECTING, "fit", data=True),
    Proof("element", "icp.trigger", PROSPECTING, "timing", data=True),
    Proof("element", "icp.exclusion", PROSPECTING, "fit", data=True),
    Proof("element", "bant.need", QUALIFICATION, "need"),
    Proof("element", "bant.budget", QUALIFICATION, "budget"),
    Proof("element", "bant.authority", QUALIFICATION, "authority"),
    Proof("element", "bant.timeline", QUALIFICATION, "timing"),
    Proof("type", "confirmed-recap", NEEDS, "champion"),
    Proof("type", "impact-number", NEEDS, "need"),
    Proof("type", "agreed-plan", NEEDS, "champion"),
    Proof("type", "proposal-feedback", PROPOSAL, "authority"),
    Proof("type", "written-selection", PROPOSAL, "champion"),
    Proof("type", "redlines", PROPOSAL, "timing"),
    Proof("type", "verbal-choice", PROPOSAL, "authority"),
    Proof("type", "signed-contract", POST_SALE, "need", sure=True),
    Proof("type", "purchase-order", POST_SALE, "budget", sure=True),
    Proof("type", "agreed-baseline", POST_SALE, "need"),
    Proof("type", "confirmed-value", POST_SALE, "fit"),
)
_DUE = [[proof for proof in PROOFS if proof.due == stage] for stage in range(POST_SALE + 1)]
_EARLIER = [[proof for proof in PROOFS if proof.due < stage and not proof.sure] for stage in range(POST_SALE + 1)]


def gather(rng: Random, life: Life, truth: dict[str, float], habit: Habit, seller: str, until: int) -> list[Record]:
    """The evidence of these stays that is dated by the moment ``until``, oldest first."""
    found: list[tuple[int, Record]] = []
    reached = -1
    ask, claim = _bounded(habit.ask), _bounded(habit.claim)
    for visit in life.visits:
        stage = visit.stage
        if visit.entered > until:
            break
        new = [proof for due in range(reached + 1, stage + 1) for proof in _DUE[due]]
        skipped = range(reached + 1, stage)
        reached = max(reached, stage)
        for proof in new:
            # what a skipped stage should have brought is asked for less
            chance = ask * 0.6 if proof.due in skipped and reached > QUALIFICATION else ask
            _prove(rng, found, proof, life, visit, truth, chance, claim, seller, until)
        if stage in (NEEDS, PROPOSAL, CLOSE):
            for proof in _EARLIER[stage]:  # corroborated, or asked again
                if rng.random() < ask * 0.22:
                    _prove(rng, found, proof, life, visit, truth, 1.0, 0.0, seller, until, again=True)
    found.sort(key=lambda pair: pair[0])
    return [piece for _, piece in found]


def _prove(
    rng: Random,
    found: list[tuple[int, Record]],
    proof: Proof,
    life: Life,
    visit: Visit,
    truth: dict[str, float],
    ask: float,
    claim: float,
    seller: str,
    until: int,
    *,
    again: bool = False,
) -> None:
    """Add the piece this visit brings, if it brings one.

    Its moment is a share of the whole time worked in the stage: a long stay has no more evidence than a short one.
    """
    moment = within(rng, visit.entered, max(visit.entered, min(visit.left, life.quiet)))
    if moment > until or any(lost <= moment < again for lost, again in life.spells):
        return
    piece: Record = {proof.key: proof.id}
    if proof.data:
        if rng.random() > (0.9 if not again else 0.5):
            return
        seen = truth[proof.truth] + 0.25 + rng.gauss(0, 0.25)
        if proof.id == "icp.exclusion" and seen < 0.08:
            piece["answer"] = "no"
        piece |= {
            "level": 3 if seen > 0.6 else 2 if seen > 0.2 else 1,
            "from_buyer": rng.random() < 0.08,
            "source": pick(rng, _DATA),
        }
    elif proof.sure:
        if rng.random() > (0.93 if proof.id == "signed-contract" else 0.4):
            return
        piece |= {"level": 3, "from_buyer": True, "source": "Signed order form"}
    elif rng.random() < ask:
        seen = truth[proof.truth] + rng.gauss(0, 0.15)
        if seen < 0.16:
            if rng.random() < 0.5:
                piece["answer"] = "no"
                piece |= {"level": 2, "from_buyer": True, "source": pick(rng, _BUYER)}
            elif rng.random() < claim:
                piece |= {"level": 1, "from_buyer": False, "source": pick(rng, _SELLER)}
            else:
                return
        else:
            sure = seen + (0.2 if again else 0.0) > 0.7 and rng.random() < 0.7
            piece |= {"level": 3 if sure else 2, "from_buyer": True, "source": pick(rng, _BUYER)}
    elif rng.random() < claim:
        level = 2 if rng.random() < 0.06 else 1  # now and then a claim is entered as the buyer's word
        piece |= {"level": level, "from_buyer": False, "source": pick(rng, _SELLER)}
    else:
        return
    if rng.random() > 0.04:
        piece["dated"] = day_of(moment)
    if rng.random() < 0.85:
        piece["by"] = seller
    found.append((moment, piece))
