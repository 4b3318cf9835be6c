"""HubSpot as Airbyte loads it: a table a stream, properties with a prefix, associations as lists of ids."""

from ..shape import Shape, Table

_EXTRACTED, _DELETED = ("_airbyte_extracted_at",), ("archived",)

SHAPE = Shape(
    "airbyte-hubspot",
    "HubSpot, loaded by Airbyte",
    {
        "users": (Table("owners", modified=_EXTRACTED, deleted=_DELETED),),
        "accounts": (Table("companies", modified=_EXTRACTED, deleted=_DELETED),),
        "contacts": (Table("contacts", modified=_EXTRACTED, deleted=_DELETED),),
        "deals": (
            Table(
                "deals", deal="id", modified=_EXTRACTED, deleted=_DELETED,
                links=("companies", "contacts", "properties_hubspot_owner_id"),
            ),
        ),
        "stage_changes": (
            Table("deals_property_history", ("dealId", "property", "timestamp"), _EXTRACTED, deal="dealId"),
        ),
    },
    loaded=True,
    seen="the schemas of the connector source-hubspot and Airbyte's page on its metadata fields",
    left_out=("deal_pipelines", "deals_archived", "engagements and its like", "line_items"),
)  # fmt: skip
