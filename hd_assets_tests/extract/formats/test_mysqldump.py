"""What a dump may look like, and what is no dump."""

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from hd_assets.errors import SourceError, UsageError
from hd_assets.extract.formats import textbuffer
from hd_assets.extract.formats.mysqldump import DumpReader, Value

HEADER = (
    "-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n--\n"
    "-- Host: localhost    Database: shop\n-- Server version\t10.11.6\n"
)
END = "\n-- Dump completed on 2024-01-01  1:00:00\n"
TABLE = """
CREATE TABLE `t` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT COMMENT 'odd (comment), with `ticks`',
  `kind` enum('a,b','c)d','it''s') DEFAULT 'a,b',
  `body` text DEFAULT NULL,
  `data` longblob DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `kind` (`kind`(2)),
  CONSTRAINT `c` CHECK (`id` > 0)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb3;
"""


def write(folder: Path, text: str | bytes, name: str = "dump.sql") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def dump(folder: Path, inserts: str | bytes, table: str = TABLE) -> Path:
    middle = inserts if isinstance(inserts, bytes) else inserts.encode()
    return write(folder, HEADER.encode() + table.encode() + middle + END.encode())


def rows(path: Path, *columns: str, database: str | None = None) -> list[tuple[Value, ...]]:
    reader = DumpReader(path, database)
    return [row for batch in reader.batches(lambda table: columns or table.column_names) for row in batch.rows]


def test_a_definition_gives_columns_with_types_and_no_keys(tmp_path):
    reader = DumpReader(dump(tmp_path, ""))
    assert list(reader.batches(lambda table: None)) == []
    assert reader.facts.tables["t"].columns == (
        ("id", "int(11) unsigned"),
        ("kind", "enum('a,b','c)d','it''s')"),
        ("body", "text"),
        ("data", "longblob"),
    )
    assert reader.facts.tables["t"].engine == "InnoDB"
    assert (reader.facts.server_version, reader.facts.database) == ("10.11.6", "shop")
    assert reader.facts.warnings == []


def test_values_come_out_as_the_server_would_print_them(tmp_path):
    text = r"""INSERT INTO `t` VALUES (1,'a,b','it\'s \"x\" \\ \0 \n \r \Z \t \% ''twice''',0x00FF41),(2,NULL,'',''),
(-3,'c)d','multi
line; -- no comment /* nor this',_binary 'raw\0\'byte'),
(1.5e3,'x',X'4142',x'');"""
    assert rows(dump(tmp_path, text)) == [
        ("1", "a,b", "it's \"x\" \\ \0 \n \r \x1a \t % 'twice'", b"\x00\xffA"),
        ("2", None, "", b""),
        ("-3", "c)d", "multi\nline; -- no comment /* nor this", b"raw\0'byte"),
        ("1.5e3", "x", "AB", b""),
    ]


def test_only_selected_columns_are_given_and_all_rows_are_counted(tmp_path):
    reader = DumpReader(dump(tmp_path, "INSERT INTO `t` VALUES (1,'a','b',''),(2,'a','c','');"))
    assert [batch.rows for batch in reader.batches(lambda table: ["body"])] == [[("b",), ("c",)]]
    assert reader.facts.tables["t"].rows == 2
    reader = DumpReader(tmp_path / "dump.sql")
    assert list(reader.batches(lambda table: None)) == []
    assert reader.facts.tables["t"].rows == 2


def test_an_insert_may_list_its_columns_in_another_order(tmp_path):
    text = (
        "INSERT  IGNORE INTO `t` (`body`, `data`,id, `kind`) VALUES\n  ('x', '', 7, 'a') ,\n  ('y' , NULL, 8, 'b')\n;"
    )
    assert rows(dump(tmp_path, text), "id", "body") == [("7", "x"), ("8", "y")]


@pytest.mark.parametrize("first_read", [7, 64, 1000])
def test_values_larger_than_any_read_are_whole(tmp_path, monkeypatch, first_read):
    monkeypatch.setattr(textbuffer, "FIRST_READ", first_read)
    long = "x'y\\z;\n" * 2000
    literal = long.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    path = dump(tmp_path, f"INSERT INTO `t` VALUES (1,'a','{literal}',0x{b'ab'.hex() * 3000}),(2,'b','end',NULL);")
    assert rows(path, "id", "body", "data") == [("1", long, b"ab" * 3000), ("2", "end", None)]


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_ends_of_both_kinds_are_read(tmp_path, ending):
    text = HEADER + TABLE + "INSERT INTO `t` VALUES\n(1,'a','b',NULL),\n(2,'a','b',NULL);\n" + END
    assert len(rows(write(tmp_path, text.replace("\n", ending)))) == 2


def test_compression_is_told_by_content_not_by_name(tmp_path):
    plain = dump(tmp_path, "INSERT INTO `t` VALUES (1,'a','b',NULL);").read_bytes()
    for number, packed in enumerate((gzip.compress(plain), bz2.compress(plain), lzma.compress(plain))):
        assert rows(write(tmp_path, packed, f"{number}.sql"), "id") == [("1",)]


def test_special_comments_views_triggers_and_sandbox_line_are_passed_over(tmp_path):
    text = (
        "/*M!999999\\- enable the sandbox mode */ \n"
        + HEADER
        + "/*!40101 SET NAMES utf8mb4 */;\nSET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1-2';\n"
        + "/*!50001 CREATE VIEW `v` AS SELECT\n 1 AS `x` */;\n"
        + "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\n"
        + TABLE
        + "/*!40000 ALTER TABLE `t` DISABLE KEYS */;\nINSERT INTO `t` VALUES (1,'a','b',NULL);\n"
        + "DELIMITER ;;\n/*!50003 CREATE*/ /*!50003 TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN\n"
        + "INSERT INTO `t` VALUES (9,'it''s','b',NULL); END */;;\nDELIMITER ;\n"
        + "INSERT INTO `t` VALUES (2,'a','b',NULL);\n"
        + END
    )
    assert rows(write(tmp_path, text), "id") == [("1",), ("2",)]


def test_bytes_that_are_not_text_are_replaced_and_counted(tmp_path):
    reader = DumpReader(
        dump(tmp_path, b"INSERT INTO `t` VALUES (1,'a','bad \xff',NULL),(2,'a','Gr\xc3\xbc\xc3\x9fe',NULL);")
    )
    (batch,) = reader.batches(lambda table: ["body"])
    assert batch.rows == [("bad �",), ("Grüße",)]
    assert reader.facts.warnings == ["t.body: 1 values hold bytes that are not valid text; shown as U+FFFD"]


def test_a_dump_in_latin1_is_decoded_and_other_sets_are_refused(tmp_path):
    text = b"/*!40101 SET NAMES latin1 */;\nINSERT INTO `t` VALUES (1,'a','Gr\xfc\xdfe \x80',NULL);"
    assert rows(dump(tmp_path, text), "body") == [("Grüße €",)]
    with pytest.raises(SourceError, match=r"character set sjis.*\n.*\n.*--default-character-set=utf8mb4"):
        rows(dump(tmp_path, "/*!40101 SET NAMES sjis */;\n"))


def test_a_php_my_admin_export_is_read_with_a_warning(tmp_path):
    text = (
        '-- phpMyAdmin SQL Dump\n-- version 5.2.1\nSET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";\nSTART TRANSACTION;\n'
        "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  `body` text\n) ENGINE=InnoDB;\n"
        "INSERT INTO `t` (`id`, `body`) VALUES\n(1, 'a'),\n(2, 'b');\n"
        "ALTER TABLE `t`\n  ADD PRIMARY KEY (`id`);\nCOMMIT;\n"
    )
    reader = DumpReader(write(tmp_path, text))
    assert sum(len(batch.rows) for batch in reader.batches(lambda table: ["id"])) == 2
    assert "no completion line" in reader.facts.warnings[0]


def test_every_cut_of_a_dump_is_noticed(tmp_path):
    whole = dump(tmp_path, "INSERT INTO `t` VALUES (1,'a;b','b',0x41),(2,'a','it\\'s',NULL);").read_bytes()
    for length in range(len(HEADER), len(whole) - len(END.rstrip())):
        with pytest.raises(SourceError, match=r"(?s)cut off.*line \d+, byte \d+.*dump again"):
            rows(write(tmp_path, whole[:length], "cut.sql"))


def test_a_cut_or_damaged_archive_is_noticed(tmp_path):
    packed = gzip.compress(dump(tmp_path, "INSERT INTO `t` VALUES (1,'a','b',NULL);").read_bytes() * 1)
    with pytest.raises(SourceError, match="cut off"):
        rows(write(tmp_path, packed[:-20], "cut.gz"))
    with pytest.raises(SourceError, match="cannot be read"):
        rows(write(tmp_path, packed[:60] + b"\xff" * 40 + packed[100:], "bad.gz"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"--\n-- PostgreSQL database dump\n--\nSET statement_timeout = 0;\nCOPY public.t (id) FROM stdin;\n1\n\\.\n",
        b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n",
        b"Ticket Number,Date Created\n1,2024-01-01\n",
        b'"Ticket Number","Date Created"\n',
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b'<?xml version="1.0"?><mysqldump/>',
    ],
)
def test_another_kind_of_file_is_refused(tmp_path, content):
    with pytest.raises(SourceError, match=r"(?s)not a MySQL or MariaDB dump.*mysqldump"):
        rows(write(tmp_path, content))


def test_other_archives_and_utf16_are_refused_with_the_way_out(tmp_path):
    with pytest.raises(SourceError, match="unzip"):
        rows(write(tmp_path, b"PK\x03\x04..."))
    with pytest.raises(SourceError, match="--result-file"):
        rows(write(tmp_path, (HEADER + END).encode("utf-16")))


def test_messages_of_the_dump_program_inside_the_file(tmp_path):
    text = HEADER + TABLE + END
    reader = DumpReader(write(tmp_path, "mysqldump: [Warning] Using a password can be insecure.\n" + text))
    assert list(reader.batches(lambda table: None)) == []
    assert len(reader.facts.warnings) == 1
    with pytest.raises(SourceError, match="error message"):
        rows(write(tmp_path, HEADER + TABLE + "mysqldump: Error 2013: Lost connection\n"))


@pytest.mark.parametrize(
    ("inserts", "what"),
    [
        ("INSERT INTO `t` VALUES (1,'a','b');", "as many values"),
        ("INSERT INTO `t` VALUES (1,'a','b',NULL,5);", "as many values"),
        ("INSERT INTO `t` VALUES (1,'a',now(),NULL);" + " " * 100, "cannot be read"),
        ("INSERT INTO `other` VALUES (1);", "without a definition"),
        ("DELETE FROM `t`;", "does not contain"),
        (TABLE, "defined twice"),
    ],
)
def test_damage_is_named_with_its_line(tmp_path, inserts, what):
    with pytest.raises(SourceError, match=rf"(?s){what}.*line \d+"):
        rows(dump(tmp_path, inserts))


def test_several_databases_are_a_question(tmp_path):
    text = HEADER + "".join(
        f"USE `{name}`;\n{TABLE}INSERT INTO `t` VALUES ({number},'a','b',NULL);\n"
        for number, name in enumerate(("one", "two"))
    )
    path = write(tmp_path, text + END)
    with pytest.raises(UsageError, match="one, two"):
        rows(path)
    assert rows(path, "id", database="two") == [("1",)]
    assert rows(path, "id", database="one") == [("0",)]
    with pytest.raises(UsageError, match="three"):
        rows(path, database="three")
