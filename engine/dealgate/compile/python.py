"""Conditions → the source of one Python function that judges criteria on one deal (``program`` runs it).

The source is made from the checked tree alone, never from raw text: names of fields and constants enter it only as
``repr`` of checked values or as bound globals. Each field is read once, each collection walked once. Every condition
becomes two expressions, "is true" and "is false"; what is neither is unknown. What has no short form here is asked of
the reference walker.
"""

from __future__ import annotations

from ..model import condition as c
from ..model.process import Criterion
from .emit import AskWalker, Loop, Names, Pair
from .reference import in_last, span_bounds

DEEPEST = 30
"""Nesting beyond which the walker is asked, since Python's own parser has a limit."""

_FLAT = (c.Test, c.Children, c.Count, c.ElementLevel, c.ElementAnswer, c.FrameworkIs, c.CriterionRef)


class Emitter(Names):
    """Collects the generated function's statements; assembled by ``source``."""

    # ------------------------------------------------ conditions

    def pair(self, node: c.Condition, depth: int = 0) -> Pair:
        """The expressions "is true" and "is false"."""
        if isinstance(node, c.Named):
            return self.pair(node.body, depth)
        if isinstance(node, c.Not):
            true, false = self.pair(node.part, depth + 1)
            return false, true
        if isinstance(node, (c.All, c.AnyOf)) and depth < DEEPEST:
            pairs = [self.pair(p, depth + 1) for p in node.parts]
            both = " and ".join(p[isinstance(node, c.AnyOf)] for p in pairs)
            either = " or ".join(p[isinstance(node, c.All)] for p in pairs)
            return (f"({both})", f"({either})") if isinstance(node, c.All) else (f"({either})", f"({both})")
        if isinstance(node, c.Test) and (wanted := _wanted_flag(node)) is not None:
            value = self.raw(node.ref)
            return f"{value} is {wanted}", f"{value} is {not wanted}"
        if isinstance(node, _FLAT):
            return _both_sides(node, *self.test(node))
        if self.loop is not None:
            raise AskWalker
        answer = self.walker(node)
        return f"{answer} is True", f"{answer} is False"

    def test(self, node: c.Condition) -> tuple[list[str], str]:
        """A single test: the variables that must not be missing, and the two-valued expression."""
        if isinstance(node, c.Test):
            return self.field_test(node)
        if self.loop is not None:
            raise AskWalker
        if isinstance(node, (c.Children, c.Count)):
            return self.collection(node)
        if isinstance(node, c.CriterionRef):
            status = self.memo["status", node.criterion]
            known = self.let_after(f"None if {status} is UNKNOWN else {status} is not UNMET")
            return [known], known
        if isinstance(node, c.FrameworkIs):
            status = self.status(node.framework)
            inside = self.bind(frozenset(node.statuses))
            if "unknown" in node.statuses:
                return [], f"({status} is None or {status} in {inside})"
            return [status], f"({status} in {inside})"
        assert isinstance(node, (c.ElementLevel, c.ElementAnswer))
        state = self.element(node.framework, node.element)
        if isinstance(node, c.ElementAnswer):
            answer = self.let(f"{state}[1]")
            return [answer], f"({answer} == {node.answer!r})"
        operands = ", ".join(self.operand(o, day=False)[0] for o in node.operands)
        answer = self.let(f"level_test({state}, {self.bind(node.operator)}, [{operands}])")
        return [answer], answer

    def field_test(self, node: c.Test) -> tuple[list[str], str]:
        """One operator on one field."""
        operator, ref = node.operator, node.ref
        if (wanted := _wanted_flag(node)) is not None:
            return [self.raw(ref)], f"({self.raw(ref)} is {wanted})"
        if operator.sees_missing:
            flag = node.operands[0]
            assert isinstance(flag, c.Literal)
            if operator.key == "placeholder":
                if ref.child:
                    raise AskWalker  # raw values are kept by the record's place, which a loop does not know
                found = f"deal.unfit[{ref.name!r}].placeholder if {ref.name!r} in deal.unfit else False"
                return [], f"({self.let(found)} is {flag.value!r})"
            raw = self.raw(ref)
            here = f"({raw} is not None and {raw} != {self.bind(frozenset())})"
            present = here if ref.field.type == "multi_choice" else f"({raw} is not None)"
            return [], present if flag.value else f"(not {present})"
        if operator.operand == "pattern":
            raw, pattern = self.raw(ref), node.operands[0]
            assert isinstance(pattern, c.Literal)
            return [raw], f"{self.bind(operator.test)}({raw}.strip(), {self.bind(pattern.value)})"
        if node.last_days is not None:
            raw, days = self.raw(ref), self.bind(node.last_days)
            self.names["in_last"] = in_last
            return [raw], f"in_last({self.local(raw)}, {days}, moment)"
        if node.span is not None and not node.day:
            span, raw = node.span, self.raw(ref)
            count = 1 if operator.key == "older_than" else 2
            bounds = [self.clock(lambda m, n=n: span_bounds(operator.key, span, m)[n]) for n in range(count)]  # type: ignore[misc]
            return [raw], self.apply(node, raw, bounds)
        other = c.amount_beside(node)
        value = self.comparable(ref, day=node.day, rank=operator.ranks, beside=other)
        beside = ref if other is not None else None
        operands = [self.operand(o, day=node.day, rank=operator.ranks, beside=beside) for o in node.operands]
        guards = list(dict.fromkeys([value, *(name for name, may_miss in operands if may_miss)]))
        return guards, self.apply(node, value, [name for name, _ in operands])

    def apply(self, node: c.Test | c.Count, value: str, operands: list[str]) -> str:
        """The operator's template, or a call of its meaning."""
        operator = node.operator
        if not operator.python:
            return f"{self.bind(operator.test)}({', '.join([value, *operands])})"
        return "(" + operator.python.format(v=value, **dict(zip("ab", operands, strict=False))) + ")"

    def collection(self, node: c.Children | c.Count) -> tuple[list[str], str]:
        """some, every, none and count, by the collection's one loop."""
        if isinstance(node, c.Count) and node.distinct is not None:
            answer = self.walker(node)
            return [answer], answer
        where = node.where
        if isinstance(node, c.Children) and node.kind == "every":
            where = None if where is None else c.Not(where)
        try:
            records, sure, maybe = self.counting(node.collection, where)
        except AskWalker:
            answer = self.walker(node)
            return [answer], answer
        if isinstance(node, c.Count):
            operands = [self.operand(o, day=False) for o in node.operands]
            names = ", ".join(name for name, _ in operands)
            guards = " or ".join(f"{g} is None" for g in [records, *(n for n, may_miss in operands if may_miss)])
            exact = self.apply(node, sure, [n for n, _ in operands])
            ranged = f"over_range({self.bind(node.operator)}, {sure}, {sure} + {maybe}, ({names},))"
            known = self.let_after(f"None if {guards} else {exact} if not {maybe} else {ranged}")
            return [known], known
        if node.kind == "every" and where is None:
            known = self.let_after(f"None if {records} is None else True")
            return [known], known
        some = self.let_after(f"None if {records} is None else True if {sure} else None if {maybe} else False")
        return [some], some if node.kind == "some" else f"(not {some})"

    def counting(self, collection: str, where: c.Condition | None) -> tuple[str, str, str]:
        """Variables: the records, how many surely match, how many more may."""
        key = (collection, where)
        if key not in self.memo:
            loop = self.loops.setdefault(collection, Loop(self.let(f"children.get({collection!r})")))
            before, self.loop = self.loop, loop
            loads = dict(loop.loads)
            try:
                pair = None if where is None else self.match(where)
            except AskWalker:
                loop.loads = loads
                raise
            finally:
                self.loop = before
            n = sum(len(o.counts) for o in self.loops.values())
            loop.counts.append((pair, f"s{n}", f"m{n}"))
            self.memo[key] = (loop.variable, f"s{n}", f"m{n}")
        found: tuple[str, str, str] = self.memo[key]
        return found

    def match(self, where: c.Condition) -> Pair:
        """The expressions "it matches" and, where it does not, "it may"."""
        if isinstance(where, c.Test):
            guards, expression = self.test(where)
            return _both_sides(where, guards, expression)[0], " or ".join(f"{g} is None" for g in guards)
        true, false = self.pair(where)
        return true, f"not {false}"

    def let_after(self, code: str) -> str:
        """A variable worked out after the loops."""
        found = self.after.get(code)
        if found is None:
            found = self.after[code] = f"a{len(self.after)}"
            self.body.append(f"{found} = {code}")
        return found

    def element(self, framework: str, element: str) -> str:
        """The variable of an element's state."""
        states = self.let(f"elements(deal, {self.framework_name(framework)}, moment)")
        return self.let(f"{states}[{element!r}]")

    def status(self, framework: str) -> str:
        """The variable of a framework's status, None while unknown."""
        self.walks = True
        known = self.let(f"w.framework_status({self.framework_name(framework)})[0]")
        return self.let(f"None if {known} == 'unknown' else {known}")

    def framework_name(self, framework: str) -> str:
        """The bound name of a framework."""
        if ("framework", framework) not in self.memo:
            self.memo["framework", framework] = self.bind(self.process.frameworks[framework])
        return str(self.memo["framework", framework])

    # ------------------------------------------------ criteria

    def criterion(self, criterion: Criterion, number: int) -> str:
        """Emits the statements that judge one criterion; the expression of the values it saw."""
        check, status = criterion.check, f"q{number}"
        while isinstance(check, c.Named):
            check = check.body
        if criterion.applies_when is None and isinstance(check, _FLAT):
            guards, expression = self.test(check)
            answer = f"MET if {expression} else UNMET"
            if guards:
                answer = f"UNKNOWN if {' or '.join(f'{g} is None' for g in guards)} else {answer}"
        else:
            true, false = self.pair(check)
            answer = f"MET if {true} else UNMET if {false} else UNKNOWN"
            if criterion.applies_when is not None:
                applies, not_applies = self.pair(criterion.applies_when)
                answer = f"NA if {not_applies} else MET if {true} else UNMET if {applies} and {false} else UNKNOWN"
        self.body.append(f"{status} = {answer}")
        self.memo["status", criterion.id] = status
        seen: dict[str, str] = {}
        for condition in (criterion.check, *([criterion.applies_when] if criterion.applies_when is not None else [])):
            self.see(condition, seen)
        return "{" + ", ".join(f"{label!r}: {code}" for label, code in seen.items()) + "}"

    def see(self, node: c.Condition, seen: dict[str, str]) -> None:
        """Label → expression of what a condition reads of the deal."""
        if isinstance(node, (c.Children, c.Count, c.Sum)):
            self.see_records(node, seen)
            return
        for ref in () if c.parts(node) else c.refs(node):
            if not ref.child:
                seen.setdefault(ref.name, self.raw(ref))
        if isinstance(node, c.ElementLevel):
            seen.setdefault(f"{node.framework}.{node.element}", f"{self.element(node.framework, node.element)}[0]")
        elif isinstance(node, c.ElementAnswer):
            seen.setdefault(f"{node.framework}.{node.element}", f"{self.element(node.framework, node.element)}[1]")
        elif isinstance(node, c.FrameworkIs):
            seen.setdefault(node.framework, self.status(node.framework))
        elif isinstance(node, (c.FrameworkScore, c.FrameworkBand)):
            seen.setdefault(node.framework, self.walker(node))
        elif isinstance(node, c.Proof):
            seen.setdefault(node.type, self.walker(node))
        elif isinstance(node, c.CriterionRef):
            seen.setdefault(node.criterion, f"{self.memo['status', node.criterion]}.value")
        for part in c.parts(node):
            self.see(part, seen)

    def see_records(self, node: c.Children | c.Count | c.Sum, seen: dict[str, str]) -> None:
        """How many records match, None where the collection was never synced."""
        label, number = node.collection, 2
        try:
            records, sure, _ = self.counting(node.collection, node.where)
            code = self.let_after(f"None if {records} is None else {sure}")
        except AskWalker:
            name = self.let(f"children.get({node.collection!r})")
            code = self.let(f"None if {name} is None else len({name})")
        while seen.get(label, code) != code:
            label, number = f"{node.collection} ({number})", number + 1
        seen[label] = code

    def source(self, rows: list[str], *, gaps: bool = False) -> str:
        """The whole function; with ``gaps`` the rows are statements that add to ``out``."""
        out = ["def judge(deal, moment, K, case):", " get = deal.fields.get", " children = deal.children"]
        if self.zoned:
            out.append(" zone = moment.calendar.zone")
        if self.clocks:
            out.append(f" ({''.join(f't{n}, ' for n in range(len(self.clocks)))}) = K")
        if self.walks:
            out.append(" w = Walk(PROCESS, deal, moment)")
        out += [f" {name} = {code}" for code, name in self.lines.items()]
        for loop in self.loops.values():
            out += _loop_source(loop)
        out += [f" {line}" for line in self.body]
        if gaps:
            out += [" out = []", *(f" {row}" for row in rows), " return out"]
        else:
            out.append(f" return [{', '.join(rows)}]")
        return "\n".join(out)


def _wanted_flag(node: c.Test) -> bool | None:
    """The value a boolean field is asked to have, None of other tests."""
    operand = node.operands[0] if node.operands else None
    if node.ref.field.type != "boolean" or node.operator.key not in ("is", "is_not"):
        return None
    if not isinstance(operand, c.Literal) or not isinstance(operand.value, bool):
        return None
    return operand.value is (node.operator.key == "is")


def _both_sides(node: c.Condition, guards: list[str], expression: str) -> Pair:
    """The expressions "is true" and "is false" of a single test, guarded against None only where it matters."""
    if not guards:
        return expression, f"not {expression}"
    if guards == [expression]:
        return expression, f"{expression} is False"
    if [f"(not {g})" for g in guards] == [expression]:
        return f"{guards[0]} is False", guards[0]
    known = " and ".join(f"{g} is not None" for g in guards)
    true, false = f"({known} and {expression})", f"({known} and not {expression})"
    if isinstance(node, c.Test) and all(isinstance(o, c.Literal) for o in node.operands):
        # None equals no literal and is in no list of them
        if node.operator.key in ("is", "in"):
            return expression, false
        if node.operator.key in ("is_not", "not_in"):
            return true, f"not {expression}"
    return true, false


def _loop_source(loop: Loop) -> list[str]:
    if not loop.counts:
        return []
    out = [f" {' = '.join(v for _, s, m in loop.counts for v in (s, m))} = 0", f" if {loop.variable}:"]
    if any(pair is not None for pair, _, _ in loop.counts):
        out.append(f"  for x in {loop.variable}:")
        out += [f"   {name} = {code}" for code, name in loop.loads.items()]
    for pair, sure, maybe in loop.counts:
        if pair is not None:
            out.append(f"   if {pair[0]}: {sure} += 1")
            out += [f"   elif {pair[1]}: {maybe} += 1"] if pair[1] else []
    out += [f"  {sure} = len({loop.variable})" for pair, sure, _ in loop.counts if pair is None]
    return out if len(out) > 2 else [*out, "  pass"]
