"""HTML as helpdesks store it → what Intercom may be sent, and readable text."""

import time

import pytest

from hd_assets.staging.html import article_html, html_cids, name_images, part_html
from hd_assets.staging.plain import html_text, is_rich, text_html, visible_text, word_count


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("<p>Hi <strong>you</strong></p>", "<p>Hi <strong>you</strong></p>"),
        ("<div>Hi<div>there</div>you</div>", "<p>Hi</p><p>there</p><p>you</p>"),
        ("<p>One</p><div><br></div><p>A<br><br>B<br></p>", "<p>One</p><p>A<br><br>B</p>"),
        ("<h1>A</h1><h2>B</h2><h5>C</h5>", "<h1>A</h1><h2>B</h2><h2>C</h2>"),
        ('<span style="color:red">r</span><font>f</font>', "<p>rf</p>"),
        ("<b>bold<div>in div</div></b>tail", "<p><b>bold</b></p><p><b>in div</b></p><p>tail</p>"),
        ("<pre>\n  a\n  b</pre>", "<pre>  a\n  b</pre>"),
        ("1 &lt; 2 &amp;&amp; 3", "<p>1 &lt; 2 &amp;&amp; 3</p>"),
        ("no markup at all", "<p>no markup at all</p>"),
        ("", ""),
        ("<p> </p><div></div><ul></ul>", ""),
    ],
)
def test_a_part_holds_paragraphs_headings_and_inline_markup_only(source, part):
    assert part_html(source) == part


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (
            "<table><thead><tr><th>Item</th><th>Sum</th></tr></thead><tr><td>Pen</td><td>2 EUR</td></tr></table>",
            "<p>Item | Sum<br>Pen | 2 EUR</p>",
        ),
        ("<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>after", "<p>a | b</p><p>after</p>"),
        ("<table><tr><td>1</td><td></td><td>2</td></tr></table>", "<p>1 | 2</p>"),
        ("<table><tr><td>a</td><td><ul><li>x</li></ul></td></tr></table>", "<p>a</p><ul><li>x</li></ul>"),
        (
            "<table><tr><td>o1<table><tr><td>i1</td><td>i2</td></tr></table></td><td>o2</td></tr></table>",
            "<p>o1</p><p>i1 | i2 | o2</p>",
        ),
    ],
)
def test_tables_become_lines_whose_cells_stay_apart(source, part):
    assert part_html(source) == part


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("<ul><li>a<ul><li>b</ul>c<li>d</ul>", "<ul><li>a<ul><li>b</li></ul>c</li><li>d</li></ul>"),
        ("<ul><ul><li>deep</ul></ul>", "<ul><li><ul><li>deep</li></ul></li></ul>"),
        ("<ol>stray<li>item</ol>", "<ol><li>stray</li><li>item</li></ol>"),
        ("<li>no list</li><li>at all</li>", "<p>no list</p><p>at all</p>"),
        ("<ul><li><p>one</p><p>two</p></li></ul>", "<ul><li>one<br>two</li></ul>"),
        (
            "<blockquote>a<blockquote>b<blockquote>c</blockquote></blockquote></blockquote>d",
            "<blockquote><p>a</p><blockquote><p>b</p><blockquote><p>c</p></blockquote></blockquote></blockquote><p>d</p>",
        ),
        ("<blockquote><ul><li>x<blockquote>q</blockquote>y</ul>z</blockquote>",
         "<blockquote><ul><li>x<br>q<br>y</li></ul><p>z</p></blockquote>"),
    ],
)  # fmt: skip
def test_lists_and_quotations_nest_properly_however_they_were_written(source, part):
    assert part_html(source) == part


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ('<img src="cid:a1b2" alt="plan.png">', "<p>[image: plan.png]</p>"),
        ('<img src="cid:a1b2">', "<p>[image]</p>"),
        ('<img src="data:image/png;base64,AAAA" alt="dot">', "<p>[image: dot]</p>"),
        ('<img src="/relative.png" title="chart">', "<p>[image: chart]</p>"),
        ('<img src="https://p.example/a" alt="A &amp; B">', '<p><img src="https://p.example/a" alt="A &amp; B"></p>'),
        ('<img src="http://pic.example/a.png">', '<p><a href="http://pic.example/a.png">[image]</a></p>'),
        ('<img src="cid:x" alt="&lt;script&gt;">', "<p>[image: &lt;script&gt;]</p>"),
    ],
)  # fmt: skip
def test_a_picture_nobody_could_fetch_leaves_a_visible_marker(source, part):
    assert part_html(source) == part


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ('<a href="https://a.example/?x=1&amp;y=2">l</a>', '<p><a href="https://a.example/?x=1&amp;y=2">l</a></p>'),
        ('<a href="mailto:ada@mail.example">Ada</a>', '<p><a href="mailto:ada@mail.example">Ada</a></p>'),
        ('<a href="javascript:alert(1)">l</a>', "<p>l</p>"),
        ('<a href="JaVaScRiPt:alert(1)">l</a>', "<p>l</p>"),
        ('<a href="vbscript:x">l</a> <a href="data:text/html,x">m</a>', "<p>l m</p>"),
        ('<a href="/kb/faq.php?id=2">faq</a>', "<p>faq</p>"),
        ('<a href="file://server/share/plan.pdf">plan</a>.', "<p>plan (file://server/share/plan.pdf).</p>"),
        ('<a href="tel:+49123">call</a>', "<p>call (tel:+49123)</p>"),
    ],
)
def test_links_lead_to_web_and_mail_only_and_other_addresses_are_written_out(source, part):
    assert part_html(source) == part


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ('<p>Hallo<o:p></o:p></p><p class="MsoNormal">x<o:p>&nbsp;</o:p></p>', "<p>Hallo</p><p>x&nbsp;</p>"),
        ("<!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]--><p>x</p>", "<p>x</p>"),
        ("<style>p {color: red}</style><script>x()</script><title>t</title><p onclick='y()'>x</p>", "<p>x</p>"),
        ("<svg onload=alert(1)></svg><p>x</p>", "<p>x</p>"),
        ("<p>cut in a tag <a href='https://a.exam", "<p>cut in a tag</p>"),
        ("<p>cut in an entity &nbs", "<p>cut in an entity &amp;nbs</p>"),
        ("<p><b>never closed", "<p><b>never closed</b></p>"),
        ("</div></p>stray ends</b>", "<p>stray ends</p>"),
        ("<noscript><p>shown by mail programs</p></noscript>", "<p>shown by mail programs</p>"),
        ("<p>zero\x00byte \x07bell</p>", "<p>zerobyte bell</p>"),
        ('<p dir="rtl">مرحبا <b>بك</b></p>', "<p>مرحبا <b>بك</b></p>"),
        ("<p>漢字😀👩‍👩‍👧</p>", "<p>漢字😀👩‍👩‍👧</p>"),
    ],
)
def test_what_mail_programs_and_damaged_columns_leave_behind_is_read_as_a_browser_would(source, part):
    assert part_html(source) == part


def test_readable_text_writes_out_links_lists_quotations_tables_and_pictures():
    source = (
        '<h3>Setup</h3><p>See <a href="https://a.example/doc">the <b>guide</b></a> or '
        '<a href="https://b.example">b.example</a>, <a href="mailto:ada@mail.example">ada@mail.example</a>.</p>'
        "<ol><li>one<ul><li>deep</li></ul></li><li>two</li></ol>"
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"
        '<blockquote>said<br>before</blockquote><pre>  x\n   y</pre><img src="cid:1" alt="plan.png">'
    )
    assert html_text(source).splitlines() == [
        "Setup",
        "",
        "See the guide (https://a.example/doc) or b.example, ada@mail.example.",
        "",
        "1. one",
        "  - deep",
        "2. two",
        "",
        "a | b",
        "c | d",
        "",
        "> said",
        "> before",
        "",
        "  x",
        "   y",
        "",
        "[image: plan.png]",
    ]


@pytest.mark.parametrize(
    ("source", "rich"),
    [
        ("<p>plain</p>", False),
        ("<table><tr><td><p>only a frame</p></td></tr></table>", False),
        ("<table><tr><td>a</td><td>b</td></tr></table>", True),
        ('<img src="https://pic.example/a.png">', True),
        ('<img src="cid:1">', True),
        ("<!-- <img src=x> -->text", False),
    ],
)
def test_rich_is_what_plain_text_cannot_carry(source, rich):
    assert is_rich(source) is rich


def test_embedded_pictures_are_found_once_each_and_named_after_their_files():
    source = (
        '<p><img src="cid:k1"><img src="CID:k2" alt="kept"><img src="cid:k1"><img src="https://x.example/p.png"></p>'
    )
    assert html_cids(source) == ["k1", "k2"]
    named = name_images(source, {"k1": 'a"b.png', "k2": "other.png"})
    assert html_text(named) == '[image: a"b.png][image: kept][image: a"b.png][image]'


def test_plain_text_becomes_paragraphs_that_keep_lines_and_indentation():
    assert text_html("Hi <b> & you\n  in\tdented\r\n\r\n\r\nNext") == (
        "<p>Hi &lt;b&gt; &amp; you<br>&nbsp;&nbsp;in&nbsp;&nbsp;&nbsp;&nbsp;dented</p><p>Next</p>"
    )
    assert text_html(" \n\n ") == ""
    assert part_html(text_html("a\n  b\n\nc")) == text_html("a\n  b\n\nc")


def test_the_form_for_comparing_has_every_visible_character_and_one_space_between_words():
    assert visible_text("<p>a<b>b</b>\n c</p><p>d&nbsp;&nbsp;e\u200b\u00ad</p><style>x</style>") == "ab c d e"


def test_an_article_keeps_its_tables_and_levels():
    source = '<h2>A</h2><h6>b</h6><table><tr><td colspan="2">c</td></tr></table><img src="cid:1" alt="p.png">'
    assert article_html(source) == (
        "<h2>A</h2><h4>b</h4><table><tbody><tr><td>c</td></tr></tbody></table>[image: p.png]"
    )
    assert word_count("<p>It's one well-known fact</p>") == 4


def test_very_long_and_very_deep_bodies_take_moments():
    long = "<p>" + "word <b>bold</b> &amp; 漢字 " * 3_000 + "</p>"
    deep = "<div><blockquote>" * 2_000 + "x" + "</blockquote></div>" * 2_000
    wide = "<table>" + "<tr><td>a</td><td>b</td></tr>" * 2_600 + "</table>"
    began = time.perf_counter()
    for body in (long, deep, wide):
        assert visible_text(part_html(body)).replace("| ", "") == visible_text(body)
    assert time.perf_counter() - began < 5
