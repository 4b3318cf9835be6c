"""HubSpot as dlt's verified source loads it: plain property names, and the load a row came with."""

from ..shape import Shape, Table

_LOAD, _DELETED = ("_dlt_load_id",), ("is_deleted",)

SHAPE = Shape(
    "dlt-hubspot",
    "HubSpot, loaded by dlt",
    {
        "users": (Table("owners", modified=_LOAD, deleted=_DELETED),),
        "accounts": (Table("companies", modified=_LOAD, deleted=_DELETED),),
        "contacts": (Table("contacts", modified=_LOAD, deleted=_DELETED),),
        "deals": (Table("deals", deal="id", modified=_LOAD, links=("hubspot_owner_id",), deleted=_DELETED),),
        "stage_changes": (
            Table("deals_property_history", ("object_id", "property_name", "timestamp"), _LOAD, deal="object_id"),
        ),
    },
    loaded=True,
    seen="dlt's verified source hubspot and the dbt package dlt-dbt-hubspot",
    left_out=("contacts__deals", "pipelines_deals and its stages", "stages_timing_deals"),
)
