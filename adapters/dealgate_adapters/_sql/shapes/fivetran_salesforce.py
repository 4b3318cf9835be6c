"""Salesforce as Fivetran loads it: the API's names in snake case, and when a row was synced."""

from ..shape import Shape, StageTable, Table

_SYNCED, _DELETED = ("_fivetran_synced",), ("is_deleted", "_fivetran_deleted")

SHAPE = Shape(
    "fivetran-salesforce",
    "Salesforce, loaded by Fivetran",
    {
        "users": (Table("user", modified=_SYNCED, deleted=_DELETED),),
        "accounts": (Table("account", modified=_SYNCED, deleted=_DELETED),),
        "contacts": (Table("contact", modified=_SYNCED, deleted=_DELETED),),
        "leads": (Table("lead", deal="id", modified=_SYNCED, links=("owner_id",), deleted=_DELETED),),
        "deals": (
            Table("opportunity", deal="id", modified=_SYNCED, links=("account_id", "owner_id"), deleted=_DELETED),
        ),
        "stage_changes": (
            Table("opportunity_history", deal="opportunity_id", modified=_SYNCED, deleted=_DELETED),
        ),
        "deal_contacts": (
            Table(
                "opportunity_contact_role", deal="opportunity_id", modified=_SYNCED, links=("contact_id",),
                deleted=_DELETED,
            ),
        ),
        "activities": (
            Table("task", deal="what_id", deal_prefix="006", modified=_SYNCED, deleted=_DELETED),
            Table("event", deal="what_id", deal_prefix="006", modified=_SYNCED, deleted=_DELETED),
        ),
        "line_items": (
            Table("opportunity_line_item", deal="opportunity_id", modified=_SYNCED, deleted=_DELETED),
        ),
    },
    StageTable(
        "opportunity_stage", ("api_name", "master_label"), "master_label", order="sort_order",
        probability="default_probability", won="is_won", closed="is_closed",
    ),
    loaded=True,
    seen="Fivetran's schema page for Salesforce and its dbt package dbt_salesforce_source",
    left_out=("opportunity_field_history",),
)  # fmt: skip
