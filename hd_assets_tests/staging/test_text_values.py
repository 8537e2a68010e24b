"""Addresses, names, times and typed values read from source text."""

import json
from datetime import datetime

import pytest

from hd_assets.staging.identity import email_domain, looks_double_encoded, normal_email, safe_filename, slug
from hd_assets.staging.times import iana_timestamp, utc
from hd_assets.staging.values import attribute_value, attributes


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Ada@Mail.Example ", "ada@mail.example"),
        ("Ada L <ada@mail.example>", "ada@mail.example"),
        ("mailto:ada@mail.example", "ada@mail.example"),
        ("ada+tag@mail.example", "ada+tag@mail.example"),
        ("ünal@müller.example", "ünal@müller.example"),
        ("ada", None),
        ("ada@", None),
        ("@mail.example", None),
        ("ada@localhost", None),
        ("ada@mail..example", None),
        ("a@b.example, c@d.example", None),
        ("", None),
        ("x" * 300 + "@mail.example", None),
    ],
)
def test_an_address_is_lower_cased_and_anything_else_is_none(text, email):
    assert normal_email(text) == email


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("ada@Mail.example", "mail.example"),
        ("@mail.example", "mail.example"),
        (".Mail.Example", "mail.example"),
        ("mail.example", "mail.example"),
        ("not a domain", None),
        ("", None),
    ],
)
def test_a_domain_is_found_in_addresses_and_bare(text, domain):
    assert email_domain(text) == domain


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\plan.pdf", "plan.pdf"),
        ('a:b*c?"d".txt', "a_b_c__d_.txt"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("  spaced \t name .txt ", "spaced name.txt"),
        ("..", "file"),
        ("", "file"),
        ("CON.txt", "_CON.txt"),
        ("Übersicht 漢字.docx", "Übersicht 漢字.docx"),
    ],
)
def test_a_file_name_is_safe_everywhere_and_keeps_its_extension(text, name):
    assert safe_filename(text) == name


def test_a_very_long_file_name_is_cut_before_its_extension():
    name = safe_filename("漢" * 300 + ".pdf")
    assert name.endswith(".pdf")
    assert len(name.encode()) <= 200


@pytest.mark.parametrize(
    ("text", "name"), [("Größe der Übung!", "grosse_der_ubung"), ("A--B", "a_b"), ("__", None), ("漢字", None)]
)
def test_a_short_name_is_ascii_and_never_empty(text, name):
    assert slug(text) == name if name else slug(text).startswith("x")
    assert slug(text) == slug(text)


@pytest.mark.parametrize(
    ("text", "damaged"),
    [("MÃ¼ller", True), ("donâ€™t", True), ("ä½\xa0å¥½", True), ("Müller", False), ("Ã", False), ("漢字 naïve", False)],
)
def test_text_decoded_by_the_wrong_table_is_noticed(text, damaged):
    assert looks_double_encoded(text) is damaged


@pytest.mark.parametrize(
    ("text", "zone", "when"),
    [
        ("2024-01-15 12:00:00", "Europe/Berlin", datetime(2024, 1, 15, 11)),
        ("2024-07-15 12:00:00", "Europe/Berlin", datetime(2024, 7, 15, 10)),
        ("2018-03-25 02:30:00", "Europe/Berlin", datetime(2018, 3, 25, 1, 30)),  # an hour the clocks skipped
        ("2018-10-28 02:30:00", "Europe/Berlin", datetime(2018, 10, 28, 0, 30)),  # an hour that came twice: the first
        ("2018-04-01 01:45:00", "Australia/Lord_Howe", datetime(2018, 3, 31, 14, 45)),  # half an hour came twice
        ("2011-12-30 12:00:00", "Pacific/Apia", datetime(2011, 12, 30, 22)),  # a whole day was skipped
        ("2024-01-15 12:00:00.250", "UTC", datetime(2024, 1, 15, 12, 0, 0, 250000)),
        ("2024-01-15", "Asia/Kolkata", datetime(2024, 1, 14, 18, 30)),
        ("2024-01-15T12:00:00+02:00", "Europe/Berlin", datetime(2024, 1, 15, 10)),
        ("0000-00-00 00:00:00", "UTC", None),
        ("2024-02-30 00:00:00", "UTC", None),
        ("yesterday", "UTC", None),
        ("", "UTC", None),
        ("0001-01-01 00:00:00", "Asia/Tokyo", None),
        ("2024-01-15 12:00:00", "Mars/Olympus", None),
        ("2024-01-15 12:00:00", "../etc/passwd", None),
    ],
)
def test_local_time_becomes_utc_and_nonsense_becomes_none(text, zone, when):
    assert utc(text, zone) == when


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2018-05-02 02:00:00 CEST", datetime(2018, 5, 2)),
        ("2025-08-01 00:00:00 UTC", datetime(2025, 8, 1)),
        ("2025-08-01T00:00:00Z", datetime(2025, 8, 1)),
        ("2025-08-01 00:00:00 +05:30", datetime(2025, 7, 31, 18, 30)),
        ("2025-08-01 00:00:00 America/New_York", datetime(2025, 8, 1, 4)),
        ("1525219200", datetime(2018, 5, 2)),
        ("2025-08-01 00:00:00", None),
        ("2025-08-01 00:00:00 IST", None),
        ("0", None),
        ("", None),
        ("2025-13-01 00:00:00 UTC", None),
    ],
)
def test_a_time_with_its_zone_becomes_utc_and_ambiguous_zones_stay_unread(text, when):
    assert iana_timestamp(text) == when


@pytest.mark.parametrize(
    ("text", "data_type", "value"),
    [
        ("hello", "string", '"hello"'),
        ("x" * 256, "string", None),
        ("x" * 256, "text", '"' + "x" * 256 + '"'),
        ("42", "integer", "42"),
        ("42.0", "integer", "42"),
        ("42.5", "integer", None),
        ("forty", "integer", None),
        ("1.5", "decimal", "1.5"),
        ("1e400", "decimal", None),
        ("nan", "decimal", None),
        ("1", "boolean", "true"),
        ("No", "boolean", "false"),
        ("maybe", "boolean", None),
        ("2024-05-02 02:00:00", "datetime", '"2024-05-02T02:00:00Z"'),
        ("2024-05-02T02:00:00+02:00", "datetime", '"2024-05-02T00:00:00Z"'),
        ("2024-05-02 02:00:00", "date", '"2024-05-02"'),
        ("soon", "date", None),
        ("High", "list", '"High"'),
        (" ", "string", None),
        ("x", "polygon", None),
    ],
)
def test_a_value_takes_the_type_of_its_attribute_or_does_not_fit(text, data_type, value):
    assert attribute_value(text, data_type) == value


def test_attributes_are_one_sorted_object_without_what_is_empty_or_unfit():
    pairs = [
        {"name": "size", "value": "3", "data_type": "integer"},
        {"name": "asset", "value": "PC-1", "data_type": None},
        {"name": "asset", "value": "PC-2", "data_type": "string"},
        {"name": "empty", "value": "", "data_type": "string"},
        {"name": "unfit", "value": "x", "data_type": "integer"},
        {"name": None, "value": "x", "data_type": "string"},
        None,
    ]
    assert json.loads(attributes(pairs)) == {"asset": "PC-1", "size": 3}
    assert attributes([]) == "{}"
