"""How deals come out of each CRM today: an export, which a mapping reads."""

from __future__ import annotations

from ...model.struct import Struct


class Route(Struct):
    """A CRM: how its deals are exported, and the bundled mapping that reads the export, where there is one."""

    id: str
    title: str
    export: str
    mapping: str = ""


ROUTES = (
    Route("hubspot", "HubSpot", "the list of deals, Export, file format CSV, all properties"),
    Route("salesforce", "Salesforce", "Setup, Data Export, with the objects of the files below", "salesforce-export"),
    Route("pipedrive", "Pipedrive", "the list view of deals, the menu with three dots, Export, CSV"),
    Route("dynamics", "Dynamics 365", "a view of opportunities, Export to Excel, static worksheet"),
    Route("zoho", "Zoho CRM", "Setup, Data Administration, Export, the module Deals"),
    Route("odoo", "Odoo", "CRM, the list view, select all, Export, with the column ID"),
    Route("tryton", "Tryton", "the list of opportunities, Export, with the column ID"),
    Route("sql", "A database", "the result of a query as CSV, one row a deal"),
    Route("files", "Files", "CSV, XLSX, JSON lines or Parquet, one row a deal"),
    Route("none", "None yet", ""),
)


def route_of(crm: str | None) -> Route:
    """The route of a CRM; that of none where it is not known."""
    return next((route for route in ROUTES if route.id == crm), ROUTES[-1])
