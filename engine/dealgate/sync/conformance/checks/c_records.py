"""Records"""

from __future__ import annotations

import json
from typing import Any

from ..lab import SHARED, Lab, same


def a_record_has_an_id_a_table_and_a_moment_with_its_zone(lab: Lab) -> None:
    """Every record has an id, a table and, where it is known, the moment of its last change with its zone."""
    lab.deals(2)
    for stream in lab.streams():
        needed = lab.cursor(stream) in ("keyset", "window")
        for one in lab.read(stream).records:
            named = all(type(text) is str and text for text in (one.id, one.table))
            lab.hold(named, f"{stream}: texts as id and table", f"{one.id!r}, {one.table!r}", "Write a number as text.")
            lab.hold(
                one.modified.tzinfo is not None if one.modified is not None else not needed,
                f"{stream}: Record.modified, aware of its zone",
                "none" if one.modified is None else "a moment without a zone",
                "Give it in UTC: a moment without a zone is read as this machine's.",
            )  # fmt: skip


def data_is_flat_and_can_be_written_as_json(lab: Lab) -> None:
    """The data of a record is flat, and can be written as JSON."""
    lab.deals(2)
    for stream in lab.streams():
        for record in lab.read(stream).records:
            for name, value in record.data.items():
                lab.hold(
                    _flat(value), f"{stream}: a text, a number, a flag, nothing, or a list of such",
                    f"`{name}` is a {type(value).__name__}",
                    "Take a nested value apart: `owner.name`. Write moments and decimals as text, every digit kept.",
                )  # fmt: skip


def _flat(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_flat(one) and not isinstance(one, (list, tuple)) for one in value)
    if not isinstance(value, (str, int, float, bool, type(None))):
        return False
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def a_deals_record_holds_what_stands_in_the_crm(lab: Lab) -> None:
    """A deal's record holds its stage and its fields as they stand in the CRM."""
    deal, other = lab.deals(2)
    lab.change(deal)
    found, truth = lab.read().newest(), lab.rig.truth().deals
    for ident in (deal, other):
        held = {lab.rig.stage_field: truth[ident].stage, **truth[ident].values}
        wrong = [name for name, value in held.items() if not same(found[ident].data, {name: value})]
        lab.hold(
            not wrong, "every field as it stands in the CRM", f"another value, or none, of {', '.join(wrong)}",
            "Record.data has the CRM's own values under the CRM's own names.",
        )  # fmt: skip


def what_belongs_to_a_deal_says_so(lab: Lab) -> None:
    """What belongs to a deal names it; what several deals share names none."""
    lab.deals(2)
    known = set(lab.read().ids)
    for stream in lab.streams():
        for record in lab.read(stream).records:
            if stream in SHARED:
                right, wanted = record.deal is None, "None"
            elif stream in ("deals", "leads"):
                right, wanted = record.deal == record.id, "the record's own id"
            elif stream == "deletions":
                continue
            else:
                right, wanted = record.deal in known or "leads" in lab.able.streams, "the id of a deal"
            lab.hold(
                right, f"{stream}: {wanted} in Record.deal", repr(record.deal),
                "By it a deal is taken over whole, with all that belongs to it.",
            )  # fmt: skip


def a_deal_links_to_what_it_shares(lab: Lab) -> None:
    """A deal links to the account and the people that it shares with others, by the ids of their records."""
    deals = lab.deals(2)
    truth = lab.rig.truth().deals
    lab.need(any(truth[deal].links for deal in deals), "the rig's deals point to nothing that is shared")
    there = {record.id for stream in lab.streams() if stream in SHARED for record in lab.read(stream).records}
    found = lab.read().newest()
    for deal in deals:
        links = set(found[deal].links)
        lab.hold(
            links >= set(truth[deal].links), f"links to {', '.join(truth[deal].links)}", ", ".join(links) or "no links",
            "Without the link a changed account does not bring its deals.",
        )  # fmt: skip
        lost = links - there
        lab.hold(
            not lost, "links to records that come", f"to nothing: {', '.join(sorted(lost)[:3])}",
            "A link is the id that the other record has in its own stream.",
        )  # fmt: skip
