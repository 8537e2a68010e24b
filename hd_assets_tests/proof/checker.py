"""Holds a finished workspace against the frozen source. Knows nothing of the product.

`judge(source, before, after)` takes the workspace's own store as bytes, as it was before anybody migrated and as it is
now, and counts what was lost, doubled, reordered or altered.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from hd_assets_tests.proof.expected import (
    Expected,
    Part,
    article_words,
    definitions,
    expected_case,
    expected_company,
    expected_contact,
    words_of,
)
from hd_assets_tests.proof.links import Leads, body_of
from hd_assets_tests.proof.source import MIGRATION_ADMIN, SOURCE_ID, Case, Source
from hd_assets_tests.proof.store import Doc, Store, paths_of
from hd_assets_tests.proof.things import Things, without_references
from hd_assets_tests.proof.verdict import Verdict

MESSAGES = ("comment", "note")
# Mail and messages a caller can keep from being sent; the others have no switch at the destination.
SILENCED = ("admin_comment", "ticket_updated")


def judge(source: Source, before: bytes | Store, after: bytes, held: Iterable[str] = ()) -> Verdict:
    """`held`: keys of the source's conversations that were put aside for a person; they may be incomplete."""
    was = before if isinstance(before, Store) else Store(before)
    return _Judge(source, was, Store(after), frozenset(held)).verdict


class _Judge:
    def __init__(self, source: Source, before: Store, after: Store, held: frozenset[str]) -> None:
        self._source, self._before, self._after, self._held = source, before, after, held
        self.verdict = Verdict()
        if after.pending:
            self.verdict.altered.append(f"{after.pending} requests are still on their way")
        self._admins = {doc["email"]: key for key, doc in after.all("admin").items()}
        self._teams = {doc["name"]: key for key, doc in after.all("team").items()}
        self._tags = {doc["name"]: key for key, doc in after.all("tag").items()}
        self._companies = self._people("company", "company_id")
        self._contacts = self._people("contact", "external_id")
        self._things = Things(source, before, after)
        self._things.records(self.verdict)
        self._things.redirects(self.verdict)
        self._company_records()
        self._contact_records()
        self._furniture()
        self._articles()
        self._leads = Leads(after, self._article_keys())
        self._conversations()
        self._foreign()
        for name in SILENCED:
            if after.notified.get(name):
                self.verdict.altered.append(f"{after.notified[name]} notifications were sent: {name}")

    # people

    def _people(self, kind: str, name: str) -> dict[str, list[str]]:
        """Our key → ids of the records that bear it."""
        found: dict[str, list[str]] = {}
        for key, doc in self._after.all(kind).items():
            found.setdefault(str(doc.get(name)), []).append(key)
        return found

    def _kept(self, number: int) -> str | None:
        """The record of another source that stands for a person of ours: known by its address."""
        foreign = self._source.foreign
        if number not in foreign.kept_people:
            return None
        email = self._source.person(number).email
        return next((key for key, doc in self._before.all("contact").items() if doc["email"] == email), None)

    def _contact_id(self, number: int) -> str | None:
        person = self._source.person(number)
        kept = self._kept(person.number)
        return kept or next(iter(self._contacts.get(person.key, [])), None)

    def _one(self, kind: str, key: str, found: list[str]) -> Doc | None:
        if not found:
            self.verdict.lost.append(f"{kind} {key}")
            return None
        if len(found) > 1:
            self.verdict.doubled.append(f"{kind} {key}: {len(found)} records")
        return self._after.all(kind)[found[0]]

    def _company_records(self) -> None:
        known = set(self._before.all("company"))
        for org in self._source.organisations:
            doc = self._one("company", org.key, self._companies.get(org.key, []))
            if doc is not None:
                self.verdict.same(f"company {org.key}", expected_company(org), doc)
                known.add(doc["id"])
        self._strangers("company", known)

    def _contact_records(self) -> None:
        known, foreign = set(self._before.all("contact")), self._source.foreign
        for person in self._source.people:
            if person.merged_into is not None:
                if self._contacts.get(person.key):
                    self.verdict.doubled.append(f"contact {person.key}: merged into another and here as well")
                continue
            kept = self._kept(person.number)
            doc = self._one("contact", person.key, [kept] if kept else self._contacts.get(person.key, []))
            if doc is None:
                continue
            was = self._before.all("contact").get(doc["id"])
            if (person.number in foreign.adopted_people | foreign.kept_people) is not (was is not None):
                self.verdict.altered.append(f"contact {person.key}: is not the record that was there")
            companies = list(was["companies"]) if was else []
            for number in person.organisations:
                found = self._companies.get(f"desk-org-{number}")
                if found and found[0] not in companies:
                    companies.append(found[0])
            wanted = expected_contact(person, was, kept=kept is not None)
            self.verdict.same(f"contact {person.key}", without_references(wanted), without_references(doc))
            self.verdict.members(f"contact {person.key}: link to", companies, doc["companies"])
            self._things.referred(f"contact {person.key}", self._things.of_person(person, was), doc, self.verdict)
            known.add(doc["id"])
        self._strangers("contact", known)

    def _strangers(self, kind: str, known: set[str]) -> None:
        self.verdict.doubled += [f"{kind} {key} is nobody's" for key in set(self._after.all(kind)) - known]

    # the workspace

    def _furniture(self) -> None:
        for kind, wanted in definitions(self._source).items():
            before, after = self._before.all(kind), self._after.all(kind)
            known = Counter(_definition(kind, doc, self._before) for doc in before.values())
            found = Counter(_definition(kind, doc, self._after) for doc in after.values())
            due = Counter(dict.fromkeys(wanted, 1)) | known
            self.verdict.lost += [f"{kind} {entry}" for entry in due - found]
            for entry in (found - due).elements():
                (self.verdict.doubled if entry in due else self.verdict.altered).append(f"{kind} {entry}")

    def _articles(self) -> None:
        ours = [doc for key, doc in self._after.all("article").items() if key not in self._before.all("article")]
        paths = paths_of(self._after)
        found = Counter(
            (doc["title"], article_words(doc["body"]), doc["state"], doc["author_id"], paths.get(doc["parent_id"], ()))
            for doc in ours
        )
        wanted = Counter(
            (
                article.title,
                article_words(article.html),
                article.state,
                self._agent(article.author)[0],
                article.path,
            )
            for article in self._source.articles
        )
        self.verdict.bags("article", wanted, found)

    def _article_keys(self) -> dict[str, str]:
        """Id → key; an article is known by its title and words."""
        keys = {(article.title, article_words(article.html)): article.key for article in self._source.articles}
        found = {}
        for key, doc in self._after.all("article").items():
            name = keys.get((doc["title"], article_words(doc["body"])))
            if name is not None and key not in self._before.all("article"):
                found[key] = name
        return found

    def _agent(self, number: int | None) -> tuple[str | None, bool]:
        """Id of the teammate who speaks for the agent, and whether it is the agent."""
        stand_in = self._admins.get(MIGRATION_ADMIN)
        agent = next((agent for agent in self._source.agents if agent.number == number), None)
        own = self._admins.get(agent.email) if agent else None
        return (own, True) if own else (stand_in, False)

    # conversations

    def _conversations(self) -> None:
        ours = {
            key: doc
            for key, doc in self._after.all("conversation").items()
            if key not in self._before.all("conversation")
        }
        named: dict[str, list[str]] = {}
        for key, doc in ours.items():
            named.setdefault(str(doc["custom_attributes"].get(SOURCE_ID) or ""), []).append(key)
        bare = named.pop("", [])
        claimed = [(case, named.pop(case.key, []) or self._claim(case, ours, bare)) for case in self._source.cases]
        for case, found in claimed:
            for key in found:
                self._leads.claim(key, case.key)
        for case, found in claimed:
            self._case(case, found)
        for name, keys in named.items():
            self.verdict.altered.append(f"conversations {keys} bear the id {name!r} of none")
        for key in bare:
            opening = self._opening(ours[key])
            twin = next((case.key for case in self._source.cases if self._expected(case).opening == opening), None)
            said = f"conversation {key} bears no id" + (f", it has the opening of {twin}" if twin else "")
            (self.verdict.doubled if twin else self.verdict.altered).append(said)

    def _claim(self, case: Case, ours: dict[str, Doc], bare: list[str]) -> list[str]:
        """A conversation that has not got its id yet is known by its opening."""
        for key in bare:
            if self._opening(ours[key]) == self._expected(case).opening:
                bare.remove(key)
                return [key]
        return []

    def _opening(self, doc: Doc) -> tuple:
        body = body_of(doc)
        return doc["author"]["id"], doc["created_at"], words_of(self._leads.named(body)), self._leads.of(body)

    def _expected(self, case: Case) -> Expected:
        return expected_case(case, self._source, self._contact_id, self._agent)

    def _case(self, case: Case, found: list[str]) -> None:
        key, verdict = case.key, self.verdict
        if case.key in self._held:
            # it waits for a person: what is missing is known, but nothing may stand there twice
            self.verdict = Verdict()
        if not found:
            self.verdict.lost.append(f"conversation {key}")
        else:
            if len(found) > 1:
                self.verdict.doubled.append(f"conversation {key}: {sorted(found)}")
            self._thread(case, self._after.all("conversation")[found[0]])
        if case.key in self._held:
            verdict.held += [*self.verdict.lost, *self.verdict.altered]
            verdict.doubled += self.verdict.doubled
            verdict.reordered += self.verdict.reordered
            self.verdict = verdict

    def _thread(self, case: Case, doc: Doc) -> None:
        key, wanted = case.key, self._expected(case)
        for body in (body_of(doc), *(body_of(part) for part in self._messages_of(doc))):
            self.verdict.count_links(*self._leads.led(body))
        if self._opening(doc) != wanted.opening:
            self.verdict.altered.append(f"conversation {key}: opening {self._opening(doc)} instead of {wanted.opening}")
        self._messages(key, wanted.parts, [self._part(part) for part in self._messages_of(doc)])
        facts = {
            "title": case.title,
            "state": wanted.state,
            "snoozed_until": case.snoozed_until if wanted.state == "snoozed" else None,
            "admin_assignee_id": self._agent(case.assignee)[0] if case.assignee else None,
            "team_assignee_id": self._teams.get(self._source.teams[case.team]) if case.team else None,
            "company_id": self._company(case),
            "custom_attributes": wanted.values,
        }
        self.verdict.same(f"conversation {key}", facts, without_references(doc))
        self._things.referred(f"conversation {key}", self._things.of_case(case), doc, self.verdict)
        self.verdict.members(f"conversation {key}: participant", wanted.contacts, doc["contacts"])
        tags = [self._tags.get(self._source.tags[number]) for number in case.tags]
        self.verdict.members(f"conversation {key}: tag", tags, [entry["id"] for entry in doc["tags"]])
        self._ticket(case, wanted, doc)

    def _company(self, case: Case) -> str | None:
        found = self._companies.get(f"desk-org-{case.organisation}", [])
        return found[0] if found else None

    def _ticket(self, case: Case, wanted: Expected, doc: Doc) -> None:
        ticket = doc["ticket"]
        if (ticket is not None) is not (case.ticket_state is not None):
            self.verdict.altered.append(f"conversation {case.key}: is {'no' if ticket is None else 'a'} ticket")
            return
        if ticket is None:
            return
        state = self._after.all("ticket_state")[ticket["state_id"]]["category"]
        kind = self._after.all("ticket_type")[ticket["type_id"]]
        items = {
            option["id"]: option.get("label") or option.get("value") or option.get("name")
            for attribute in kind["attributes"]
            for option in (attribute.get("input_options") or {}).get("list_options") or attribute.get("options") or []
        }
        lists = {attribute["name"] for attribute in kind["attributes"] if attribute["data_type"] == "list"}
        values = {
            name: items.get(value, value) if name in lists else value for name, value in ticket["attributes"].items()
        }
        self.verdict.same(
            f"ticket {case.key}",
            {"state": wanted.ticket_state, "values": wanted.ticket_values},
            {"state": state, "values": values},
        )

    def _messages_of(self, doc: Doc) -> list[Doc]:
        return [part for part in self._after.parts.get(doc["id"], []) if part["part_type"] in MESSAGES]

    def _part(self, part: Doc) -> Part:
        files = []
        for file in part["attachments"]:
            name, kind, content = self._after.files.get(file.get("file"), (None, None, None))
            files.append((file["name"], kind, content))
            if name != file["name"]:
                self.verdict.altered.append(f"file {file['name']} of part {part['id']}: stored as {name}")
        body = body_of(part)
        words, leads = words_of(self._leads.named(body)), self._leads.of(body)
        return Part(part["part_type"], part["created_at"], part["author"]["id"], words, tuple(files), leads)

    def _messages(self, key: str, wanted: list[Part], found: list[Part]) -> None:
        if wanted == found:
            return
        missing, extra = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
        left = list(missing.elements())
        for part in extra.elements():
            near = [other for other in left if other.at == part.at or other.words == part.words]
            if part in wanted:
                self.verdict.doubled.append(f"conversation {key}: part of {part.at}")
            elif near:
                left.remove(near[0])
                self.verdict.altered.append(f"conversation {key}: part {part} instead of {near[0]}")
            elif any(other.at == part.at and other.author == part.author for other in wanted):
                self.verdict.doubled.append(f"conversation {key}: part of {part.at}, altered as well")
            else:
                self.verdict.altered.append(f"conversation {key}: part {part} is nobody's")
        self.verdict.lost += [f"conversation {key}: part of {part.at}" for part in left]
        rest = Counter(wanted) & Counter(found)
        if list(_only(wanted, rest)) != list(_only(found, rest)):
            self.verdict.reordered.append(f"conversation {key}: {[part.at for part in found]}")

    # what was there before

    def _foreign(self) -> None:
        adopted = self._adopted()
        for kind, docs in self._before.docs.items():
            if kind in ("ticket_type", "ticket_state", "data_attribute", "conversation_attribute"):
                continue
            for key, doc in docs.items():
                now = self._after.all(kind).get(key)
                if now is None:
                    self.verdict.lost.append(f"{kind} {key} of the workspace")
                elif now != doc and key not in adopted:
                    self.verdict.altered.append(f"{kind} {key} of the workspace was written to")
        for key in self._before.all("conversation"):
            if self._before.parts.get(key) != self._after.parts.get(key):
                self.verdict.altered.append(f"parts of conversation {key} of the workspace")

    def _adopted(self) -> set[str]:
        foreign, found = self._source.foreign, self._things.adopted
        for person in self._source.people:
            if person.number in foreign.adopted_people | foreign.kept_people:
                found.add(self._contact_id(person.number) or "")
        return found


def _only(parts: list[Part], bag: Counter) -> Iterator[Part]:
    """The parts that both have, as often as both have them, in their order."""
    left = Counter(bag)
    for part in parts:
        if left[part]:
            left[part] -= 1
            yield part


def _definition(kind: str, doc: Doc, store: Store) -> tuple:
    if kind == "collection":
        return paths_of(store)[doc["id"]]
    if kind == "data_attribute":
        return doc["model"], doc["name"]
    return (doc["name"],)
