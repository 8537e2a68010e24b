"""Conversations read as they were written: order, times, visibility, text."""

from __future__ import annotations

from datetime import UTC, timedelta

from hd_assets.checks.base import IN_WINDOW, Check, CheckContext, Verdict, query_check, verdict
from hd_assets.partitions import Window
from hd_assets.warehouse import Connection

_ORDER = f"""
    with placed as (
        select
            *,
            row_number() over (partition by conversation order by position, external_id) - 1 as place,
            lag(sent_at) over (partition by conversation order by position, external_id) as sent_before,
            max(created_at) filter (where origin = 'entry') over (
                partition by conversation order by position, external_id
                rows between unbounded preceding and 1 preceding
            ) as created_before
        from staging.parts where {IN_WINDOW}
    )
    select external_id, 'position leaves a gap or is taken twice' from placed where position <> place
    union all
    select external_id, 'sent less than a second after the part before' from placed
    where sent_at < sent_before + interval 1 second
    union all
    select external_id, 'entry stands after a later one' from placed
    where origin = 'entry' and created_at < created_before
    union all
    select external_id, 'sent before it was written' from placed where sent_at < date_trunc('second', created_at)
    union all
    select external_id, 'sent_at has fractions of a second' from placed where sent_at <> date_trunc('second', sent_at)
    union all
    select placed.external_id, 'sent before its conversation begins' from placed
    inner join staging.conversations on placed.conversation = conversations.external_id
    where placed.sent_at < conversations.opening_at
    union all
    select external_id, 'is an opening that is not the first part' from placed where is_opening and position <> 0
    union all
    select conversations.external_id, 'opening part is not its first part' from staging.conversations
    left join placed on conversations.opening_part = placed.external_id and placed.is_opening
        and placed.conversation = conversations.external_id
    where {IN_WINDOW.replace("home_window", "conversations.home_window")}
        and conversations.opening_part is not null and placed.external_id is null
    union all
    select placed.external_id, 'is an opening its conversation does not know' from placed
    left join staging.conversations on placed.external_id = conversations.opening_part
    where placed.is_opening and conversations.external_id is null
"""

_INTERNAL = f"""
    with parts as (
        select * from staging.parts where {IN_WINDOW}
    )
    select external_id, 'internal but a comment' from parts where is_internal and kind <> 'note'
    union all
    select external_id, 'internal but the opening' from parts where is_opening and (is_internal or kind = 'note')
    union all
    select parts.external_id, 'belongs to an internal entry but is a comment' from parts
    inner join staging.parts as entries on parts.belongs_to = entries.external_id
    where entries.kind = 'note' and parts.kind = 'comment'
    union all
    select external_id, concat('made by the migration as ', origin, ' but a comment') from parts
    where kind = 'comment' and origin in ('unsent_files', 'long_fields', 'merged', 'task', 'history')
    union all
    select attachments.external_id, 'file of an internal entry on a comment' from staging.attachments
    inner join staging.parts as owners on attachments.owner = owners.external_id and owners.kind = 'note'
    inner join staging.parts as carriers on attachments.carrier = carriers.external_id and carriers.kind = 'comment'
    where {IN_WINDOW.replace("home_window", "attachments.home_window")}
"""

# After sanitising, every `<` in a body opens a tag: whatever these find is markup, never a text about markup.
_ACTIVE = (
    "regexp_matches({body}, '(?i)<\\s*(script|style|iframe|object|embed|svg|meta|link|form)\\b')"
    " or regexp_matches({body}, '(?i)<[^>]*\\s(on[a-z]+\\s*=|(href|src)\\s*=\\s*\"?\\s*(javascript|vbscript|data):)')"
)

_HTML = f"""
    with bodies as (
        select external_id, body_html as html from staging.parts where {IN_WINDOW}
        union all
        select external_id, opening_html from staging.conversations where opening_html is not null and {IN_WINDOW}
    )
    select external_id, 'not as the sanitiser leaves it' from bodies where part_html(html) <> html
    union all
    select external_id, 'active content' from bodies where {_ACTIVE.format(body="html")}
"""

_ARTICLE_HTML = f"""
    select external_id, 'not as the sanitiser leaves it' from staging.articles
    where article_html(body_html) <> body_html
    union all
    select external_id, 'active content' from staging.articles where {_ACTIVE.format(body="body_html")}
"""

# Letters only: white space differs by form, and markers of pictures name the file in one form and not in the other.
_BARE = "regexp_replace(visible_plain({text}), '\\s|\\[image[^\\]]*\\]', '', 'g')"

# The bodies are sanitised, as `html_safe` proves, so the quick renderer serves; what it finds is looked at again.
_TEXT = f"""
    with parts as (
        select
            external_id,
            body_html,
            {_BARE.format(text="body_text")} as told,
            {_BARE.format(text="part_text(body_html)")} as readable
        from staging.parts where {IN_WINDOW}
    ),
    differing as materialized (
        select * from parts where told <> readable
    ),
    openings as (
        select
            external_id,
            {_BARE.format(text="opening_text")} as told,
            {_BARE.format(text="part_text(opening_html)")} as readable
        from staging.conversations where opening_html is not null and {IN_WINDOW}
    )
    select external_id, 'text and HTML of a part differ' from differing
    where told <> {_BARE.format(text="visible_text(body_html)")}
    union all
    select external_id, 'the opening lacks text of its HTML' from openings where not contains(told, readable)
    union all
    select external_id, 'nothing to show' from parts
    where told = '' and readable = '' and not contains(body_html, '<img') and not contains(body_html, '[image')
        and external_id not in (select carrier from staging.attachments where carrier is not null)
"""

_TITLES = f"""
    select external_id, 'no title' from staging.conversations where trim(title) = '' and {IN_WINDOW}
    union all
    select external_id, 'no opening text' from staging.conversations where trim(opening_text) = '' and {IN_WINDOW}
"""

_ARTICLE_TITLES = """
    select external_id, 'no title' from staging.articles where trim(title) = ''
    union all
    select external_id, 'no collection' from staging.articles where len(collection_path) = 0
"""

_TIMES = f"""
    with dated as (
        select external_id, created_at, flags from staging.conversations where {IN_WINDOW}
        union all
        select external_id, created_at, flags from staging.parts where {IN_WINDOW}
    )
    select external_id, case when created_at > $latest then 'in the future' else 'before 1990' end
    from dated
    where (created_at > $latest or created_at < timestamp '1990-01-01')
        and len(list_filter(flags, lambda flag: contains(flag, 'date'))) = 0
    union all
    select external_id, 'opening in the future' from staging.conversations where opening_at > $latest and {IN_WINDOW}
    union all
    select external_id, 'sent in the future' from staging.parts where sent_at > $latest and {IN_WINDOW}
"""


def _times_sane(connection: Connection, window: Window, context: CheckContext) -> Verdict:
    # A day of grace: the clock of the source need not agree with ours.
    latest = context.as_of.astimezone(UTC).replace(tzinfo=None) + timedelta(days=1)
    rows = connection.execute(_TIMES, {"latest": latest, **window.parameters}).fetchall()
    return verdict(rows, good="every time lies between 1990 and now", bad="times cannot be", windowed=True)


CHECKS: tuple[Check, ...] = (
    query_check(
        "parts_in_order",
        "parts",
        "Positions have no gap, entries keep the order of their times, sent_at grows by a second at least.",
        _ORDER,
        good="every thread is in order",
        bad="places in threads are wrong",
        windowed=True,
    ),
    query_check(
        "internal_stays_internal",
        "parts",
        "Nothing internal is a comment, opens a conversation or hangs its file on a comment.",
        _INTERNAL,
        good="nothing internal can be seen by a customer",
        bad="internal matters would be seen by customers",
        windowed=True,
    ),
    query_check(
        "html_safe",
        "parts",
        "Sanitising a body again changes nothing; no active content.",
        _HTML,
        good="every body is sanitised",
        bad="bodies are not safe",
        windowed=True,
    ),
    query_check(
        "html_safe",
        "articles",
        "Sanitising an article again changes nothing; no active content.",
        _ARTICLE_HTML,
        good="every article is sanitised",
        bad="articles are not safe",
    ),
    query_check(
        "no_visible_text_lost",
        "parts",
        "The HTML of a part shows its text, and the opening shows the text of its HTML.",
        _TEXT,
        good="every visible character is there",
        bad="bodies lost text",
        windowed=True,
    ),
    query_check(
        "titles_present",
        "conversations",
        "Every conversation has a title and an opening text.",
        _TITLES,
        good="every conversation has a title",
        bad="titles or openings are empty",
        windowed=True,
    ),
    query_check(
        "titles_present",
        "articles",
        "Every article has a title and lies in a collection.",
        _ARTICLE_TITLES,
        good="every article has a title",
        bad="titles or collections are missing",
    ),
    Check(
        "times_sane",
        "conversations",
        "Times lie between 1990 and now unless the row is flagged; nothing is sent with a time to come.",
        _times_sane,
    ),
)
