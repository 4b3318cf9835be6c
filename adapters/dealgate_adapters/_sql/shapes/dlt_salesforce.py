"""Salesforce as dlt's verified source loads it: the API's names in snake case, and the load a row came with."""

from ..shape import Shape, Table

_LOAD, _DELETED = ("_dlt_load_id",), ("is_deleted",)

SHAPE = Shape(
    "dlt-salesforce",
    "Salesforce, loaded by dlt",
    {
        "users": (Table("sf_user", modified=_LOAD),),
        "accounts": (Table("account", modified=_LOAD, deleted=_DELETED),),
        "contacts": (Table("contact", modified=_LOAD, deleted=_DELETED),),
        "leads": (Table("lead", deal="id", modified=_LOAD, links=("owner_id",), deleted=_DELETED),),
        "deals": (
            Table("opportunity", deal="id", modified=_LOAD, links=("account_id", "owner_id"), deleted=_DELETED),
        ),
        "deal_contacts": (
            Table(
                "opportunity_contact_role", deal="opportunity_id", modified=_LOAD, links=("contact_id",),
                deleted=_DELETED,
            ),
        ),
        "activities": (
            Table("task", deal="what_id", deal_prefix="006", modified=_LOAD, deleted=_DELETED),
            Table("event", deal="what_id", deal_prefix="006", modified=_LOAD, deleted=_DELETED),
        ),
        "line_items": (Table("opportunity_line_item", deal="opportunity_id", modified=_LOAD, deleted=_DELETED),),
    },
    loaded=True,
    seen="dlt's verified source salesforce and the dbt package dlt-dbt-salesforce",
)  # fmt: skip
