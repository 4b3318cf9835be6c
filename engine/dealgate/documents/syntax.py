"""What the YAML parser complains of, in plain sentences at the place where the mistake is."""

from __future__ import annotations

import re
from typing import Any

from dealgate.model.diagnostics import Diagnostic, Where, error

_QUOTE = "If it is text, quote it."
_NO_SPACE = re.compile(r"\s*(?:- )?[A-Za-z0-9_-]+:(?=[^\s:/])")
_COLON_IN_TEXT = re.compile(r":\s+\S")

# what the C and the Python parser say -> (said at the context's place?, sentence, suggestion)
_SENTENCES: tuple[tuple[str, bool, str, str | None], ...] = (
    ("could not find expected ':'", True, "This line has no colon.",
     "Write `key: value`, with a space after the colon; a text over several lines is indented or begins with `|`."),
    ("found unexpected end of stream", True, "A quoted text begins here and has no closing quote.",
     "Add the closing quote."),
    ("found unexpected document indicator", True, "A quoted text begins here and has no closing quote.",
     "Add the closing quote."),
    ("unknown escape character", False, "In double quotes a `\\` begins an escape, and this is none.",
     "Write `\\\\`, or use single quotes."),
    ("did not find expected hexdecimal number", False, "This escape is none: it lacks hexadecimal digits.",
     "Write `\\\\`, or use single quotes."),
    ("expected escape sequence of", False, "This escape is none: it lacks hexadecimal digits.",
     "Write `\\\\`, or use single quotes."),
    ("invalid Unicode character escape", False, "This escape names no character.",
     "Write `\\\\`, or use single quotes."),
    ("expected alphabetic or numeric character", True, "A text cannot begin with `*` or `&`.", "Quote it."),
    ("expected chomping or indentation indicator", True, "A text cannot begin with `|` or `>`.", "Quote it."),
    ("expected comment or line break", True, "A text cannot begin with `|` or `>`.", "Quote it."),
    ("expected a comment or a line break", True, "A text cannot begin with `|` or `>`.", "Quote it."),
    ("indentation indicator", False, "After `|` or `>` only `-` or `+` may stand.", None),
    ("sequence entries are not allowed", False, "A list item cannot stand here.",
     "Begin the list on a line of its own, below its key; if it is text, quote it."),
    ("mapping keys are not allowed", False, "A text cannot begin with `? `.", "Quote it."),
    ("expected ',' or ']'", True, "A list in brackets begins here and has no end.",
     "Put commas between its items and `]` after the last; quote a text that holds a bracket or a quote."),
    ("expected ',' or '}'", True, "A map in braces begins here and has no end.",
     "Put commas between its keys and `}` after the last; quote a text that holds a brace or a quote."),
    ("expected '-' indicator", False, "This line does not continue the list above it.",
     "Give it the indentation of the list's `-`, or that of the key it belongs to."),
    ("expected <block end>", False, "", None),
    ("expected key", False, "", None),
    ("expected node content", False, "Here a value is expected.",
     "Take out the stray comma or bracket, or quote the text."),
    ("expected the node content", False, "Here a value is expected.",
     "Take out the stray comma or bracket, or quote the text."),
    ("expected <document start>", False, "The document ended before this line.",
     "Check its indentation, and that it is `key: value`."),
    ("undefined tag handle", False, "A word beginning with `!` is a type tag; tags are not read.", "Quote it."),
    ("directive", False, "A line cannot begin with `%`.", "Quote the text, or take the line out."),
    ("incompatible YAML document", False, "A line cannot begin with `%`.", "Take the line out."),
)  # fmt: skip


def told(problem: Exception, text: str, file: str) -> Diagnostic:
    """The parser's complaint as a diagnostic."""
    said = str(getattr(problem, "problem", "") or "")
    mark = getattr(problem, "problem_mark", None)
    context = getattr(problem, "context_mark", None) or mark
    lines = text.split("\n")
    place = _place(mark, lines, file)
    here = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    rest = here[place.column - 1 :]
    indent = here[: len(here) - len(here.lstrip())]
    if "\t" in indent and (rest.startswith("\t") or not here[: place.column - 1].strip()):
        return _tab(file, place.line, indent)
    if "violates indentation" in said or "tab character" in said:
        return _tab(file, place.line, indent)
    if "cannot start any token" in said or "cannot start any token" in str(problem):
        if rest.startswith("\t"):
            return _tab(file, place.line, here[: place.column])
        sign = "a backtick" if rest[:1] == "`" else f"`{rest[:1] or '%'}`"
        return error("DG010", f"A text cannot begin with {sign}.", place, "Quote it.")
    if "mapping values are not allowed" in said:
        above = lines[place.line - 2] if place.line > 1 else ""
        return _colon(here, above, place)
    for words, at_context, sentence, suggestion in _SENTENCES:
        if words not in said:
            continue
        if not sentence:
            return _not_a_key(context, lines, file, place)
        return error("DG010", sentence, _place(context, lines, file) if at_context else place, suggestion)
    return error("DG010", "This is not YAML.", place, "Check indentation, colons and quotes here and just above.")


def _place(mark: Any, lines: list[str], file: str) -> Where:
    """A mark as a place; one behind the last line becomes the end of the last line with anything on it."""
    if mark is None:
        return Where(file)
    line, column = mark.line, mark.column
    if line >= len(lines) or (line == len(lines) - 1 and not lines[line].strip()):
        line = max((n for n, one in enumerate(lines) if one.strip()), default=0)
        column = len(lines[line])
    return Where(file, line + 1, column + 1)


def _tab(file: str, line: int, before: str) -> Diagnostic:
    column = before.find("\t") + 1 or len(before) + 1
    message = "A tab stands where the line is indented."
    return error("DG011", message, Where(file, line, column), "Indent with spaces, two for each level.")


def _colon(here: str, above: str, place: Where) -> Diagnostic:
    before = here[max(0, place.column - 500) : place.column - 1]
    if _COLON_IN_TEXT.search(before):
        message = "A second colon on this line: a text with `: ` in it must be quoted."
        return error("DG010", message, place, "Quote the text.")
    if glued := _NO_SPACE.match(above):
        where = Where(place.file, place.line - 1, glued.end())
        return error("DG010", "There is no space after this colon.", where, "Write `key: value`, with a space.")
    if before.strip() and before.rstrip()[-1] not in "'\"":
        message = "This key does not fit the lines above: a value ended there without one."
        indent = len(here) - len(here.lstrip())
        suggestion = "Give it the indentation of the key above; if the text above goes on with a colon, quote it."
        return error("DG010", message, Where(place.file, place.line, indent + 1), suggestion)
    return error("DG010", "A colon cannot stand here.", place, "Quote the text that holds it.")


def _not_a_key(context: Any, lines: list[str], file: str, place: Where) -> Diagnostic:
    here = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    before, rest = here[: place.column - 1], here[place.column - 1 :]
    if before.strip():
        if before.rstrip()[-1] in "'\"":
            message = "Text stands after the closing quote."
            return error("DG010", message, place, "Quote the whole text, with single quotes if it holds double ones.")
        if rest[:1] in "]},":
            return error("DG010", f"`{rest[:1]}` has no partner.", place, "Take it out, or quote the text.")
        return error("DG010", "This does not belong to the value before it.", place, _QUOTE)
    if rest.startswith(":"):
        return error("DG010", "There is no key before this colon.", place, "Write `key: value`.")
    began = _place(context, lines, file)
    message = f"This line is not indented like the keys of its map, which begins on line {began.line}."
    return error("DG010", message, place, f"Begin it in column {began.column}, or move it to where it belongs.")
