"""A workspace that others use, too; its whole content for comparing; and rollbacks that are cut off."""

import json
import sqlite3

from hd_assets.mapping import load
from hd_assets.publish.context import open_context
from hd_assets.rollback.run import rollback
from hd_assets.rollback.selection import Selection
from hd_assets.simulator.faults import FaultPlan
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.desk import NOW, desk, rows

# Kinds that a rollback leaves behind on purpose, and counters of time.
DEFINITIONS = ("data_attribute", "conversation_attribute", "ticket_type")
KINDS = ("company", "contact", "tag", "conversation", "article", "collection", "redirect", "custom_object", "note")
VOLATILE = ("updated_at", "seq")


class Killed(BaseException):
    """The process is gone: nothing of ours runs after it."""


def content(made):
    """Every document and part of the workspace as it is stored, without times of change: kind → id → document."""
    made.simulator.counts()  # what is due takes effect
    store = made.simulator._store
    found = {kind: {doc["id"]: _still(doc) for doc in store.all(kind)} for kind in KINDS}
    now = made.clock.now()
    found["company"] = {key: doc for key, doc in found["company"].items() if doc.get("archive_at", now + 1) > now}
    for key, doc in found["conversation"].items():
        parts, _ = store.parts(key, newest=100_000, by_creation=False)
        doc["parts"] = [_still(part) for part in parts]
    return json.loads(json.dumps(found, sort_keys=True))


def _still(doc):
    return {name: value for name, value in doc.items() if name not in VOLATILE and value not in (None, "", [], {})}


def furnish(made):
    """What others keep in the workspace: some of it bears addresses, ids and names of ours."""
    with made.context() as context:
        # a workspace without our mark must not hold companies with our ids
        context.ledger.begin_run()
        context.fence.ensure()
        context.fence.end()
    with made.api() as api:
        old = {"email": "person1@company.example", "name": "Old name", "phone": "+4911111", "role": "user"}
        adopted = api.post("/contacts", json=old).json()["id"]
        crm = {"email": "person3@company.example", "name": "From the CRM", "external_id": "crm-3"}
        api.post("/contacts", json=crm).raise_for_status()
        stranger = api.post("/contacts", json={"email": "stranger@other.example", "name": "Stranger"}).json()["id"]
        company = api.post("/companies", json={"company_id": f"{MIGRATION}-org-1", "name": "Before"}).json()["id"]
        theirs = api.post("/companies", json={"company_id": "crm-org", "name": "Theirs"}).json()["id"]
        for person, firm in ((adopted, company), (adopted, theirs), (stranger, theirs)):
            api.post(f"/contacts/{person}/companies", json={"id": firm}).raise_for_status()
        tag = api.post("/tags", json={"name": "migrated"}).json()["id"]
        api.post(f"/contacts/{stranger}/tags", json={"id": tag}).raise_for_status()
        admin = api.get("/admins").json()["admins"][0]["id"]
        shelf = api.post("/help_center/collections", json={"name": "Guides"}).json()["id"]
        article = {"title": "Theirs", "body": "<p>Own words</p>", "author_id": int(admin), "parent_id": int(shelf)}
        api.post("/articles", json=article).raise_for_status()
        body = {"from": {"type": "contact", "id": stranger}, "body": "An old question", "created_at": 1_700_000_000}
        api.post("/conversations", json=body).raise_for_status()
        api.post("/conversations", json={**body, "from": {"type": "contact", "id": adopted}}).raise_for_status()
    # what others made is older than anything of ours
    made.clock.sleep(3600)
    return made


def world(root, staged=None, **rules):
    return furnish(desk(root, rows(5) if staged is None else staged, **rules))


def undo(made, *, execute=True, exclusive=None, **selection):
    """Roll back; what is selected by keyword as `Selection` has it."""
    migration = load(made.root / "mappings", MIGRATION)
    with open_context(
        made.settings,
        migration,
        "simulator",
        environment=made.environment,
        transport=made.transport,
        as_of=NOW,
        clock=made.clock,
        exclusive=execute if exclusive is None else exclusive,
        step="rollback",
    ) as context:
        return rollback(context, Selection(**selection), execute=execute)


class Killer:
    """Lets so many requests pass, keeps a byte copy of ledger and WAL of that instant, and ends everything."""

    def __init__(self, made, at, phase):
        self.made, self.left, self.phase, self.copies = made, at, phase, None
        self.ledger = made.stores.ledger("simulator")

    def hook(self, phase):
        def struck(request):
            if self.copies is not None:
                raise Killed
            if phase != self.phase:
                return
            self.left -= 1
            if self.left < 0:
                self.copies = self._taken()
                raise Killed

        return struck

    def _taken(self):
        """A reader keeps the WAL from being begun anew while the two files are copied."""
        reader = sqlite3.connect(self.ledger)
        try:
            reader.execute("begin")
            reader.execute("select count(*) from meta").fetchall()
            files = [self.ledger, self.ledger.with_name("ledger.sqlite-wal")]
            return {file: file.read_bytes() for file in files if file.exists()}
        finally:
            reader.close()

    def run(self, work):
        """Whether it was killed; the ledger then is what lay on disk at that instant."""
        transport = self.made.transport
        transport.before, transport.after = self.hook("before"), self.hook("after")
        try:
            work()
        except Killed:
            pass
        finally:
            transport.before = transport.after = None
        if self.copies is None:
            return False
        for file in self.ledger.parent.glob("ledger.sqlite*"):
            file.unlink()
        for file, stored in self.copies.items():
            file.write_bytes(stored)
        return True


def calm(made):
    made.simulator.set_faults(FaultPlan())


def ledger_rows(made, sql, *bound):
    connection = sqlite3.connect(made.stores.ledger("simulator"))
    try:
        return connection.execute(sql, bound).fetchall()
    finally:
        connection.close()
