"""What is read of HubSpot: its objects, each with the moment of its last change and the properties that are asked for.

To the named properties come the account's own ones. HubSpot ignores a name that an account does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dealgate.model.struct import Struct

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


class Kind(Struct):
    """An object of HubSpot's. ``moment``: the property that every write moves; ``shared``: the word before the ids of
    records that several deals share, since people and companies count alike; ``code``: its id among the objects."""

    name: str
    code: str
    properties: tuple[str, ...]
    moment: str = "hs_lastmodifieddate"
    shared: str = ""

    def id(self, ident: str) -> str:
        """A record's id as ours."""
        return f"{self.shared}:{ident}" if self.shared else ident


DEALS = Kind(
    "deals", "0-3",
    (
        "dealname", "pipeline", "dealstage", "hs_is_closed", "hs_is_closed_won", "hs_deal_stage_probability", "amount",
        "deal_currency_code", "closedate", "createdate", "hs_lastmodifieddate", "hubspot_owner_id", "dealtype",
        "hs_next_step", "hs_manual_forecast_category", "closed_lost_reason", "closed_won_reason", "description",
        "hs_analytics_source", "notes_next_activity_date", "hs_object_source_label",
    ),
)  # fmt: skip
COMPANIES = Kind(
    "companies", "0-2",
    (
        "name", "domain", "industry", "numberofemployees", "annualrevenue", "country", "lifecyclestage",
        "hs_parent_company_id", "founded_year", "hubspot_owner_id", "createdate", "hs_lastmodifieddate",
    ),
    shared="company",
)  # fmt: skip
CONTACTS = Kind(
    "contacts", "0-1",
    (
        "firstname", "lastname", "hs_full_name_or_email", "email", "jobtitle", "hs_buying_role", "hubspot_owner_id",
        "createdate", "lastmodifieddate",
    ),
    moment="lastmodifieddate", shared="contact",
)  # fmt: skip
LINE_ITEMS = Kind(
    "line_items", "0-8",
    (
        "name", "hs_sku", "hs_product_id", "quantity", "price", "amount", "discount", "hs_discount_percentage",
        "hs_line_item_currency_code", "recurringbillingfrequency", "createdate", "hs_lastmodifieddate",
    ),
)  # fmt: skip
_LOGGED = ("hs_timestamp", "hubspot_owner_id", "hs_createdate", "hs_lastmodifieddate")
NOTES = Kind("notes", "0-46", (*_LOGGED, "hs_note_body"))
TASKS = Kind(
    "tasks", "0-27", (*_LOGGED, "hs_task_subject", "hs_task_status", "hs_task_completion_date", "hs_task_body")
)
ACTIVITIES: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("calls", "0-48", (*_LOGGED, "hs_call_title", "hs_call_direction", "hs_call_status")),
        Kind("emails", "0-49", (*_LOGGED, "hs_email_subject", "hs_email_direction", "hs_email_status")),
        Kind("meetings", "0-47", (*_LOGGED, "hs_meeting_title", "hs_meeting_outcome", "hs_meeting_start_time")),
        NOTES,
        TASKS,
    )
}
BODIES = ("hs_note_body", "hs_task_body")
"""Read to know our own notes and tasks by, and kept nowhere."""
STREAMS: Mapping[str, Kind] = {
    "accounts": COMPANIES, "contacts": CONTACTS, "deals": DEALS, "line_items": LINE_ITEMS,
}  # fmt: skip
OWNERS, ROLES, HISTORY, LOGGED = "owners", "deal_contacts", "deals__history", "engagements"
"""The tables of what is no object of HubSpot's."""


def is_name(text: str) -> bool:
    """Whether this can be the name of a property."""
    return _NAME.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Whether this can be the id of a record."""
    return text.isascii() and text.isdecimal()
