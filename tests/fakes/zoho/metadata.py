"""The fake's modules and fields, and how the settings API tells them."""

from __future__ import annotations

from typing import Any

STAGES: tuple[tuple[str, int, str], ...] = (
    ("Qualification", 10, "Open"), ("Needs Analysis", 20, "Open"), ("Value Proposition", 40, "Open"),
    ("Id. Decision Makers", 60, "Open"), ("Proposal/Price Quote", 75, "Open"), ("Negotiation/Review", 90, "Open"),
    ("Closed Won", 100, "Closed Won"), ("Closed Lost", 0, "Closed Lost"),
    ("Closed-Lost to Competition", 0, "Closed Lost"),
)  # fmt: skip
READ_ONLY = {
    "id", "Created_By", "Modified_By", "Created_Time", "Modified_Time", "Last_Activity_Time", "Expected_Revenue",
    "Full_Name", "Sales_Cycle_Duration", "Closed_Time",
}  # fmt: skip
MANDATORY = {
    "Deals": ("Deal_Name", "Stage", "Closing_Date"), "Accounts": ("Account_Name",), "Contacts": ("Last_Name",),
    "Leads": ("Last_Name",), "Tasks": ("Subject",), "Notes": ("Parent_Id",), "Calls": (), "Events": ("Event_Title",),
}  # fmt: skip
_SYSTEM = {
    "id": "bigint", "Owner": "ownerlookup", "Created_By": "ownerlookup", "Modified_By": "ownerlookup",
    "Created_Time": "datetime", "Modified_Time": "datetime",
}  # fmt: skip
_WORK = {"What_Id": "lookup", "Who_Id": "lookup", "$se_module": "text", "Description": "textarea"}
FIELDS: dict[str, dict[str, str]] = {
    "Deals": {
        **_SYSTEM, "Deal_Name": "text", "Amount": "currency", "Closing_Date": "date", "Account_Name": "lookup",
        "Contact_Name": "lookup", "Stage": "picklist", "Pipeline": "picklist", "Type": "picklist",
        "Probability": "integer", "Expected_Revenue": "currency", "Next_Step": "text", "Lead_Source": "picklist",
        "Description": "textarea", "Tag": "text", "Last_Activity_Time": "datetime", "Sales_Cycle_Duration": "integer",
        "Record_Image": "profileimage", "Line_Items": "subform", "Budget_Confirmed": "boolean", "Readiness": "integer",
        "Gate_Keys": "text", "Partners": "multiselectpicklist",
    },
    "Accounts": {
        **_SYSTEM, "Account_Name": "text", "Industry": "picklist", "Employees": "integer", "Annual_Revenue": "currency",
        "Billing_Country": "text",
    },
    "Contacts": {
        **_SYSTEM, "First_Name": "text", "Last_Name": "text", "Full_Name": "text", "Email": "email", "Title": "text",
        "Account_Name": "lookup",
    },
    "Leads": {
        **_SYSTEM, "First_Name": "text", "Last_Name": "text", "Company": "text", "Lead_Status": "picklist",
        "Lead_Source": "picklist", "Industry": "picklist", "No_of_Employees": "integer", "Annual_Revenue": "currency",
        "Country": "text", "Converted__s": "boolean", "Converted_Deal": "lookup", "Converted_Date_Time": "datetime",
    },
    "Tasks": {**_SYSTEM, **_WORK, "Subject": "text", "Status": "picklist", "Due_Date": "date", "Closed_Time": "datetime"},
    "Events": {
        **_SYSTEM, **_WORK, "Event_Title": "text", "Start_DateTime": "datetime", "End_DateTime": "datetime",
    },
    "Calls": {
        **_SYSTEM, **_WORK, "Subject": "text", "Call_Type": "picklist", "Call_Start_Time": "datetime",
        "Call_Duration": "text",
    },
    "Notes": {**_SYSTEM, "Note_Title": "text", "Note_Content": "textarea", "Parent_Id": "lookup"},
    "DealHistory": {
        "id": "bigint", "Potential_Name": "lookup", "Stage": "picklist", "Amount": "currency", "Probability": "integer",
        "Closing_Date": "date", "Modified_Time": "datetime", "Modified_By": "ownerlookup", "Moved_To__s": "picklist",
    },
}  # fmt: skip
CUSTOM = {"Budget_Confirmed", "Readiness", "Gate_Keys", "Partners"}
UNREAD = {"profileimage", "subform"}
_JSON = {
    "currency": "double", "double": "double", "integer": "integer", "bigint": "string", "boolean": "boolean",
    "lookup": "jsonobject", "ownerlookup": "jsonobject", "multiselectpicklist": "jsonarray", "subform": "jsonarray",
}  # fmt: skip


def field(module: str, name: str, number: int) -> dict[str, Any]:
    """A field as /settings/fields tells it."""
    kind = FIELDS[module][name]
    read_only = name in READ_ONLY
    values: list[dict[str, Any]] = []
    if name == "Stage" and module == "Deals":
        values = [
            {
                "actual_value": stage, "display_value": stage, "probability": chance, "forecast_type": type_,
                "sequence_number": n, "type": "used", "id": f"{4876876000000006800 + n}",
            }
            for n, (stage, chance, type_) in enumerate(STAGES, 1)
        ]  # fmt: skip
    return {
        "id": f"{4876876000000002000 + number}", "api_name": name, "field_label": name.replace("_", " "),
        "data_type": kind, "json_type": _JSON.get(kind, "string"), "custom_field": name in CUSTOM, "visible": True,
        "read_only": read_only, "field_read_only": read_only, "length": 255,
        "system_mandatory": name in MANDATORY.get(module, ()), "pick_list_values": values,
        "operation_type": {
            "web_update": not read_only, "api_create": not read_only, "web_create": not read_only,
            "api_update": not read_only,
        },
    }  # fmt: skip


def pipeline(name: str, stages: list[str], number: int) -> dict[str, Any]:
    """A pipeline as /settings/pipeline tells it."""
    known = {stage: (n, type_) for n, (stage, _, type_) in enumerate(STAGES, 1)}
    return {
        "display_value": name, "default": number == 1, "actual_value": name, "id": f"{4876876000000009000 + number}",
        "maps": [
            {
                "display_value": "Identify Decision Makers" if stage == "Id. Decision Makers" else stage,
                "actual_value": stage, "sequence_number": n, "id": f"{4876876000000006800 + known[stage][0]}",
                "forecast_type": known[stage][1], "forecast_category": {"name": "Pipeline", "id": "4876876000000007092"},
            }
            for n, stage in enumerate(stages, 1)
        ],
    }  # fmt: skip
