"""A generated installation is one a careful reader would take for a real one."""

import re
import zlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hd_assets.errors import UsageError
from hd_assets.extract.formats.mysqldump import DumpReader
from hd_assets.samples import registry
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.samples.osticket.catalogue import catalogue
from hd_assets.samples.osticket.schema import tables
from hd_assets_tests.samples.osticket_rows import Sample, digest, make
from hd_assets_tests.shared import shared_path

ZERO = "0000-00-00 00:00:00"
CREDENTIAL_SLOTS = {"config", "staff", "user_account", "api_key"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Sample:
    return make(tmp_path_factory.mktemp("clean"))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("first", 5), ("second", 5), ("third", 6)):
        write(tmp_path / name, tickets=60, seed=seed, options=SampleOptions(damage=True))
    assert digest(tmp_path / "first") == digest(tmp_path / "second") != digest(tmp_path / "third")


@pytest.mark.parametrize("tickets", [0, 1, 7, 60, 251])
def test_there_are_exactly_as_many_tickets_as_asked_for(tmp_path, tickets):
    assert write(tmp_path, tickets=tickets).counts["ticket"] == tickets


def test_a_dump_reader_finds_every_row_that_was_counted(sample):
    assert {
        name.removeprefix("ost_"): table.rows for name, table in sample.facts.tables.items()
    } == sample.report.counts
    assert sample.facts.warnings == []
    assert sample.rows("session") == []


def test_columns_and_types_are_those_of_a_real_installation(sample):
    reader = DumpReader(shared_path("data/osticket/osticket-1.18.sql.gz"))
    for _ in reader.batches(lambda _table: None):
        pass
    ours = {name: dict(table.columns) for name, table in sample.facts.tables.items()}
    real = {name: dict(table.columns) for name, table in reader.facts.tables.items() if name in ours}
    assert {name: list(columns) for name, columns in ours.items()} == {name: list(cs) for name, cs in real.items()}

    def plain(kind: str) -> str:
        return re.sub(r"int\(\d+\)", "int", kind.lower().split(" character set")[0])

    differing = {
        (table, column): (kind, real[table][column])
        for table, columns in ours.items()
        for column, kind in columns.items()
        if plain(kind) != plain(real[table][column])
    }
    assert differing == {}


def test_keys_that_must_be_unique_are(tmp_path):
    for seed in (2, 3):
        sample = make(tmp_path / str(seed), tickets=80, seed=seed, options=SampleOptions(damage=True, variant=seed))
        for name, table in tables({}).items():
            for key in table.keys:
                if key.startswith(("PRIMARY", "UNIQUE")):
                    columns = re.findall(r"`(\w+)`", key[key.index("(") :])
                    seen = Counter(tuple(str(row[c]).lower() for c in columns) for row in sample.rows(name))
                    doubled = [value for value, count in seen.items() if count > 1 and "None" not in value]
                    assert doubled == [], (name, columns)


@pytest.mark.parametrize(
    ("table", "column", "parent", "key"),
    [
        ("ticket", "user_id", "user", "id"),
        ("ticket", "status_id", "ticket_status", "id"),
        ("ticket", "dept_id", "department", "id"),
        ("ticket", "topic_id", "help_topic", "topic_id"),
        ("ticket", "sla_id", "sla", "id"),
        ("ticket", "staff_id", "staff", "staff_id"),
        ("ticket", "team_id", "team", "team_id"),
        ("ticket", "ticket_pid", "ticket", "ticket_id"),
        ("user", "org_id", "organization", "id"),
        ("user", "default_email_id", "user_email", "id"),
        ("thread_entry", "thread_id", "thread", "id"),
        ("thread_entry", "staff_id", "staff", "staff_id"),
        ("thread_event", "thread_id", "thread", "id"),
        ("thread_event", "event_id", "event", "id"),
        ("attachment", "file_id", "file", "id"),
        ("form_entry_values", "entry_id", "form_entry", "id"),
        ("form_entry_values", "field_id", "form_field", "id"),
        ("task", "object_id", "ticket", "ticket_id"),
    ],
)
def test_nothing_dangles_in_an_undamaged_sample(sample, table, column, parent, key):
    known = set(sample.by(parent, key)) | {"0", None}
    assert {row[column] for row in sample.rows(table)} <= known


def test_every_ticket_has_its_thread_and_no_date_is_zero_or_later_than_the_dump(sample):
    threads = {row["object_id"] for row in sample.rows("thread") if row["object_type"] in ("T", "C")}
    assert set(sample.tickets) <= threads
    end = f"{SampleOptions().as_of:%Y-%m-%d %H:%M:%S}"
    for table, column in (("ticket", "created"), ("ticket", "updated"), ("thread_entry", "created")):
        assert all(ZERO < row[column] <= end for row in sample.rows(table)), (table, column)
    assert all(ZERO < row["timestamp"] <= end for row in sample.rows("thread_event"))
    assert all(row["closed"] is None or row["created"] <= row["closed"] <= end for row in sample.rows("ticket"))


def test_bytes_are_all_there_in_chunks_or_in_the_folder(sample):
    chunks: dict[str, int] = Counter()
    for row in sample.rows("file_chunk"):
        chunks[row["file_id"]] += len(row["filedata"] or b"")
    folder = Path(sample.report.variables["OSTICKET_FILES"])
    backends = Counter(row["bk"] for row in sample.rows("file"))
    assert set(backends) == {"D", "F"}
    for row in sample.rows("file"):
        stored = chunks[row["id"]] if row["bk"] == "D" else (folder / row["key"][0] / row["key"]).stat().st_size
        assert stored == int(row["size"])
    assert sum(path.is_file() for path in folder.rglob("*")) == backends["F"]
    assert max(Counter(row["file_id"] for row in sample.rows("file_chunk")).values()) > 1


def test_every_picture_in_a_text_is_a_file(sample):
    keys = {row["key"] for row in sample.rows("file")}
    texts = [row["body"] for row in sample.rows("thread_entry")] + [row["answer"] for row in sample.rows("faq")]
    shown = {key for body in texts for key in re.findall(r"cid:([\w-]+)", body)}
    assert shown
    assert shown <= keys


def test_an_uploaded_form_file_hangs_on_the_checksum_of_field_and_entry(sample):
    uploads = {row["object_id"]: row for row in sample.rows("attachment") if row["type"] == "E"}
    field = next(row["id"] for row in sample.rows("form_field") if row["type"] == "files")
    answered = [row for row in sample.rows("form_entry_values") if row["field_id"] == field]
    assert answered
    for row in answered:
        assert str(zlib.crc32(f"E{field}{row['entry_id']}".encode())) in uploads


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("text entries", lambda s: any(e["format"] == "text" and "&lt;" in e["body"] for e in s.rows("thread_entry"))),
        ("hidden versions", lambda s: any(int(e["flags"]) & 4 for e in s.rows("thread_entry"))),
        ("two hidden versions of one", lambda s: any(int(e["flags"]) & 6 == 6 for e in s.rows("thread_entry"))),
        ("body in a file", lambda s: any(a["inline"] == "1" and _size(s, a) > 65_000 for a in s.rows("attachment"))),
        ("deleted customers", lambda s: {e["user_id"] for e in s.rows("thread_entry")} - {"0", *s.by("user", "id")}),
        ("deleted agents", lambda s: any(_nobody(e) and e["poster"] != "SYSTEM" for e in s.rows("thread_entry"))),
        ("canned replies", lambda s: any(e["poster"] == "SYSTEM (Canned Reply)" for e in s.rows("thread_entry"))),
        ("merged threads", lambda s: any(t["object_type"] == "C" for t in s.rows("thread"))),
        ("merged and deleted", lambda s: set(_threads(s, "C").values()) - set(s.tickets)),
        ("merged combined", lambda s: any(t["flags"] == "17" for t in s.rows("ticket"))),
        ("merged separate", lambda s: any(t["flags"] == "18" for t in s.rows("ticket"))),
        ("linked", lambda s: any(t["flags"] == "24" for t in s.rows("ticket"))),
        ("moved entries", lambda s: any(int(e["flags"]) & 0x400 for e in s.rows("thread_entry"))),
        ("annulled closes", lambda s: any(e["annulled"] == "1" for e in s.rows("thread_event"))),
        ("no topic", lambda s: any(t["topic_id"] == "0" for t in s.rows("ticket"))),
        ("no entries", lambda s: set(_threads(s)) - {e["thread_id"] for e in s.rows("thread_entry")}),
        ("dash for empty", lambda s: any(e["body"] == "-" for e in s.rows("thread_entry"))),
        ("tasks", lambda s: any(t["flags"] == "0" for t in s.rows("task"))),
        ("phone extension", lambda s: any(re.fullmatch(r"\d+X\d+", value) for value in _answers(s))),
        ("lost emoji", lambda s: any("????" in e["body"] for e in s.rows("thread_entry"))),
        ("quoted mail", lambda s: any("gmail_quote" in e["body"] for e in s.rows("thread_entry"))),
        ("mail table", lambda s: any('"MsoNormal"' in e["body"] for e in s.rows("thread_entry"))),
        ("right to left", lambda s: any(re.search("[\u0600-\u06ff]", e["body"]) for e in s.rows("thread_entry"))),
        ("east asian", lambda s: any(re.search("[\u3040-\u30ff]", e["body"]) for e in s.rows("thread_entry"))),
        ("one file, two names", lambda s: any(a["name"] for a in s.rows("attachment"))),
        ("collaborators", lambda s: s.rows("thread_collaborator")),
        ("two addresses", lambda s: max(Counter(e["user_id"] for e in s.rows("user_email")).values()) > 1),
        ("portal accounts", lambda s: s.rows("user_account")),
        ("quick notes", lambda s: {n["ext_id"][0] for n in s.rows("note")} == {"U", "O"}),
        ("disabled agent", lambda s: any(a["isactive"] == "0" for a in s.rows("staff"))),
        ("nested department", lambda s: any(d["pid"] for d in s.rows("department"))),
        ("overdue", lambda s: any(t["isoverdue"] == "1" for t in s.rows("ticket"))),
        ("retired field answered", lambda s: _answers(s, _retired(s))),
        ("unlinked customers of a known domain", lambda s: s.report.oddities["unlinked_with_domain"]),
        ("topics in three levels", lambda s: any(_depth(s, t) == 3 for t in s.rows("help_topic"))),
    ],
)  # fmt: skip
def test_the_oddities_of_real_installations_are_in_250_tickets(sample, what, found):
    assert found(sample)


def test_a_sample_without_oddities_has_none(tmp_path):
    plain = make(tmp_path, tickets=60, options=SampleOptions(oddities=False))
    assert plain.report.counts["thread_entry_merge"] == 0
    assert not any(int(row["flags"]) & 4 for row in plain.rows("thread_entry"))


def test_credentials_carry_the_marker_and_stand_in_their_slots_only(sample):
    (marker,) = sample.report.secrets
    holding = {
        table for table, rows in sample.tables.items() for row in rows if any(marker in str(v) for v in row.values())
    }
    assert holding == CREDENTIAL_SLOTS


def test_datetimes_are_local_times_of_the_server_and_timestamps_utc(tmp_path):
    utc = make(tmp_path / "utc", tickets=30)
    there = make(tmp_path / "there", tickets=30, options=SampleOptions(time_zone="America/Sao_Paulo"))
    zone = ZoneInfo("America/Sao_Paulo")
    for one, other in zip(utc.rows("ticket"), there.rows("ticket"), strict=True):
        instant = datetime.fromisoformat(one["created"]).replace(tzinfo=UTC)
        assert f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}" == other["created"]
    assert [row["created"] for row in utc.rows("note")] == [row["created"] for row in there.rows("note")]


def test_another_variant_is_another_installation(tmp_path):
    standard, other = catalogue(0), catalogue(4)
    assert {field.name for field in standard.ticket_fields}.isdisjoint(
        field.name for field in other.ticket_fields if field.name
    )
    assert standard.statuses != other.statuses
    assert other == catalogue(4) != catalogue(5)
    made = make(tmp_path, tickets=30, options=SampleOptions(variant=4, prefix="help_", languages=("pl",)))
    assert all(name.startswith("help_") for name in made.facts.tables)
    assert {row["name"] for row in made.rows("ticket_status")} == {name for name, _ in other.statuses}


def test_big_files_are_at_the_edge_of_ten_mebibytes(tmp_path):
    sizes = [row["size"] for row in make(tmp_path, tickets=2, options=SampleOptions(big_files=True)).rows("file")]
    assert {"10485760", "10485761"} <= set(sizes)


def test_an_unknown_language_or_source_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no sample texts in: xx"):
        SampleOptions(languages=("xx",))
    for source in ("nothing-like-this", "../x", "registry"):
        with pytest.raises(UsageError, match="no sample generator"):
            registry.write(source, tmp_path, 10, 1)


def test_the_registry_finds_a_generator_by_its_name(tmp_path):
    report = registry.write("osticket", tmp_path, 10, 1)
    assert report.source == "osticket"
    assert all(Path(value).exists() for value in report.variables.values())


def _size(sample: Sample, attachment) -> int:
    return int(sample.by("file", "id")[attachment["file_id"]]["size"])


def _nobody(entry) -> bool:
    return entry["type"] == "R" and entry["staff_id"] == entry["user_id"] == "0" and "SYSTEM" not in entry["poster"]


def _threads(sample: Sample, kind: str = "T") -> dict[str, str]:
    return {row["id"]: row["object_id"] for row in sample.rows("thread") if row["object_type"] == kind}


def _answers(sample: Sample, field: str | None = None) -> list[str]:
    rows = sample.rows("form_entry_values")
    return [row["value"] for row in rows if row["value"] and field in (None, row["field_id"])]


def _retired(sample: Sample) -> str:
    return next(row["id"] for row in sample.rows("form_field") if not int(row["flags"]) & 1)


def _depth(sample: Sample, topic) -> int:
    parents = sample.by("help_topic", "topic_id")
    depth = 1
    while topic["topic_pid"] != "0":
        topic, depth = parents[topic["topic_pid"]], depth + 1
    return depth
