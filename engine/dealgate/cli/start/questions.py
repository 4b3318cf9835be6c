"""The questions of ``dealgate init``, each with a line of help and a default; every one is an option too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import click

from ...model.diagnostics import WrongUsage, error
from ...model.suits import BUYERS
from ..render.width import width
from .answers import NotUnderstood, one_of, read_amount, read_buyer, read_crm, read_currency, read_cycle, read_team
from .crm import ROUTES


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``name`` is its option's; ``read`` makes the answer of what was typed or raises NotUnderstood."""

    name: str
    prompt: str
    help: str
    default: str
    read: Callable[[str], Any]
    recommends: bool = True
    """Whether the recommendation rests on it."""


QUESTIONS = (
    Question("amount", "A usual deal", "What a deal is worth, such as 25k or 25000 EUR.", "25000", read_amount),
    Question("currency", "Currency", "Amounts that name none are in this one.", "USD", read_currency, False),
    Question("cycle", "Sales cycle", "From the first conversation to the signature, such as 60 days or 2 months.",
             "60 days", read_cycle),
    Question("buyer", "Who buys", f"One of {', '.join(BUYERS)}.", "few-people", read_buyer),
    Question("team", "Sellers", "How many people sell.", "8", read_team),
    Question("crm", "CRM", f"Where deals are kept: {', '.join(r.id for r in ROUTES)}.", "none", read_crm, False),
)  # fmt: skip


def given(options: Mapping[str, str | None]) -> dict[str, Any]:
    """What the options answer, by question. Raises WrongUsage (DG918), with all that is not understood."""
    found, wrong = {}, []
    for question in QUESTIONS:
        text = options.get(question.name)
        if text is None:
            continue
        try:
            found[question.name] = question.read(text)
        except NotUnderstood as why:
            wrong.append(error("DG918", f"--{question.name}: {why}"))
    if wrong:
        raise WrongUsage(*wrong)
    if "amount" in found:
        found["amount"], beside = found["amount"]
        if beside and found.setdefault("currency", beside) != beside:
            message = f"--amount is in {beside} and --currency says {found['currency']}."
            raise WrongUsage(error("DG918", message, suggestion="leave one of them out"))
    return found


def asked(answers: dict[str, Any], questions: Iterable[Question], defaults: Mapping[str, str]) -> dict[str, Any]:
    """The answers with those to the questions that were not answered yet, asked on the terminal."""
    for question in questions:
        if question.name not in answers:
            answers[question.name] = ask(question, defaults.get(question.name, question.default))
            if question.name == "amount":
                answers["amount"], beside = answers["amount"]
                if beside:
                    answers.setdefault("currency", beside)
    return answers


def taken(answers: dict[str, Any], questions: Iterable[Question], defaults: Mapping[str, str]) -> dict[str, Any]:
    """The answers with the defaults of the questions that were not answered."""
    for question in questions:
        if question.name not in answers:
            value = question.read(defaults.get(question.name, question.default))
            answers[question.name] = value[0] if question.name == "amount" else value
    return answers


def ask(question: Question, default: str) -> Any:
    """The answer to one question, asked again until it is understood. Raises click.Abort on Ctrl-C or at the end."""
    click.echo(fill(question.help, width(80)), err=True)

    def read(text: str) -> Any:
        try:
            return question.read(text)
        except NotUnderstood as why:
            raise click.UsageError(str(why)) from None

    return click.prompt(question.prompt, default=default, value_proc=read, err=True)


def choose(recommended: str, ids: Iterable[str]) -> str:
    """The process somebody chooses after the recommendation: that one, or another by its id."""
    known = list(ids)
    listed = Question(
        "process", "Process", f"Take it, or name another: {', '.join(known)}.", recommended, lambda t: one_of(t, known)
    )
    chosen: str = ask(listed, recommended)
    return chosen
