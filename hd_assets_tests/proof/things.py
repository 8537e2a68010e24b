"""Custom objects, the references to them, and old addresses: held against the frozen source."""

from collections import Counter
from collections.abc import Callable

from hd_assets_tests.proof.expected import article_words
from hd_assets_tests.proof.source import LOCALE, OBJECTS, SPACE, Case, Person, Source, Thing
from hd_assets_tests.proof.store import Doc, Store
from hd_assets_tests.proof.verdict import Verdict

# attribute → ids of instances
References = dict[str, list[str]]


class Things:
    """`adopted`: ids of instances of ours that were there before."""

    def __init__(self, source: Source, before: Store, after: Store) -> None:
        self._source, self._before, self._after = source, before, after
        self._ids: dict[tuple[str, str], list[str]] = {}
        for key, doc in after.all("custom_object").items():
            self._ids.setdefault((doc["type"], doc["external_id"]), []).append(key)
        there = before.all("custom_object")
        ours = {(thing.kind, thing.key) for thing in source.things if thing.number in source.foreign.adopted_things}
        self.adopted = {key for key, doc in there.items() if (doc["type"], doc["external_id"]) in ours}

    def records(self, verdict: Verdict) -> None:
        known = set(self._before.all("custom_object"))
        for thing in self._source.things:
            what, found = f"custom object {thing.key}", self._ids.get((thing.kind, thing.key), [])
            if not found:
                verdict.lost.append(what)
                continue
            if len(found) > 1:
                verdict.doubled.append(f"{what}: {len(found)} records")
            doc, was = self._after.all("custom_object")[found[0]], self._before.all("custom_object").get(found[0])
            if (thing.number in self._source.foreign.adopted_things) is not (was is not None):
                verdict.altered.append(f"{what}: is not the record that was there")
            values = {**(was["custom_attributes"] if was else {}), **thing.values}
            wanted = {
                "external_created_at": thing.created,
                "external_updated_at": thing.updated,
                "custom_attributes": values,
            }
            verdict.same(what, wanted, doc)
            known.add(found[0])
        verdict.doubled += [f"custom object {key} is nobody's" for key in set(self._after.all("custom_object")) - known]

    def of_person(self, person: Person, was: Doc | None) -> References:
        """What the workspace's own people refer to stays first."""
        numbers = {person.number} | {
            other.number
            for other in self._source.people
            if other.merged_into is not None and self._source.person(other.number) is person
        }
        found = self._of(lambda thing: numbers & set(thing.people))
        for name in OBJECTS.values():
            there = (was["custom_attributes"] if was else {}).get(name)
            if there:
                found[name] = [*there, *(key for key in found.get(name, []) if key not in there)]
        return found

    def of_case(self, case: Case) -> References:
        return self._of(lambda thing: case.number in thing.cases)

    def _of(self, fits: Callable[[Thing], object]) -> References:
        found: References = {}
        for thing in self._source.things:
            if fits(thing):
                key = next(iter(self._ids.get((thing.kind, thing.key), [])), f"of {thing.key}")
                found.setdefault(OBJECTS[thing.kind], []).append(key)
        return found

    def referred(self, what: str, wanted: References, doc: Doc, verdict: Verdict) -> None:
        for name in OBJECTS.values():
            there = doc["custom_attributes"].get(name, [])
            if isinstance(there, list):
                verdict.members(f"{what}: {name}", wanted.get(name, []), [str(key) for key in there])
            else:
                verdict.altered.append(f"{what}: {name} is {there!r}")

    def redirects(self, verdict: Verdict) -> None:
        before, targets = self._before.all("redirect"), self._after.all("article")
        found: Counter = Counter()
        for key, doc in self._after.all("redirect").items():
            if key not in before:
                target = targets.get(doc["target_id"])
                named = (target["title"], article_words(target["body"])) if target else None
                found[doc["from_url"], doc["locale"], doc["target_type"], named] += 1
        wanted = Counter(
            (article.address, LOCALE, "article", (article.title, article_words(article.html)))
            for article in self._source.articles
            if article.address and article.address.startswith(f"{SPACE}/")
        )
        verdict.bags("redirect", wanted, found)


def without_references(doc: Doc) -> Doc:
    """The same with values only."""
    values = {name: value for name, value in doc["custom_attributes"].items() if name not in OBJECTS.values()}
    return {**doc, "custom_attributes": values}
