"""Before the first conversation: companies, contacts and links are read back and must be there, each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hd_assets.errors import BlockedError
from hd_assets.publish.context import PublishContext
from hd_assets.publish.outcomes import RefusedError, StoppedError

Doc = dict[str, Any]
_PER_PAGE = 150
_COMPANIES_PER_PAGE = 60
_SHOWN = 10
_DONE = "phase_records"
# seconds until the lists are read again; doubled each time, because a read-back costs requests
_FIRST_PAUSE = 2.0


@dataclass
class PhaseReport:
    """Object → (in the ledger, found in the target) and the records that are missing or differ, by external id."""

    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def green(self) -> bool:
        return not self.problems and all(sent == found for sent, found in self.counts.values())


def require_records(context: PublishContext) -> PhaseReport | None:
    """Raises BlockedError unless the report is green; None when nothing was sent since the last green one."""
    left = context.books.rows(
        "select object, state, count(*) from operations where object in ('companies', 'contacts',"
        " 'contact_companies', 'custom_objects', 'contact_objects')"
        " and state not in ('applied', 'conflict', 'skipped') group by 1, 2"
    )
    name = context.migration.name
    if left:
        told = ", ".join(f"{row[2]} {row[0]} {row[1]}" for row in left)
        raise BlockedError(
            f"companies, contacts, custom objects and their links come before conversations; left: {told}",
            where=f"{name}, target {context.target}",
            mend=f"materialize {name}/publish/companies and {name}/publish/contacts, and mend what they report",
        )
    mark = _mark(context)
    if context.books.meta(_DONE) == mark:
        return None
    report = _settled(context)
    if not report.green:
        counts = ", ".join(f"{object}: {sent} sent, {found} found" for object, (sent, found) in report.counts.items())
        shown = "; ".join(report.problems[:_SHOWN])
        raise BlockedError(
            f"the read-back of companies, contacts and links is not complete ({counts}) {shown}",
            where=f"target {context.target} at {context.client.base_url}",
            mend="look at the named records in the workspace; `hd-assets reconcile` compares them field by field",
        )
    context.ledger.set_meta(_DONE, mark)
    return report


def _settled(context: PublishContext) -> PhaseReport:
    """The report once it is green, or once nothing can be missing merely because it is not shown yet."""
    rows = context.books.rows(
        "select coalesce(max(outcome_at), 0) from operations where state in ('applied', 'conflict')"
        " and object in ('companies', 'contacts', 'contact_companies')"
    )
    shown_by, pause = rows[0][0] + context.horizon + context.search_lag, _FIRST_PAUSE
    while True:
        report = read_back(context)
        left = shown_by - context.clock.now()
        if report.green or left <= 0:
            return report
        again = context.clock.now() + min(pause, left)
        while context.clock.now() < again:
            if context.stopping:
                raise StoppedError("phase")
            context.clock.sleep(min(1.0, again - context.clock.now()))
        pause *= 2


def _mark(context: PublishContext) -> str:
    """Changes whenever a record was sent."""
    rows = context.books.rows(
        "select count(*), max(outcome_at) from operations where state in ('applied', 'conflict')"
        " and object in ('companies', 'contacts', 'contact_companies')"
    )
    return f"{rows[0][0]}:{rows[0][1]}"


def read_back(context: PublishContext) -> PhaseReport:
    """Lists are read page by page; what they do not show (yet) is read one by one."""
    report = PhaseReport()
    companies = context.books.identities("company")
    contacts = context.books.identities("contact")
    links = _links(context)
    report.counts["companies"] = (len(companies), _companies(context, companies, report))
    report.counts["contacts"], report.counts["contact_companies"] = _contacts(context, contacts, links, report)
    return report


def _links(context: PublishContext) -> dict[str, set[str]]:
    """Intercom id of a contact → Intercom ids of its companies as sent."""
    contacts, companies = context.books.identities("contact"), context.books.identities("company")
    found: dict[str, set[str]] = {}
    for operation in context.books.iterate("kind = 'contact_company' and state in ('applied', 'conflict')"):
        contact, _, company = operation.external_id.partition("/")
        if contact in contacts and company in companies:
            found.setdefault(contacts[contact].intercom_id, set()).add(companies[company].intercom_id)
    return found


def _companies(context: PublishContext, expected: dict[str, Any], report: PhaseReport) -> int:
    """Companies without a contact are in no list, so the rest is read by id."""
    missing = {identity.intercom_id: key for key, identity in expected.items()}
    found = 0
    for doc in _company_pages(context, len(expected)):
        key = missing.pop(str(doc.get("id")), None)
        if key is not None:
            found += _same(report, "company", key, doc.get("company_id"), key)
    for intercom_id, key in missing.items():
        stored = _one(context, f"/companies/{intercom_id}")
        if stored is None:
            report.problems.append(f"company {key} is not there")
        else:
            found += _same(report, "company", key, stored.get("company_id"), key)
    return found


def _company_pages(context: PublishContext, expected: int) -> Iterator[Doc]:
    page = 1
    while expected:
        answer = context.client.search("/companies/list", {}, page=page, per_page=_COMPANIES_PER_PAGE)
        docs = answer.data.get("data") or []
        yield from docs
        if len(docs) < _COMPANIES_PER_PAGE:
            return
        page += 1


def _contacts(
    context: PublishContext, expected: dict[str, Any], links: dict[str, set[str]], report: PhaseReport
) -> tuple[tuple[int, int], tuple[int, int]]:
    missing = {identity.intercom_id: (key, identity.origin) for key, identity in expected.items()}
    total, found, linked = len(missing), 0, 0
    for doc in _contact_docs(context, missing):
        intercom_id = str(doc["id"])
        entry = missing.pop(intercom_id, None)
        if entry is None:
            continue
        key, origin = entry
        # an adopted contact may carry the id of another source
        found += 1 if origin == "adopted" else _same(report, "contact", key, doc.get("external_id"), key)
        wanted = links.get(intercom_id, set())
        linked += len(wanted & _companies_of(context, doc, wanted))
    for key, _ in missing.values():
        report.problems.append(f"contact {key} is not there")
    return (total, found), (sum(len(companies) for companies in links.values()), linked)


def _contact_docs(context: PublishContext, missing: dict[str, Any]) -> Iterator[Doc]:
    cursor: str | None = None
    while missing:
        query: Doc = {"per_page": _PER_PAGE, **({"starting_after": cursor} if cursor else {})}
        data = context.client.get("/contacts", **query).data
        yield from data.get("data") or []
        following = (data.get("pages") or {}).get("next")
        cursor = following.get("starting_after") if isinstance(following, dict) else None
        if not cursor:
            break
    for intercom_id in list(missing):
        doc = _one(context, f"/contacts/{intercom_id}")
        if doc is not None:
            yield doc


def _companies_of(context: PublishContext, contact: Doc, wanted: set[str]) -> set[str]:
    """A contact in a list shows its first ten companies."""
    shown = contact.get("companies") or {}
    found = {str(entry["id"]) for entry in shown.get("data") or []}
    if wanted <= found or not shown.get("has_more"):
        return found
    page = 1
    while True:
        path = f"/contacts/{contact['id']}/companies"
        docs = context.client.one(path, holds=("data",), page=page, per_page=50)["data"]
        found |= {str(doc["id"]) for doc in docs}
        if len(docs) < 50:
            return found
        page += 1


def _one(context: PublishContext, path: str) -> Doc | None:
    try:
        return context.client.one(path)
    except RefusedError as fault:
        if fault.status in (404, 410):
            return None
        raise


def _same(report: PhaseReport, kind: str, key: str, stored: object, wanted: str) -> int:
    if stored == wanted:
        return 1
    report.problems.append(f"{kind} {key} bears another id")
    return 0
