"""The functions as the SQL files call them."""

import duckdb
import pytest

from hd_assets.staging import functions


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        functions.register(opened)
        yield opened


def value(connection, expression):
    return connection.execute(f"select {expression}").fetchall()[0][0]


def test_every_function_gives_null_for_null(connection):
    rows = connection.execute(
        "select function_name, len(parameters) from duckdb_functions()"
        " where function_name in $names and database_name in ('system', 'temp')",
        {"names": functions.names()},
    ).fetchall()
    assert sorted(name for name, _ in rows) == functions.names()
    for name, count in rows:
        assert value(connection, f"{name}({', '.join(['null'] * count)})") is None


def test_registering_again_changes_nothing_and_survives_a_rollback():
    with duckdb.connect() as connection:
        connection.begin()
        functions.register(connection)
        functions.register(connection)
        connection.rollback()
        functions.register(connection)
        assert value(connection, "html_unescape('1 &amp;lt; 2')") == "1 &lt; 2"


def test_two_connections_of_one_warehouse_share_the_functions(tmp_path):
    with duckdb.connect(tmp_path / "w.duckdb") as first:
        functions.register(first)
        with duckdb.connect(tmp_path / "w.duckdb") as second:
            functions.register(second)
        assert value(first, "slug('A b')") == "a_b"


def test_attributes_are_built_from_a_list_of_rows(connection):
    listed = "attributes(list({'name': n, 'value': v, 'data_type': 'integer'}))"
    [(text,)] = connection.execute(f"select {listed} from (values ('b', '2'), ('a', '1')) t(n, v)").fetchall()
    assert text == '{"a": 1, "b": 2}'


def test_a_stored_text_is_read_by_its_digest_and_nothing_else(connection, tmp_path):
    digest = "ab" * 32
    (tmp_path / digest).write_bytes(b"caf\xc3\xa9 \xff")
    (tmp_path / "secret").write_text("not a digest")
    assert value(connection, f"file_text('{digest}')") is None
    functions.register(connection, tmp_path)
    functions.register(connection)
    assert value(connection, f"file_text('{digest}')") == "café \ufffd"
    assert value(connection, "file_text('secret')") is None
    assert value(connection, f"file_text('{'cd' * 32}')") is None


def test_embedded_pictures_take_the_names_of_their_files(connection):
    names = "[{'cid': 'k', 'name': 'plan.png'}, {'cid': null, 'name': 'x'}]"
    assert value(connection, f"html_text(name_images('<img src=\"cid:k\">', {names}))") == "[image: plan.png]"


@pytest.mark.parametrize(
    ("told", "means"),
    [("true", True), ("1", True), (" Yes ", True), ("✓", True), ("0", False), ("", None), ("x", None)],
)
def test_a_flag_is_read_in_every_form_and_unknown_forms_tell_nothing(connection, told, means):
    assert value(connection, f"flag('{told}')") is means


def test_a_moment_is_equal_whether_told_in_utc_or_on_local_clocks(connection):
    in_utc, local = value(connection, "[moment('2024-03-04T09:15:31.127Z', 'Europe/Berlin'), "
                                      "moment('2024-03-04 10:15:31', 'Europe/Berlin')]")  # fmt: skip
    assert in_utc == local


@pytest.mark.parametrize(
    ("told", "words"),
    [("Blue", "Blue"), ("11", "Blue"), ("11; Red, Ltd", "Blue, Red, Ltd"), ("Red, Ltd", "Red, Ltd"), ("7", "7"),
     ("Red, Ltd|Blue|mauve", "Red, Ltd, Blue, mauve")],
)  # fmt: skip
def test_options_are_told_by_their_words(connection, told, words):
    options = "[{'id': '11', 'text': 'Blue'}, {'id': '12', 'text': 'Red, Ltd'}, {'id': '5', 'text': '7'}]"
    assert value(connection, f"chosen_options('{told}', {options})") == words


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("tickets.php?id=5&amp;a=b", "https://help.example/desk/tickets.php?id=5&amp;a=b"),
        ("../scp/tickets.php?id=5", "https://help.example/desk/scp/tickets.php?id=5"),
        ("/scp/tickets.php?id=5", "https://help.example/scp/tickets.php?id=5"),
        ("//other.example/x", "https://other.example/x"),
        ("pages/UI.php?class=Incident", "https://help.example/desk/pages/UI.php?class=Incident"),
        ("HTTP://other.example/x", "HTTP://other.example/x"),
    ],
)
def test_a_relative_link_leads_below_the_address_of_the_old_system(connection, link, leads):
    functions.register(connection, base="https://help.example/desk")
    source = f'<p>See <a href="{link}">there</a></p>'
    assert value(connection, f"part_html('{source}')") == f'<p>See <a href="{leads}">there</a></p>'
    assert value(connection, f"article_html('{source}')") == f'<p>See <a href="{leads}">there</a></p>'
    assert value(connection, f"html_text('{source}')") == f"See there ({leads.replace('&amp;', '&')})"


@pytest.mark.parametrize(
    "link",
    [
        "%{ticket.link}",
        "%7Burl%7D/tickets.php?id=1",
        "#top",
        "www.other.example/x",
        "other.example",
        "javascript:alert(1)",
        "",
        "http://[x",
    ],
)
def test_what_names_no_page_of_the_old_system_is_no_link_to_it(connection, link):
    functions.register(connection, base="https://help.example/desk")
    text = value(connection, f"html_text('<a href=\"{link}\">there</a>')")
    assert text.startswith("there")
    assert "help.example" not in text


def test_without_an_address_the_text_of_a_relative_link_stays(connection):
    assert value(connection, "part_html('<a href=\"tickets.php?id=5\">there</a>')") == "<p>there</p>"
    assert value(connection, "relative_links('<a href=\"tickets.php?id=5\">there</a>')") == ["tickets.php?id=5"]


def test_another_address_takes_the_place_of_the_first(connection):
    for base in ("https://one.example", "https://two.example/o'k"):
        functions.register(connection, base=base)
        functions.register(connection)
        assert value(connection, "html_text('<a href=\"a.php\">x</a>')") == f"x ({base}/a.php)"
