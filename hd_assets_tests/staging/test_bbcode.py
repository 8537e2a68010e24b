"""BBCode of old articles as HTML."""

import pytest

from hd_assets.staging.bbcode import bbcode_html


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("no tags [here] at all", "no tags [here] at all"),
        ("[b]bold[/b] and [I]slanted[/I]", "<b>bold</b> and <i>slanted</i>"),
        ("[b]one [b]two[/b][/b]", "<b>one <b>two</b></b>"),
        ("[url=https://x.example/a?b=1]there[/url]", '<a href="https://x.example/a?b=1">there</a>'),
        ("[url]https://x.example[/url]", '<a href="https://x.example">https://x.example</a>'),
        ("[img]/File/Get?id=5[/img]", '<img src="/File/Get?id=5">'),
        ("[list][*]one[*]two[list=1][*]deep[/list][/list]",
         "<ul><li>one</li><li>two<ol><li>deep</li></ol></li></ul>"),
        ("[quote=Ann]hers[/quote]", "<blockquote>hers</blockquote>"),
        ("[size=4][color=red]loud[/color][/size]", "loud"),
        ("[code][b]x[/b]\n[/code]", "<pre><code>[b]x[/b]</code></pre>"),
        ("[b]a\nb[/b]", "<b>a<br>b</b>"),
        ("<p>[b]x[/b]\n</p>", "<p><b>x</b>\n</p>"),
    ],
)  # fmt: skip
def test_known_tags_become_elements(written, shown):
    assert bbcode_html(written) == shown


@pytest.mark.parametrize("written", ["[b]open", "[/url] alone", "[url=javascript:alert(1)]x[/url]"])
def test_what_is_half_or_unsafe_stays_visible_as_written(written):
    assert bbcode_html(written) == written
