"""The five vendors' fakes as places to work at, each with all that can be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.adapters.dynamics.rig import DynamicsRig
from tests.adapters.hubspot.rig import HubSpotRig
from tests.adapters.pipedrive.rig import OAuthRig
from tests.adapters.salesforce.rig import KEYS as SALESFORCE_KEYS
from tests.adapters.salesforce.rig import SalesforceRig
from tests.adapters.zoho.rig import HOOK, KEYS, ZohoRig
from tests.fakes import pipedrive, zoho
from tests.fakes.dynamics import CLIENT as DYNAMICS_CLIENT
from tests.fakes.dynamics import TENANT
from tests.fakes.dynamics import error as refused
from tests.fakes.hubspot import APP, CLIENT
from tests.fakes.pipedrive_records import KEYS as PIPEDRIVE_KEYS
from tests.fakes.salesforce import oauth
from tests.fakes.served import Reply, Request, Served
from tests.fakes.zoho.crm import DAY
from tests.fakes.zoho.errors import error

from dealgate.sync.conformance import Rig

from .place import Cause, Place


class AtSalesforce(Place):
    name = "salesforce"
    title_field, amount_field = "Name", "Amount"
    options = {"key_field": SALESFORCE_KEYS}
    credentials = {"client_id": oauth.CLIENT, "client_secret": oauth.SECRET, "refresh_token": oauth.REFRESH}
    fields = {"readiness": "Readiness__c", "missing": "Missing__c"}

    def made(self) -> tuple[Rig, Served]:
        rig = SalesforceRig()
        self.crm = rig.crm
        return rig, rig.crm

    def causes(self) -> Iterator[Cause]:
        crm = self.crm

        def stale() -> None:
            crm.door.open = False
            crm.door.tokens.clear()

        yield Cause("The refresh token was revoked", stale, lambda: setattr(crm.door, "open", True))
        yield Cause(
            "The user may not read an object", lambda: crm.hidden.add("OpportunityContactRole"), crm.hidden.clear
        )
        yield Cause(
            "The user may not read a field that nothing goes without",
            lambda: crm.hidden.add("Opportunity.StageName"), crm.hidden.clear,
        )  # fmt: skip
        yield Cause("The object of the deals is gone", lambda: crm.hidden.add("Opportunity"), crm.hidden.clear)
        yield Cause("A stage was renamed", lambda: self.renamed("Discovery"), lambda: self.renamed("Prospecting"))
        yield Cause(
            "The day's requests are used up", lambda: setattr(crm, "allowed", crm.used + 3),
            lambda: setattr(crm, "allowed", 100_000),
        )  # fmt: skip
        yield Cause("The user may not write a field", lambda: crm.locked.add("Opportunity.Missing__c"),
                    crm.locked.clear, write=True, code=1)  # fmt: skip

    def renamed(self, to: str) -> None:
        self.fake.tick(minutes=1)
        for deal, row in self.crm.live("Opportunity").items():
            if row["StageName"] in ("Prospecting", "Discovery"):
                self.rig.edit(deal, StageName=to)
        self.fake.tick(minutes=1)


class AtHubSpot(Place):
    name = "hubspot"
    title_field, amount_field = "dealname", "amount"
    options = {"app_id": APP}
    credentials = {
        "client_id": CLIENT["id"], "client_secret": CLIENT["secret"], "refresh_token": CLIENT["refresh"],
        "webhook_secret": "hook-secret-of-hubspot-31",
    }  # fmt: skip
    fields = {"readiness": "dealgate_readiness", "missing": "dealgate_missing"}

    def made(self) -> tuple[Rig, Served]:
        rig = HubSpotRig()
        self.hub, self.portal = rig.fake, rig.portal
        self.portal.own["deals"] |= {"dealgate_readiness": "number", "dealgate_missing": "string"}
        return rig, rig.fake

    def causes(self) -> Iterator[Cause]:
        hub, every = self.hub, set(self.hub.scopes)
        refresh = CLIENT["refresh"]

        def stale() -> None:
            CLIENT["refresh"] = "another-by-now"
            hub.granted.clear()

        def lacking(*scopes: str) -> None:
            hub.scopes -= set(scopes)

        def given() -> None:
            hub.scopes |= every

        yield Cause("The refresh token was revoked", stale, lambda: CLIENT.__setitem__("refresh", refresh))
        yield Cause("The app lacks a scope", lambda: lacking("crm.objects.line_items.read"), given)
        stages = self.portal.pipelines[0]["stages"]

        def renamed(old: str, new: str) -> None:
            self.fake.tick(minutes=1)
            next(one for one in stages if one["id"] == old)["id"] = new
            self.begin = {} if old == "4711" else {"stage": new}
            for deal, held in self.portal.live("deals").items():
                if held.properties["dealstage"] == old:
                    self.portal.update("deals", deal, {"dealstage": new})
            self.fake.tick(minutes=1)

        def moved(old: str, new: str) -> None:
            self.portal.pipelines[0]["archived"] = old == "default"
            if old == "default":
                self.portal.pipelines.append({**self.portal.pipelines[0], "id": new, "archived": False, "stages": [
                    {**one, "id": f"new-{one['id']}"} for one in stages
                ]})  # fmt: skip
                self.begin = {"stage": "new-appointmentscheduled", "pipeline": new}
                self.put("new-appointmentscheduled", new)
            else:
                self.begin = {}
                del self.portal.pipelines[1:]
                self.put("appointmentscheduled", new)

        yield Cause(
            "The pipeline was deleted, its deals moved to a new one", lambda: moved("default", "9001"),
            lambda: moved("9001", "default"),
        )  # fmt: skip
        first = "appointmentscheduled"
        yield Cause("A stage was replaced", lambda: renamed(first, "4711"), lambda: renamed("4711", first))
        yield Cause("The day's requests are used up", lambda: setattr(hub, "daily_left", 3),
                    lambda: setattr(hub, "daily_left", 650_000))  # fmt: skip
        yield Cause("The app may not write", lambda: lacking("crm.objects.deals.write", "crm.objects.contacts.write"),
                    given, write=True, code=1)  # fmt: skip

    def put(self, stage: str, pipeline: str) -> None:
        self.fake.tick(minutes=1)
        for deal in self.portal.live("deals"):
            self.portal.update("deals", deal, {"pipeline": pipeline, "dealstage": stage})
        self.fake.tick(minutes=1)


class AtPipedrive(Place):
    name = "pipedrive"
    title_field, amount_field = "title", "value"
    options = {"key_field": PIPEDRIVE_KEYS}
    credentials = {
        "client_id": pipedrive.CLIENT, "client_secret": pipedrive.CLIENT_SECRET, "refresh_token": pipedrive.REFRESH,
        "webhook_secret": pipedrive.HOOK_SECRET,
    }  # fmt: skip
    fields = {"missing": "lost_reason"}

    def made(self) -> tuple[Rig, Served]:
        rig = OAuthRig()
        self.crm = rig.crm
        return rig, rig.crm

    def places(self, url: str) -> dict[str, Any]:
        return {"options": {"login_url": url}}

    def causes(self) -> Iterator[Cause]:
        crm, tables = self.crm, self.crm.records.tables

        def stale() -> None:
            crm.refresh = "another-by-now"
            crm.access.append("somebody-else")

        def stage(ident: int, **values: Any) -> None:
            self.fake.tick(minutes=1)
            tables["stages"][ident] |= {**values, "update_time": tables["stages"][ident]["update_time"]}
            for deal in list(tables["deals"]):
                crm.records.edit(deal, value=tables["deals"][deal]["value"] + 1)
            self.fake.tick(minutes=1)

        def deleted(gone: bool) -> None:
            tables["pipelines"][1]["is_deleted"] = gone
            for ident in tables["stages"]:
                stage(ident, is_deleted=gone)

        name = tables["stages"][1]["name"]
        yield Cause("The refresh token was revoked", stale, lambda: setattr(crm, "refresh", pipedrive.REFRESH))
        yield Cause("The user may not read a kind of record", lambda: crm.forbidden.add("persons"), crm.forbidden.clear)
        yield Cause("The pipeline was deleted", lambda: deleted(True), lambda: deleted(False))
        yield Cause("A stage was renamed", lambda: stage(1, name="Discovery"), lambda: stage(1, name=name))
        yield Cause("The day's budget is used up", lambda: setattr(crm, "daily", crm.spent + 30),
                    lambda: setattr(crm, "daily", 300_000))  # fmt: skip
        yield Cause("The user may not write a field", lambda: crm.locked.add("lost_reason"), crm.locked.clear,
                    write=True, code=1)  # fmt: skip


class AtDynamics(Place):
    name = "dynamics"
    title_field, amount_field = "name", "estimatedvalue"
    options = {"tenant": TENANT, "client_id": DYNAMICS_CLIENT}
    credentials = {"client_secret": "s3cret~dataverse-client", "webhook_secret": "hook-key-5f1d7c90"}
    fields = {"readiness": "new_readiness", "missing": "description"}

    def made(self) -> tuple[Rig, Served]:
        rig = DynamicsRig()
        self.crm = rig.crm
        return rig, rig.crm

    def places(self, url: str) -> dict[str, Any]:
        return {"url": url, "options": {"login_url": url}}

    def causes(self) -> Iterator[Cause]:
        crm, secret, lacks = self.crm, self.crm.secret, self.crm.store.lacks

        def stale() -> None:
            crm.secret = "another-by-now"  # noqa: S105
            crm.tokens += 1

        def stage(title: str) -> None:
            self.fake.tick(minutes=1)
            crm.edit("processstage", crm.stages()[0], stagename=title)
            for deal in self.rig.truth().deals:
                crm.edit("opportunity", deal, description=title)
            self.fake.tick(minutes=1)

        def gone(request: Request) -> Reply | None:
            wanted = "opportunitysalesprocess" in request.path
            return refused(404, "0x80060888", "Resource not found for the segment.") if wanted else None

        yield Cause("The client secret has ended", stale, lambda: setattr(crm, "secret", secret))
        yield Cause("The user may not read a table", lambda: lacks.add("prvReadlead"), lacks.clear)
        yield Cause("The table of the process was deleted", lambda: setattr(self, "through", gone),
                    lambda: setattr(self, "through", lambda _request: None))  # fmt: skip
        yield Cause("A stage was renamed", lambda: stage("Discover"), lambda: stage("Qualify"))

        def full(request: Request) -> Reply | None:
            is_login = request.path.endswith(self.login)
            return None if is_login else Reply(429, crm.throttled, {"Retry-After": "3600"})

        yield Cause("Too many requests were made", lambda: setattr(self, "through", full),
                    lambda: setattr(self, "through", lambda _request: None))  # fmt: skip
        yield Cause("The user may not write the table", lambda: lacks.add("prvWriteOpportunity"), lacks.clear,
                    write=True, code=1)  # fmt: skip


class AtZoho(Place):
    name = "zoho"
    title_field, amount_field = "Deal_Name", "Amount"
    options = {"key_field": KEYS}
    credentials = {
        "client_id": zoho.CLIENT, "client_secret": zoho.SECRET, "refresh_token": zoho.REFRESH, "webhook_secret": HOOK,
    }  # fmt: skip
    fields = {"readiness": "Readiness", "missing": "Description"}

    def made(self) -> tuple[Rig, Served]:
        rig = ZohoRig()
        self.crm = rig.crm
        return rig, rig.crm

    def places(self, url: str) -> dict[str, Any]:
        return {"options": {"accounts_url": url}}

    def causes(self) -> Iterator[Cause]:
        crm, denied = self.crm, self.crm.denied
        no = error(403, "NO_PERMISSION", "permission denied", permissions=["Crm_Implied_View_Contacts"])
        off = error(400, "INVALID_MODULE", "the module name given seems to be invalid")
        scope = error(401, "OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")

        def stale() -> None:
            crm.refused = "invalid_code"
            crm.tokens.clear()

        def stage(title: str) -> None:
            # a value of a list that is renamed is another value in every record
            self.fake.tick(minutes=1)
            old = "Discovery" if title == "Qualification" else "Qualification"
            for deal, row in list(crm.modules["Deals"].items()):
                row["Stage"] = title if row["Stage"] == old else row["Stage"]
                self.rig.edit(deal, Description=title)
            self.fake.tick(minutes=1)

        yield Cause("The refresh token was revoked", stale, lambda: setattr(crm, "refused", ""))
        yield Cause("The access lacks a scope", lambda: denied.__setitem__("users", scope), denied.clear)
        yield Cause("The user may not read a module", lambda: denied.__setitem__("Contacts", no), denied.clear)
        yield Cause("A module is switched off", lambda: denied.__setitem__("Leads", off), denied.clear)
        yield Cause("The user may not see a field that the mapping needs",
                    lambda: crm.hidden.add(("Deals", "Amount")), crm.hidden.clear)  # fmt: skip
        yield Cause("A stage was renamed", lambda: stage("Discovery"), lambda: stage("Qualification"))
        yield Cause("The credits of a day are used up", lambda: setattr(crm, "used", DAY - 10),
                    lambda: setattr(crm, "used", 0))  # fmt: skip
        yield Cause("Deals are locked", lambda: crm.locked.update(crm.modules["Deals"]), crm.locked.clear,
                    write=True, code=1)  # fmt: skip


CRMS: dict[str, type[Place]] = {one.name: one for one in (AtSalesforce, AtHubSpot, AtPipedrive, AtDynamics, AtZoho)}
