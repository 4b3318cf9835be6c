"""Salesforce as Airbyte loads it: a table an object under the API's names, and when a row was extracted."""

from ..shape import Shape, Table

_EXTRACTED, _DELETED = ("_airbyte_extracted_at",), ("IsDeleted",)

SHAPE = Shape(
    "airbyte-salesforce",
    "Salesforce, loaded by Airbyte",
    {
        "users": (Table("User", ("Id",), _EXTRACTED, deleted=_DELETED),),
        "accounts": (Table("Account", ("Id",), _EXTRACTED, deleted=_DELETED),),
        "contacts": (Table("Contact", ("Id",), _EXTRACTED, deleted=_DELETED),),
        "leads": (Table("Lead", ("Id",), _EXTRACTED, deal="Id", links=("OwnerId",), deleted=_DELETED),),
        "deals": (
            Table("Opportunity", ("Id",), _EXTRACTED, deal="Id", links=("AccountId", "OwnerId"), deleted=_DELETED),
        ),
        "stage_changes": (
            Table("OpportunityHistory", ("Id",), _EXTRACTED, deal="OpportunityId", deleted=_DELETED),
        ),
        "deal_contacts": (
            Table(
                "OpportunityContactRole", ("Id",), _EXTRACTED, deal="OpportunityId", links=("ContactId",),
                deleted=_DELETED,
            ),
        ),
        "activities": (
            Table("Task", ("Id",), _EXTRACTED, deal="WhatId", deal_prefix="006", deleted=_DELETED),
            Table("Event", ("Id",), _EXTRACTED, deal="WhatId", deal_prefix="006", deleted=_DELETED),
        ),
        "line_items": (
            Table("OpportunityLineItem", ("Id",), _EXTRACTED, deal="OpportunityId", deleted=_DELETED),
        ),
    },
    loaded=True,
    seen="the connector source-salesforce (streams are the API's objects) and Airbyte's page on its metadata fields",
    left_out=("OpportunityStage",),
)  # fmt: skip
