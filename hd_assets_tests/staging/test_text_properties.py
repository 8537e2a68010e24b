"""What holds for any HTML, however broken: nothing visible is lost, nothing active is left, twice is once."""

import html
import re

import nh3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hd_assets.staging.html import article_html, part_html
from hd_assets.staging.plain import html_text, part_text, text_html, visible_plain, visible_text

WORDS = st.text(alphabet="abcXYZ019 \n\té漢字اב😀&<>\"'​\u00a0", max_size=12)
TAGS = [
    "p",
    "div",
    "span",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "a",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h6",
    "pre",
    "code",
    "blockquote",
    "table",
    "tbody",
    "tr",
    "td",
    "th",
    "br",
    "hr",
    "font",
    "center",
    "o:p",
    "dl",
    "dt",
    "dd",
    "img",
    "section",
    "noscript",
]
OPEN = st.sampled_from(TAGS).map(lambda tag: f"<{tag}>")
CLOSE = st.sampled_from(TAGS).map(lambda tag: f"</{tag}>")
LINK = st.sampled_from(["https://a.example/x?y=1&z=2", "mailto:ada@mail.example", "/relative", "#here"]).map(
    lambda url: f'<a href="{html.escape(url)}">'
)
HOSTILE = st.sampled_from(
    [
        "<script>stolen()</script>",
        "<style>p{}</style>",
        '<p onclick="stolen()">',
        '<a href="javascript:stolen()">',
        '<img src="x" onerror="stolen()">',
        "<!-- hidden -->",
        "<![if !mso]>",
        '<svg onload="stolen()"></svg>',
        '<iframe src="https://evil.example"></iframe>',
    ]
)
PIECES = st.lists(st.one_of(WORDS.map(html.escape), OPEN, CLOSE, LINK), max_size=25).map("".join)
BROKEN = st.lists(st.one_of(WORDS, OPEN, CLOSE, LINK, HOSTILE), max_size=25).map("".join)
FAST = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def seen(source: str) -> str:
    """Visible characters, judged without the code under test; white space and what we add ourselves set aside."""
    bare = re.sub(r"</?noscript>", "", source)
    text = html.unescape(re.sub(r"<[^>]*>", "", nh3.clean(bare, tags=set(), attributes={}, link_rel=None)))
    return re.sub(r"[\s|\x00-\x1f\x7f]|\[image\]", "", text)


@FAST
@given(PIECES)
def test_a_part_shows_exactly_the_visible_characters_of_its_source(source):
    assert seen(part_html(source)) == seen(source)


@FAST
@given(BROKEN)
def test_broken_and_hostile_html_loses_no_visible_character_either(source):
    assert seen(part_html(source)) == seen(source)


@FAST
@given(BROKEN)
def test_an_article_shows_the_visible_characters_of_its_source(source):
    assert seen(article_html(source)) == seen(source)


@FAST
@given(BROKEN)
def test_rewriting_twice_changes_nothing(source):
    once = part_html(source)
    assert part_html(once) == once


@FAST
@given(BROKEN)
def test_nothing_active_is_left(source):
    for rewritten in (part_html(source), article_html(source)):
        assert not re.search(r"<(script|style|iframe|svg)|<[^>]+\son\w+=|javascript:", rewritten, re.IGNORECASE)


@FAST
@given(BROKEN)
def test_the_text_of_a_part_is_the_text_of_its_source(source):
    assert html_text(part_html(source)) == html_text(source) == part_text(part_html(source))


@FAST
@given(st.text(alphabet="abc \n\t  é漢😀&<>\"'", max_size=60))
def test_plain_text_keeps_every_character_as_html(text):
    assert visible_text(text_html(text)) == visible_plain(text)
    assert visible_plain(html_text(text_html(text))) == visible_plain(text)
    assert part_html(text_html(text)) == text_html(text)


@FAST
@given(st.text(max_size=80))
def test_no_text_whatever_raises(text):
    part_html(text), article_html(text), html_text(text), visible_text(text), text_html(text)
