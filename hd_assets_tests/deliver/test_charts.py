"""Charts: pictures whose bars are the numbers they were given."""

import re
from datetime import date
from xml.etree import ElementTree

import pytest

from hd_assets.deliver.charts import month_bars, share_bars

SVG = "{http://www.w3.org/2000/svg}"


def picture(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own text


def bars(svg: str) -> list[ElementTree.Element]:
    return [rect for rect in picture(svg).iter(f"{SVG}rect") if rect.get("class") == "bar"]


def test_each_month_has_a_bar_as_high_as_its_count():
    svg = month_bars([(date(2024, 1, 1), 10), (date(2024, 2, 1), 5), (date(2024, 3, 1), 20)], name="tickets")
    heights = [float(bar.get("height")) for bar in bars(svg)]
    assert heights[0] == pytest.approx(2 * heights[1])
    assert heights[2] == pytest.approx(4 * heights[1])


def test_a_month_without_rows_keeps_its_place():
    svg = month_bars([(date(2023, 11, 1), 3), (date(2024, 2, 1), 1)], name="tickets")
    titles = [bar.find(f"{SVG}title").text for bar in bars(svg)]
    assert titles == ["2023-11: 3", "2023-12: 0", "2024-01: 0", "2024-02: 1"]


def test_a_share_is_of_the_total():
    svg = share_bars([("Open", 25), ("Closed", 75)], name="status")
    widths = [float(bar.get("width")) for bar in bars(svg)]
    assert widths[1] == pytest.approx(3 * widths[0])
    assert "25 · 25%" in svg
    assert float(bars(share_bars([("filled", 50)], name="fields", total=200))[0].get("width")) == pytest.approx(
        widths[0]
    )


def test_nothing_to_show_is_no_picture():
    assert month_bars([], name="tickets") == ""
    assert share_bars([], name="status") == ""


def test_counts_of_zero_are_a_picture_without_bars():
    assert {bar.get("height") for bar in bars(month_bars([(date(2024, 1, 1), 0)], name="tickets"))} == {"0.00"}
    assert {bar.get("width") for bar in bars(share_bars([("Open", 0)], name="status"))} == {"0.00"}


def test_labels_cannot_become_markup_and_nothing_is_loaded():
    svg = share_bars([('<script src="//x"></script>' + "é" * 60, 1)], name='a "quoted" <name>')
    assert "<script" not in svg
    assert not re.search(r"href|url\(", svg)
    assert picture(svg).tag == f"{SVG}svg"


def test_a_picture_says_in_words_what_it_shows():
    assert picture(month_bars([(date(2024, 1, 1), 1234)], name="tickets")).get("aria-label") == (
        "tickets: 1,234 from 2024-01 to 2024-01, at most 1,234 a month"
    )
