"""Raw rows are evidence: whole extractions or nothing, never changed, the newest one shown."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from hd_assets.errors import BlockedError, SourceError, UnreachableError
from hd_assets.extract import writer as writer_module
from hd_assets.extract.base import FILE_BYTES, BytesUnavailableError, Entity, RawSink, SourceFacts
from hd_assets.extract.files import FileStore
from hd_assets.extract.raw import OVERLAP, RawStore, extract, extract_changes
from hd_assets.extract.retry import LostSnapshotError, RetryBudget

PERSON = Entity(name="person", key=("id",), columns=("id", "name"))
PET = Entity(name="pet", key=("id",), columns=("id", "kind"), optional=True)


class Source:
    """An extractor whose reading is a function."""

    entities = (PERSON, PET, FILE_BYTES)

    def __init__(self, reading: Callable[[RawSink], None]) -> None:
        self._reading = reading

    def probe(self) -> SourceFacts:
        return SourceFacts(product="toy", version="1", kind="api")

    def read(self, into: RawSink) -> None:
        self._reading(into)


def give(*people: tuple[str, str | None]) -> Source:
    return Source(lambda into: into.rows("person", people))


def shown(store: RawStore, entity: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(
            f"select * exclude (_extraction) from ({store.views()[entity]}) order by all"
        ).fetchall()


def test_rows_come_back_as_text_with_their_extraction(tmp_path):
    store = RawStore(tmp_path)
    extraction = extract(give(("1", "Ünal"), ("2", None)), store)
    assert shown(store, "person") == [("1", "Ünal"), ("2", None)]
    frame = pl.read_parquet(tmp_path / extraction.entities["person"].files[0].path)
    assert frame.schema == {"id": pl.String, "name": pl.String, "_extraction": pl.String, "_deleted": pl.Boolean}
    assert frame["_extraction"].to_list() == [extraction.name] * 2


def test_an_entity_without_rows_has_a_file_with_all_columns(tmp_path):
    store = RawStore(tmp_path)
    extract(give(), store)
    with duckdb.connect() as connection:
        described = connection.execute(f"describe {store.views()['pet']}").fetchall()
    assert [(row[0], row[1]) for row in described] == [(name, "VARCHAR") for name in ("id", "kind", "_extraction")]
    assert shown(store, "pet") == []


def test_the_newest_full_extraction_hides_what_came_before(tmp_path):
    store = RawStore(tmp_path)
    first = extract(give(("1", "a"), ("2", "b")), store)
    second = extract(give(("2", "c")), store)
    assert shown(store, "person") == [("2", "c")]
    assert store.latest() == second
    assert [extraction.name for extraction in store.extractions()] == [first.name, second.name]
    assert store.verify(first) == store.verify(second) == ()


class Changing(Source):
    """One that can tell what changed, too."""

    def __init__(self, reading: Callable[[RawSink], None], changes: Callable[[RawSink, datetime], None]) -> None:
        super().__init__(reading)
        self._changes = changes

    def changed_since(self, since: datetime, into: RawSink) -> None:
        self._changes(into, since)


def test_what_changed_replaces_by_key_and_what_is_gone_is_shown_no_more(tmp_path):
    store = RawStore(tmp_path)
    told = []

    def changes(into: RawSink, since: datetime) -> None:
        told.append(since)
        assert sorted(into.known("person")) == [("1",), ("2",), ("3",)]
        assert sorted(into.known("person", ("name",))) == [("a",), ("b",), ("c",)]
        into.rows("person", [("2", "B"), ("4", "d")])
        into.gone("person", [("3",)])

    source = Changing(lambda into: into.rows("person", [("1", "a"), ("2", "b"), ("3", "c")]), changes)
    full = extract_changes(source, store)
    delta = extract_changes(source, store)
    assert (full.kind, delta.kind) == ("full", "delta")
    assert delta.row_counts["person"] == 2
    assert told == [full.started_at - OVERLAP]
    assert shown(store, "person") == [("1", "a"), ("2", "B"), ("4", "d")]


def test_a_source_that_cannot_tell_what_changed_is_read_as_a_whole(tmp_path):
    store = RawStore(tmp_path)
    extract(give(("1", "a")), store)
    assert extract_changes(give(("2", "b")), store).kind == "full"
    assert shown(store, "person") == [("2", "b")]


def test_a_reading_of_everything_knows_of_nothing_before_it_and_nothing_can_be_gone(tmp_path):
    store = RawStore(tmp_path)
    extract(give(("1", "a")), store)
    with store.begin(Source.entities) as writer:
        assert list(writer.known("person")) == []
        with pytest.raises(ValueError, match="nothing can be gone"):
            writer.gone("person", [("1",)])


def test_a_delta_replaces_by_key_and_its_tombstones_delete(tmp_path):
    store = RawStore(tmp_path)
    full = extract(give(("1", "a"), ("2", "b"), ("3", "c")), store)
    name = "99990101T000000000000-delta"
    path = tmp_path / "raw/person/all" / f"{name}.parquet"
    pl.DataFrame(
        {"id": ["2", "3", "4"], "name": ["B", None, "d"], "_extraction": [name] * 3, "_deleted": [False, True, False]}
    ).write_parquet(path)
    file = full.entities["person"].files[0].model_copy(update={"path": path.relative_to(tmp_path).as_posix()})
    entity = full.entities["person"].model_copy(update={"files": (file,)})
    delta = full.model_copy(update={"name": name, "kind": "delta", "entities": {"person": entity}})
    (tmp_path / "raw/_extractions" / f"{name}.json").write_text(delta.model_dump_json())
    assert shown(store, "person") == [("1", "a"), ("2", "B"), ("4", "d")]


def test_a_reading_that_fails_leaves_nothing_visible_and_nothing_behind(tmp_path):
    store = RawStore(tmp_path)
    before = extract(give(("1", "a")), store)

    def fail(into: RawSink) -> None:
        into.rows("person", [("2", "b")])
        raise SourceError("gone", where="here", mend="so")

    with pytest.raises(SourceError):
        extract(Source(fail), store)
    assert store.latest() == before
    assert shown(store, "person") == [("1", "a")]
    assert not list((tmp_path / "raw").glob(".unfinished*"))


def test_a_crash_between_the_files_and_the_manifest_leaves_the_old_state(tmp_path, monkeypatch):
    store = RawStore(tmp_path)
    extract(give(("1", "a")), store)
    monkeypatch.setattr("hd_assets.extract.raw.Extraction.model_dump_json", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        extract(give(("2", "b")), store)
    monkeypatch.undo()
    assert shown(store, "person") == [("1", "a")]
    extract(give(("3", "c")), store)
    assert shown(store, "person") == [("3", "c")]


def test_what_a_killed_process_left_is_cleared(tmp_path):
    store = RawStore(tmp_path)
    left = tmp_path / "raw/.unfinished-x"
    left.mkdir(parents=True)
    (left / "person.00000.part").touch()
    (tmp_path / "files").mkdir()
    (tmp_path / "files/.incoming-abc").touch()
    extract(give(("1", "a")), store)
    assert not left.exists()
    assert not list((tmp_path / "files").iterdir())


def test_two_extractions_into_one_store_do_not_meet(tmp_path):
    store = RawStore(tmp_path)
    with store.begin((PERSON,)), pytest.raises(BlockedError), RawStore(tmp_path).begin((PERSON,)):
        pass


def test_a_clock_set_back_does_not_hide_the_newest(tmp_path):
    store = RawStore(tmp_path)
    first = extract(give(("1", "a")), store)
    with store.begin((PERSON,), now=lambda: datetime(2020, 1, 1, tzinfo=UTC)) as late:
        late.rows("person", [("2", "b")])
        assert store.publish(late).name > first.name
    assert shown(store, "person") == [("2", "b")]


def test_a_lost_or_changed_file_is_noticed(tmp_path):
    store = RawStore(tmp_path)
    extraction = extract(give(("1", "a")), store)
    path = tmp_path / extraction.entities["person"].files[0].path
    path.write_bytes(path.read_bytes() + b" ")
    assert store.verify(extraction) == (extraction.entities["person"].files[0].path,)
    path.unlink()
    with pytest.raises(SourceError, match="is gone"):
        store.views()
    (tmp_path / "raw/_extractions" / f"{extraction.name}.json").write_text("{")
    with pytest.raises(SourceError, match="manifest"):
        store.latest()


def test_many_batches_become_one_file_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(writer_module, "BATCH_ROWS", 7)
    people = [(str(number), "x" * number) for number in range(100)]

    def read(into: RawSink) -> None:
        into.rows("person", people[:50])
        into.rows("pet", [("1", "cat")])
        into.rows("person", iter(people[50:]))

    extraction = extract(Source(read), RawStore(tmp_path))
    frame = pl.read_parquet(tmp_path / extraction.entities["person"].files[0].path)
    assert frame.select("id", "name").rows() == people
    assert extraction.row_counts == {"person": 100, "pet": 1, "file_bytes": 0}


def test_large_values_end_a_batch_early(tmp_path, monkeypatch):
    monkeypatch.setattr(writer_module, "BATCH_CHARACTERS", 1000)

    def read(into: RawSink) -> None:
        into.rows("person", [(str(number), "y" * 400) for number in range(10)])
        assert len(list((tmp_path / "raw").glob(".unfinished-*/person.*.part"))) >= 3

    extract(Source(read), RawStore(tmp_path))


def test_a_lost_connection_starts_a_fresh_extraction_until_the_budget_ends(tmp_path):
    attempts, pauses = [], []

    def read(into: RawSink) -> None:
        attempts.append(1)
        into.rows("person", [(str(len(attempts)), "a")])
        if len(attempts) < 3:
            raise LostSnapshotError("lost", where="server", mend="again")

    budget = RetryBudget(attempts=3, sleep=pauses.append, jitter=lambda: 1.0)
    store = RawStore(tmp_path)
    extract(Source(read), store, budget)
    assert shown(store, "person") == [("3", "a")]
    assert pauses == [0.5, 1.0]
    attempts.clear()
    with pytest.raises(UnreachableError):
        extract(Source(read), store, RetryBudget(attempts=2, sleep=pauses.append))


def test_the_time_budget_ends_the_attempts_as_well():
    moments = iter([0.0, 1.0, 9.9])
    budget = RetryBudget(attempts=99, seconds=10, clock=lambda: next(moments), jitter=lambda: 1.0)
    assert list(budget.pauses()) == [0.5]


def test_files_are_stored_once_under_their_digest(tmp_path):
    store = FileStore(tmp_path / "files")
    first, second = store.put([b"ab", b"c"]), store.put([b"abc"])
    assert first == second
    assert first.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert [path.name for path in store.root.iterdir()] == [first.sha256]
    assert store.verify(first.sha256)
    store.path(first.sha256).write_bytes(b"abd")
    assert not store.verify(first.sha256)
    assert not store.verify("0" * 64)
    with pytest.raises(ValueError, match="digest"):
        store.path("../x")


def test_a_file_that_is_too_short_or_breaks_off_is_not_kept(tmp_path):
    store = FileStore(tmp_path)
    assert not store.put([b"abc"], at_least=4).complete

    def breaking():
        yield b"a"
        raise BytesUnavailableError("gone")

    with pytest.raises(BytesUnavailableError):
        store.put(breaking())
    assert list(tmp_path.iterdir()) == []


def test_bytes_stored_by_an_earlier_extraction_are_known_while_they_exist(tmp_path):
    store = RawStore(tmp_path)
    found = []

    def read(into: RawSink) -> None:
        found.append(into.stored_before("1:k:3"))
        stored = into.file("1:k:3", [b"abc"], at_least=3)
        into.rows("file_bytes", [("1", stored.sha256, "3", "stored", None, "1:k:3")])

    extract(Source(read), store)
    extract(Source(read), store)
    (store.files.root / next(Path(store.files.root).iterdir()).name).unlink()
    extract(Source(read), store)
    assert [known is not None for known in found] == [False, True, False]
