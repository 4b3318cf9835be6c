"""The tables of the fake and their columns, by the reference of Dataverse's tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid5

SPACE = UUID("5b0e2d1a-5c55-4a55-9d8f-0123456789ab")


def made(*words: object) -> str:
    """An id by what it is of: the same in every run."""
    return str(uuid5(SPACE, " ".join(map(str, words))))


@dataclass
class Column:
    """``type``: AttributeType; ``targets``: where a lookup may lead; ``options``: what choices are called."""

    type: str = "String"
    targets: tuple[str, ...] = ()
    options: dict[int, str] = field(default_factory=dict)
    writable: bool = True
    custom: bool = False


@dataclass
class Table:
    """``set``: EntitySetName; ``key``: PrimaryIdAttribute."""

    set: str
    key: str
    columns: dict[str, Column]
    tracked: bool = True
    audited: bool = True


def _texts(*names: str) -> dict[str, Column]:
    return {name: Column() for name in names}


def _lookup(*targets: str) -> Column:
    return Column("Lookup", targets)


def _system() -> dict[str, Column]:
    return {
        "createdon": Column("DateTime", writable=False), "modifiedon": Column("DateTime", writable=False),
        "modifiedby": Column("Lookup", ("systemuser",), writable=False),
        "versionnumber": Column("BigInt", writable=False),
        "statecode": Column("State", options={0: "Active", 1: "Inactive"}), "statuscode": Column("Status"),
    }  # fmt: skip


def tables() -> dict[str, Table]:
    """A fresh copy."""
    money, day = Column("Money"), Column("DateTime")
    owner = Column("Owner", ("systemuser", "team"))
    return {
        "systemuser": Table("systemusers", "systemuserid", {
            **_system(), **_texts("fullname", "internalemailaddress", "domainname", "title"),
            "isdisabled": Column("Boolean"), "businessunitid": _lookup("businessunit"),
        }),
        "account": Table("accounts", "accountid", {
            **_system(), **_texts("name", "address1_country", "accountnumber"), "revenue": money, "ownerid": owner,
            "numberofemployees": Column("Integer"), "telephone1": Column(),
            "industrycode": Column("Picklist", options={1: "Accounting", 7: "Consulting"}),
        }),
        "contact": Table("contacts", "contactid", {
            **_system(), **_texts("firstname", "lastname", "fullname", "emailaddress1", "jobtitle"), "ownerid": owner,
        }),
        "lead": Table("leads", "leadid", {
            **_system(), **_texts("subject", "fullname", "companyname", "address1_country"), "ownerid": owner,
            "statecode": Column("State", options={0: "Open", 1: "Qualified", 2: "Disqualified"}),
            "statuscode": Column("Status", options={1: "New", 2: "Contacted", 3: "Qualified", 4: "Lost"}),
            "leadsourcecode": Column("Picklist", options={1: "Advertisement", 8: "Web"}),
            "qualifyingopportunityid": _lookup("opportunity"), "revenue": money,
            "numberofemployees": Column("Integer"), "industrycode": Column("Picklist", options={7: "Consulting"}),
            "parentaccountid": _lookup("account"),
        }),
        "opportunity": Table("opportunities", "opportunityid", {
            **_system(), **_texts("name", "description", "stepname", "new_champion"), "ownerid": owner,
            "customerid": Column("Customer", ("account", "contact")), "parentaccountid": _lookup("account"),
            "parentcontactid": _lookup("contact"), "estimatedvalue": money, "actualvalue": money,
            "estimatedclosedate": day, "actualclosedate": day, "closeprobability": Column("Integer"),
            "statecode": Column("State", options={0: "Open", 1: "Won", 2: "Lost"}),
            "statuscode": Column("Status", options={1: "In Progress", 2: "On Hold", 3: "Won", 4: "Canceled", 5: "Out-Sold"}),
            "transactioncurrencyid": _lookup("transactioncurrency"), "originatingleadid": _lookup("lead"),
            "opportunityratingcode": Column("Picklist", options={1: "Hot", 2: "Warm", 3: "Cold"}),
            "msdyn_forecastcategory": Column("Picklist", options={
                100000001: "Pipeline", 100000002: "Best case", 100000003: "Committed", 100000004: "Omitted",
                100000005: "Won", 100000006: "Lost",
            }),
            "new_keys": Column("Memo", custom=True), "new_readiness": Column("Decimal", custom=True),
        }),
        "opportunitysalesprocess": Table("opportunitysalesprocesses", "businessprocessflowinstanceid", {
            **_system(), "opportunityid": _lookup("opportunity"), "activestageid": _lookup("processstage"),
            "processid": _lookup("workflow"), "traversedpath": Column(), "activestagestartedon": day,
            "completedon": day, "name": Column(),
            "statuscode": Column("Status", options={1: "Active", 2: "Finished", 3: "Aborted"}),
        }, tracked=False),
        "processstage": Table("processstages", "processstageid", {
            "stagename": Column(), "primaryentitytypecode": Column(), "processid": _lookup("workflow"),
            "stagecategory": Column("Picklist", options={0: "Qualify", 1: "Develop", 2: "Propose", 3: "Close"}),
        }, tracked=False, audited=False),
        "workflow": Table("workflows", "workflowid", {"name": Column()}, tracked=False, audited=False),
        "transactioncurrency": Table("transactioncurrencies", "transactioncurrencyid", _texts(
            "isocurrencycode", "currencyname"), tracked=False, audited=False),
        "organization": Table("organizations", "organizationid", {
            "name": Column(), "isauditenabled": Column("Boolean")}, tracked=False, audited=False),
        "connection": Table("connections", "connectionid", {
            **_system(), "record1id": _lookup("opportunity", "contact", "account"),
            "record2id": _lookup("opportunity", "contact", "account"), "record1roleid": _lookup("connectionrole"),
            "record2roleid": _lookup("connectionrole"), "description": Column("Memo"),
        }),
        "connectionrole": Table("connectionroles", "connectionroleid", _texts("name"), tracked=False, audited=False),
        "activitypointer": Table("activitypointers", "activityid", {
            **_system(), **_texts("subject", "activitytypecode"), "description": Column("Memo"), "ownerid": owner,
            "regardingobjectid": _lookup("opportunity", "lead", "account", "contact"), "scheduledstart": day,
            "scheduledend": day, "actualstart": day, "actualend": day,
            "statecode": Column("State", options={0: "Open", 1: "Completed", 2: "Canceled"}),
        }, tracked=False),
        "annotation": Table("annotations", "annotationid", {
            **_system(), "subject": Column(), "notetext": Column("Memo"), "objectid": _lookup("opportunity", "account"),
        }, tracked=False),
        "opportunityproduct": Table("opportunityproducts", "opportunityproductid", {
            **_system(), "opportunityid": _lookup("opportunity"), "productid": _lookup("product"),
            "productdescription": Column(), "quantity": Column("Decimal"), "priceperunit": money, "baseamount": money,
            "manualdiscountamount": money, "extendedamount": money,
            "transactioncurrencyid": _lookup("transactioncurrency"),
        }),
        "product": Table("products", "productid", _texts("name"), tracked=False, audited=False),
        "audit": Table("audits", "auditid", {
            "createdon": day, "objecttypecode": Column(), "objectid": _lookup("opportunity"), "changedata": Column("Memo"),
            "operation": Column("Picklist", options={1: "Create", 2: "Update", 3: "Delete"}), "action": Column("Integer"),
            "userid": _lookup("systemuser"),
        }, tracked=False, audited=False),
    }  # fmt: skip


TASKS = "tasks"
"""A view of the activities that are tasks: `tasks` and `activitypointers` show one record."""
NAMES = {
    "systemuser": "fullname", "account": "name", "contact": "fullname", "opportunity": "name", "product": "name",
    "processstage": "stagename", "transactioncurrency": "currencyname", "connectionrole": "name", "lead": "fullname",
    "workflow": "name",
}  # fmt: skip
"""What a record is called, by table."""
