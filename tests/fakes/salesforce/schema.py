"""What objects and fields there are: standard ones as Salesforce documents them, and some that a client made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Field:
    """``kind`` as describe says it; ``to``: the objects that a reference may point to."""

    name: str
    kind: str = "string"
    length: int = 0
    writable: bool = True
    calculated: bool = False
    needed: bool = False
    options: tuple[str, ...] = ()
    restricted: bool = False
    to: tuple[str, ...] = ()

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")


@dataclass
class Object:
    """``children``: objects whose records go with a record, by the field that names it."""

    name: str
    prefix: str
    fields: dict[str, Field]
    creatable: bool = True
    children: dict[str, str] = field(default_factory=dict)


def _fields(*made: Field) -> dict[str, Field]:
    user = ("User",)
    system = (
        Field("Id", "id", 18, False), Field("IsDeleted", "boolean", writable=False),
        Field("CreatedDate", "datetime", writable=False), Field("CreatedById", "reference", 18, False, to=user),
        Field("LastModifiedDate", "datetime", writable=False),
        Field("LastModifiedById", "reference", 18, False, to=user), Field("SystemModstamp", "datetime", writable=False),
    )  # fmt: skip
    return {one.name: one for one in (*system, *made)}


def _ref(name: str, *to: str, needed: bool = False) -> Field:
    return Field(name, "reference", 18, to=to, needed=needed)


def _own(name: str, kind: str = "string", length: int = 255, **more: Any) -> Field:
    return Field(name, kind, length, **more)


def _locked(name: str, kind: str = "string", **more: Any) -> Field:
    return Field(name, kind, 255, writable=False, **more)


STAGES: tuple[tuple[str, int, bool, bool, str], ...] = (
    ("Prospecting", 10, False, False, "Pipeline"),
    ("Qualification", 10, False, False, "Pipeline"),
    ("Needs Analysis", 20, False, False, "Pipeline"),
    ("Value Proposition", 50, False, False, "Pipeline"),
    ("Id. Decision Makers", 60, False, False, "Pipeline"),
    ("Perception Analysis", 70, False, False, "Pipeline"),
    ("Proposal/Price Quote", 75, False, False, "Pipeline"),
    ("Negotiation/Review", 90, False, False, "Pipeline"),
    ("Closed Won", 100, True, True, "Closed"),
    ("Closed Lost", 0, True, False, "Omitted"),
)
"""Name, probability, closed, won, forecast category."""
NAMES = tuple(one[0] for one in STAGES)


def objects() -> dict[str, Object]:
    """The objects, made anew: a test may add fields of its own."""
    made = (
        Object(
            "User", "005",
            _fields(_own("Name"), _own("Username"), _own("Email", "email"), _own("IsActive", "boolean"),
                    _own("Department"), _own("Division"), _own("Title"), _ref("ManagerId", "User"),
                    _ref("UserRoleId", "UserRole")),
        ),
        Object("UserRole", "00E", _fields(_own("Name"))),
        Object(
            "Account", "001",
            _fields(_own("Name", needed=True), _own("Type", "picklist"), _own("Industry", "picklist"),
                    _own("NumberOfEmployees", "int", 0), _own("AnnualRevenue", "currency", 0), _own("BillingCountry"),
                    _locked("BillingAddress", "address"), _own("YearStarted"), _own("Description", "textarea", 32000),
                    _ref("OwnerId", "User"), _ref("ParentId", "Account"), _own("Tier__c", "picklist")),
        ),
        Object(
            "Contact", "003",
            _fields(_locked("Name"), _own("FirstName"), _own("LastName", needed=True), _own("Email", "email"),
                    _own("Title"), _own("Department"), _own("MobilePhone", "phone"), _ref("AccountId", "Account"),
                    _ref("OwnerId", "User")),
        ),
        Object(
            "Lead", "00Q",
            _fields(_locked("Name"), _own("LastName", needed=True), _own("Company", needed=True),
                    _own("Email", "email"), _own("Title"), _own("Status", "picklist"), _own("LeadSource", "picklist"),
                    _own("Industry", "picklist"), _own("NumberOfEmployees", "int", 0),
                    _own("AnnualRevenue", "currency", 0), _own("Country"), _ref("OwnerId", "User", "Group"),
                    _own("IsConverted", "boolean"), _own("ConvertedDate", "date"),
                    _ref("ConvertedOpportunityId", "Opportunity")),
        ),
        Object(
            "Opportunity", "006",
            _fields(
                _own("Name", length=120, needed=True),
                _own("StageName", "picklist", needed=True, options=NAMES), _own("Amount", "currency", 0),
                _own("Probability", "percent", 0), _own("CloseDate", "date", needed=True),
                _own("Type", "picklist"), _own("LeadSource", "picklist"), _own("NextStep"),
                _own("Description", "textarea", 32000), _ref("AccountId", "Account"), _ref("OwnerId", "User"),
                _ref("RecordTypeId", "RecordType"),
                _own("ForecastCategoryName", "picklist"), _locked("ForecastCategory", "picklist"),
                _locked("ExpectedRevenue", "currency", calculated=True),
                _locked("IsClosed", "boolean"), _locked("IsWon", "boolean"), _locked("LastStageChangeDate", "datetime"),
                _locked("LastViewedDate", "datetime"), _locked("HasOverdueTask", "boolean"),
                _own("MainCompetitors__c", length=100), _own("Readiness__c", "percent", 0),
                _own("Missing__c", "textarea", 32000), _own("Gate__c", "picklist", options=("open", "held"), restricted=True),
                _locked("Days_Open__c", "double", calculated=True), _own("Dealgate_Keys__c"),
            ),
            children={"OpportunityHistory": "OpportunityId", "OpportunityContactRole": "OpportunityId",
                      "OpportunityLineItem": "OpportunityId", "Task": "WhatId", "Event": "WhatId"},
        ),
        Object(
            "OpportunityHistory", "008",
            _fields(_ref("OpportunityId", "Opportunity"), _own("StageName"), _own("Amount", "currency", 0),
                    _own("Probability", "percent", 0), _own("CloseDate", "date"),
                    _own("ExpectedRevenue", "currency", 0), _own("ForecastCategory", "picklist")), False,
        ),
        Object(
            "OpportunityContactRole", "00K",
            _fields(_ref("OpportunityId", "Opportunity", needed=True), _ref("ContactId", "Contact", needed=True),
                    _own("Role", "picklist"), _own("IsPrimary", "boolean")),
        ),
        Object(
            "OpportunityLineItem", "00k",
            _fields(_ref("OpportunityId", "Opportunity", needed=True), _ref("Product2Id", "Product2"), _own("Name"),
                    _own("ProductCode"), _own("Quantity", "double", 0), _own("UnitPrice", "currency", 0),
                    _own("ListPrice", "currency", 0), _own("Discount", "percent", 0), _own("TotalPrice", "currency", 0)),
        ),
        Object("RecordType", "012", _fields(_own("Name"), _own("DeveloperName"))),
        Object("Product2", "01t", _fields(_own("Name", needed=True))),
        Object(
            "Task", "00T",
            _fields(_ref("WhatId", "Account", "Opportunity"), _ref("WhoId", "Contact", "Lead"), _ref("OwnerId", "User"),
                    _own("Subject", "combobox"), _own("Description", "textarea", 32000), _own("ActivityDate", "date"),
                    _own("Status", "picklist"), _own("Priority", "picklist"), _locked("IsClosed", "boolean"),
                    _own("TaskSubtype", "picklist"), _own("Type", "picklist"), _own("CallType", "picklist"),
                    _own("CompletedDateTime", "datetime")),
        ),
        Object(
            "Event", "00U",
            _fields(_ref("WhatId", "Account", "Opportunity"), _ref("WhoId", "Contact", "Lead"), _ref("OwnerId", "User"),
                    _own("Subject", "combobox"), _own("Description", "textarea", 32000), _own("ActivityDate", "date"),
                    _own("StartDateTime", "datetime"), _own("EndDateTime", "datetime"), _own("EventSubtype", "picklist"),
                    _own("Type", "picklist")),
        ),
        Object(
            "OpportunityStage", "01J",
            _fields(_own("ApiName"), _own("MasterLabel"), _own("IsActive", "boolean"), _own("SortOrder", "int", 0),
                    _own("IsClosed", "boolean"), _own("IsWon", "boolean"), _own("DefaultProbability", "percent", 0),
                    _own("ForecastCategory", "picklist")), False,
        ),
        Object(
            "TaskStatus", "01T",
            _fields(_own("ApiName"), _own("MasterLabel"), _own("SortOrder", "int", 0), _own("IsClosed", "boolean"),
                    _own("IsDefault", "boolean")), False,
        ),
    )  # fmt: skip
    return {one.name: one for one in made}
