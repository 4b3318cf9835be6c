"""Process tests as JUnit XML, which build servers read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as xml

from ....decide.cases import Uncovered
from ...testing import Suite

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(suites: Sequence[Suite], gaps: Sequence[tuple[str, Uncovered]] | None) -> str:
    """A suite a document, a case a case; verdicts nobody expects are a case of their own that fails."""
    top = xml.Element("testsuites")
    for suite in suites:
        failed = sum(not r.passed for r in suite.results)
        node = xml.SubElement(
            top, "testsuite", name=_clean(suite.subject), tests=str(len(suite.results)), failures=str(failed)
        )
        for r in suite.results:
            case = xml.SubElement(
                node, "testcase", classname=_clean(suite.subject), name=_clean(r.name), file=suite.file
            )
            if not r.passed:
                told = [*r.problems, *(f"{m.what}: expected {m.expected}, got {m.actual}" for m in r.mismatches)]
                failure = xml.SubElement(case, "failure", message=_clean(told[0]))
                failure.text = _clean("\n".join([*told, *(line for m in r.mismatches for line in m.trace)]))
    missing = [(name, gap) for name, gap in gaps or () if gap.missing]
    if gaps is not None:
        node = xml.SubElement(
            top, "testsuite", name="coverage", tests=str(max(1, len(missing))), failures=str(len(missing))
        )
        for name, gap in missing:
            case = xml.SubElement(node, "testcase", classname=_clean(name), name=_clean(gap.id))
            xml.SubElement(case, "failure", message=f"no case expects {', '.join(gap.missing)}")
    xml.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml.tostring(top, encoding="unicode")


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
