"""Writing to deals, carefully: looked at just before, done once for each key, refusals in Pipedrive's words.

Pipedrive has no etag: between our look and the write a person may come, and for that moment only. The key of a note or
task stands in its text. For fields and stages Pipedrive keeps no key unless a text field of its deals is set aside for
it (the option ``key_field``): the last keys go into it with the values, in one request. Without it, an action that was
done is known by what it left: the values, or the stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from dealgate.ports import Action, CreateTask, MoveStage, Note, Outcome, SetFields, Trouble

from .._http import OutcomeUnknown
from .._values import Unfit
from .rest import Refused, Server, following
from .typed import same, typed
from .values import CUSTOM, number_of, version_of

KEPT = 3
"""Keys in the field for them: a line of text takes 255 characters, a key has 64."""
MOVES = frozenset({"stage_id", "pipeline_id", "status"})


class Writer:
    """Does actions on one company's deals."""

    def __init__(self, server: Server, key_field: str, task_type: str) -> None:
        """``key_field``: the key of the custom field that keeps keys, or ""; ``task_type``: that of the type that a
        task gets as an activity."""
        self._server, self._key_field, self._task_type = server, key_field, task_type
        self._fields: dict[str, Mapping[str, Any]] = {}

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key. Raises Trouble."""
        try:
            row = self._deal(action.deal)
            if row is None:
                return Outcome("conflict", "gone", f"Pipedrive has no deal {action.deal} any more.")
            if isinstance(action, SetFields):
                return self._set(action, row)
            if isinstance(action, MoveStage):
                return self._move(action, row)
            return self._said(action, row)
        except Unfit as unfit:
            return Outcome("rejected", unfit.rule, unfit.text)
        except Refused as refused:
            return _denied(refused)
        except Trouble as trouble:
            if trouble.kind in ("throttled", "exhausted") and not isinstance(trouble, OutcomeUnknown):
                return Outcome("throttled", trouble.kind, trouble.message, trouble.retry_at)
            raise

    # ------------------------------------------------ fields and stages

    def _set(self, action: SetFields, row: Mapping[str, Any]) -> Outcome:
        moved = sorted(MOVES & set(action.values))
        if moved:
            return Outcome("rejected", "move", f"`{moved[0]}` is set by a move, never as a field.")
        values = {name: typed(self._field(name), name, value, row) for name, value in action.values.items()}
        own = {name: value for name, value in values.items() if not self._custom(name)}
        custom = {name: value for name, value in values.items() if self._custom(name)}

        def holds(held: Mapping[str, Any]) -> bool:
            return all(same(held.get(name), value) for name, value in own.items()) and all(
                same((held.get(CUSTOM) or {}).get(name), value) for name, value in custom.items()
            )

        return self._guarded(action, row, holds, own, custom)

    def _move(self, action: MoveStage, row: Mapping[str, Any]) -> Outcome:
        to = number_of(action.to_stage)
        if to is None:
            text = f"`{action.to_stage}` is no stage of Pipedrive's; a deal is won or lost by its status, by people."
            return Outcome("rejected", "no-stage", text)
        if self._known(action, row) or row.get("stage_id") == to:
            return Outcome("already", version=version_of(row))
        if str(row.get("stage_id")) != action.expect_stage:
            return Outcome("conflict", "stage", f"The deal is in stage {row.get('stage_id')} by now.")
        return self._guarded(action, row, lambda held: held.get("stage_id") == to, self._target(to, row), {})

    def _target(self, stage: int, row: Mapping[str, Any]) -> dict[str, Any]:
        """Where a deal goes: the pipeline too, where the stage is one of another."""
        try:
            there = self._server.ask("GET", f"v2/stages/{stage}").get("data")
        except Refused as refused:
            if refused.status != 404:
                raise
            raise Unfit("no-stage", f"Pipedrive has no stage {stage}: {refused.text}.") from None
        pipeline = there.get("pipeline_id") if isinstance(there, dict) else None
        if pipeline is None or pipeline == row.get("pipeline_id"):
            return {"stage_id": stage}
        return {"stage_id": stage, "pipeline_id": pipeline}

    def _guarded(
        self, action: SetFields | MoveStage, row: Mapping[str, Any], holds: Callable[[Mapping[str, Any]], bool],
        own: Mapping[str, Any], custom: Mapping[str, Any],
    ) -> Outcome:  # fmt: skip
        """The write, if the deal is still what was expected; or what it turns out to be."""
        if self._known(action, row) or holds(row):
            return Outcome("already", version=version_of(row))
        if action.expect_version is not None and action.expect_version != version_of(row):
            return Outcome("conflict", "version", "The deal was changed since it was judged.")
        custom = {**custom, **self._marked(action, row)}
        body = {**own, **({CUSTOM: custom} if custom else {})}
        try:
            made = self._server.ask("PATCH", f"v2/deals/{int(row['id'])}", body=body).get("data")
        except OutcomeUnknown:
            now = self._deal(action.deal)
            if now is not None and (self._known(action, now) or (not self._key_field and holds(now))):
                return Outcome("applied", version=version_of(now))
            raise
        if not isinstance(made, dict) or not holds(made):
            return Outcome("rejected", "changed", "Pipedrive accepted the request and kept something else.")
        return Outcome("applied", version=version_of(made))

    def _known(self, action: Action, row: Mapping[str, Any]) -> bool:
        return action.key in self._keys(row)

    def _keys(self, row: Mapping[str, Any]) -> list[str]:
        text = (row.get(CUSTOM) or {}).get(self._key_field) if self._key_field else None
        return text.split() if isinstance(text, str) else []

    def _marked(self, action: Action, row: Mapping[str, Any]) -> dict[str, str]:
        if not self._key_field:
            return {}
        return {self._key_field: " ".join([*self._keys(row), action.key][-KEPT:])}

    # ------------------------------------------------ notes and tasks

    def _said(self, action: CreateTask | Note, row: Mapping[str, Any]) -> Outcome:
        deal, marker = int(row["id"]), f"[dealgate:{action.key}]"
        task = isinstance(action, CreateTask)

        def there() -> bool:
            return self._has_task(deal, marker) if task else self._has_note(deal, marker)

        if there():
            return Outcome("already")
        # both are HTML: what is a text stays one
        text = "<br>".join(escape(line) for line in [*action.body.splitlines(), "", marker])
        try:
            if isinstance(action, CreateTask):
                self._server.ask("POST", "v2/activities", body=self._task(action, deal, text))
            else:
                self._server.ask("POST", "v1/notes", body={"content": text, "deal_id": deal})
        except OutcomeUnknown:
            if there():
                return Outcome("applied")
            raise
        return Outcome("applied")

    def _task(self, action: CreateTask, deal: int, text: str) -> dict[str, Any]:
        made = {"subject": action.subject, "type": self._task_type, "deal_id": deal, "note": text, "done": False}
        owner = number_of(action.owner)
        if action.owner and owner is None:
            raise Unfit("owner", f"`{action.owner}` is no user of Pipedrive's.")
        return {**made, **({"owner_id": owner} if owner else {}), **({"due_date": action.due} if action.due else {})}

    def _has_task(self, deal: int, marker: str) -> bool:
        cursor = ""
        while True:
            asked = {"deal_id": deal, "limit": 500, "sort_by": "id", "sort_direction": "desc"}
            said = self._server.ask("GET", "v2/activities", {**asked, **({"cursor": cursor} if cursor else {})})
            if any(marker in str(one.get("note")) for one in self._server.rows(said)):
                return True
            onward = following(said)
            if not onward or onward == cursor:
                return False
            cursor = onward

    def _has_note(self, deal: int, marker: str) -> bool:
        asked = {"deal_id": deal, "sort": "id DESC"}
        pages = self._server.pages(lambda place: self._server.ask("GET", "v1/notes", {**asked, **place}))
        return any(marker in str(one.get("content")) for some in pages for one in some)

    # ------------------------------------------------ the deal

    def _deal(self, ident: str) -> Mapping[str, Any] | None:
        number = number_of(ident)
        if number is None:
            return None
        try:
            row = self._server.ask("GET", f"v2/deals/{number}").get("data")
        except Refused as refused:
            if refused.status in (404, 410):
                return None
            raise
        gone = not isinstance(row, dict) or row.get("is_deleted") is True or row.get("status") == "deleted"
        return None if gone else row

    def _field(self, name: str) -> Mapping[str, Any]:
        if not self._fields:
            rows = self._server.all("fields of deals", "v2/dealFields")
            self._fields = {str(row.get("field_code")): row for row in rows}
        if name not in self._fields:
            raise Unfit("no-field", f"Pipedrive's deals have no field `{name}`.")
        return self._fields[name]

    def _custom(self, name: str) -> bool:
        return self._field(name).get("is_custom_field") is True


def _denied(refused: Refused) -> Outcome:
    """What Pipedrive refused: by right, or by a rule."""
    return Outcome("forbidden" if refused.status == 403 else "rejected", str(refused.status), refused.text)
