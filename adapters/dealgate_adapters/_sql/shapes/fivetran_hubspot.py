"""HubSpot as Fivetran loads it: properties with a prefix, associations in tables of two ids."""

from ..shape import Shape, StageTable, Table

_SYNCED, _DELETED = ("_fivetran_synced",), ("is_deleted", "_fivetran_deleted")

SHAPE = Shape(
    "fivetran-hubspot",
    "HubSpot, loaded by Fivetran",
    {
        "users": (Table("owner", id=("owner_id",), modified=_SYNCED, deleted=_DELETED),),
        "accounts": (
            Table("company", modified=_SYNCED, deleted=_DELETED),
            Table(
                "deal_company", id=("deal_id", "company_id"), deal="deal_id", modified=_SYNCED, links=("company_id",),
                deleted=_DELETED,
            ),
        ),
        "contacts": (Table("contact", modified=_SYNCED, deleted=_DELETED),),
        "deals": (
            Table("deal", id=("deal_id",), deal="deal_id", modified=_SYNCED, links=("owner_id",), deleted=_DELETED),
        ),
        "stage_changes": (
            Table(
                "deal_property_history", id=("deal_id", "name", "timestamp"), deal="deal_id", modified=_SYNCED,
                deleted=_DELETED,
            ),
        ),
        "deal_contacts": (
            Table(
                "deal_contact", id=("deal_id", "contact_id"), deal="deal_id", modified=_SYNCED, links=("contact_id",),
                deleted=_DELETED,
            ),
        ),
        "activities": (
            Table("engagement", modified=_SYNCED, deleted=_DELETED),
            Table(
                "engagement_deal", id=("engagement_id", "deal_id"), deal="deal_id", modified=_SYNCED,
                links=("engagement_id",), deleted=_DELETED,
            ),
        ),
    },
    StageTable(
        "deal_pipeline_stage", ("stage_id",), "label", order="display_order", probability="probability",
        won="closed_won", pipeline="pipeline_id", pipelines="deal_pipeline", pipeline_title="label",
    ),
    loaded=True,
    seen="Fivetran's schema page for HubSpot and its dbt package dbt_hubspot_source",
    left_out=("deal_stage", "line_item", "merged_deal", "engagement_call and its like"),
)  # fmt: skip
