"""Every reference inside staging leads to a row. Rows of the window, targets in the whole table."""

from __future__ import annotations

from hd_assets.checks.base import IN_WINDOW, Check, query_check

_PARTS = f"""
    select parts.external_id, 'conversation is not staged'
    from staging.parts
    anti join staging.conversations
        on parts.conversation = conversations.external_id and parts.home_window = conversations.home_window
    where {IN_WINDOW.replace("home_window", "parts.home_window")}
    union all
    select parts.external_id, 'the entry it belongs to is not staged'
    from staging.parts
    anti join (select external_id, conversation from staging.parts) as entries
        on parts.belongs_to = entries.external_id and parts.conversation = entries.conversation
    where parts.belongs_to is not null and parts.belongs_to <> parts.conversation
        and {IN_WINDOW.replace("home_window", "parts.home_window")}
"""

_AUTHORS = f"""
    select external_id, concat('author is no staged ', author_kind)
    from staging.parts
    where author is not null and {IN_WINDOW}
        and not case author_kind
            when 'contact' then author in (select external_id from staging.contacts)
            when 'teammate' then author in (select external_id from staging.teammates)
            else true
        end
    union all
    select external_id, 'written by a contact who was merged away'
    from staging.parts
    where author_kind = 'contact' and {IN_WINDOW}
        and author in (select external_id from staging.contacts where merged_into is not null)
"""

_CONTACTS = f"""
    with used as (
        select external_id, contact, 'contact' as place from staging.conversations where {IN_WINDOW}
        union all
        select external_id, opening_author, 'author of the opening' from staging.conversations where {IN_WINDOW}
        union all
        select external_id, unnest(participants), 'participant' from staging.conversations where {IN_WINDOW}
    )
    select used.external_id, concat(used.place, case when contacts.external_id is null then ' is not staged'
        else ' was merged away' end)
    from used
    left join staging.contacts on used.contact = contacts.external_id
    where contacts.external_id is null or contacts.merged_into is not null
"""

_REFERENCES = f"""
    with used as (
        select * from staging.conversations where {IN_WINDOW}
    ),
    tagged as (
        select external_id, unnest(tags) as tag from used
    )
    select used.external_id, 'assignee is not staged' from used
    anti join staging.teammates on used.assignee = teammates.external_id where used.assignee is not null
    union all
    select used.external_id, 'inbox is not staged or was merged away' from used
    anti join (select * from staging.inboxes where merged_into is null) as inboxes on used.inbox = inboxes.external_id
    where used.inbox is not null
    union all
    select used.external_id, 'company is not staged' from used
    anti join staging.companies on used.company = companies.external_id where used.company is not null
    union all
    select tagged.external_id, 'tag is not staged' from tagged
    anti join staging.tags on tagged.tag = tags.external_id
    union all
    -- The parent may lie in a month that is not staged yet; its home window is known all the same.
    select used.external_id, 'parent is no conversation' from used
    anti join staging.windows on used.parent = windows.conversation where used.parent is not null
"""

_ATTACHMENTS = f"""
    with owners as (
        select external_id from staging.parts
        union all select external_id from staging.conversations
        union all select external_id from staging.articles
        -- A file may hang on an entry that is not migrated itself, such as a superseded version.
        union all
        select concat(option.value, '-', records.source_type, '-', records.source_id)
        from staging.records, mapping.option where option.name = 'migration'
    ),
    used as (
        select * from staging.attachments where {IN_WINDOW}
    )
    select used.external_id, 'owner is neither staged nor a source record' from used
    anti join owners on used.owner = owners.external_id
    union all
    select used.external_id, 'carrier is no part of the conversation' from used
    anti join staging.parts on used.carrier = parts.external_id and used.conversation = parts.conversation
    where used.carrier is not null
    union all
    select external_id, 'is to be sent and has no carrier' from used
    where disposition = 'send' and carrier is null and conversation is not null
    union all
    select external_id, 'is not to be sent and has a carrier' from used
    where disposition <> 'send' and carrier is not null
"""

_COMPANIES = """
    with linked as (
        select external_id, unnest(companies) as company from staging.contacts
    )
    select linked.external_id, 'company is not staged' from linked
    anti join staging.companies on linked.company = companies.external_id
    union all
    select contacts.external_id, 'merged into nobody, or into one merged itself' from staging.contacts
    anti join (select external_id from staging.contacts where merged_into is null) as survivors
        on contacts.merged_into = survivors.external_id
    where contacts.merged_into is not null
"""

_PARENTS = """
    select companies.external_id, 'parent is not staged' from staging.companies
    anti join (select external_id from staging.companies) as parents on companies.parent = parents.external_id
    where companies.parent is not null
"""

_EMAILS = """
    select min(external_id), 'address of several contacts' from staging.contacts
    where merged_into is null and email is not null
    group by email having count(*) > 1
"""

CHECKS: tuple[Check, ...] = (
    query_check(
        "parts_have_conversation",
        "parts",
        "Every part lies in a staged conversation of the same month.",
        _PARTS,
        good="every part has its conversation",
        bad="parts hang in the air",
        windowed=True,
    ),
    query_check(
        "parts_have_author",
        "parts",
        "The author of a part is a staged contact or teammate.",
        _AUTHORS,
        good="every named author is staged",
        bad="parts have an author who is not there",
        windowed=True,
    ),
    query_check(
        "conversations_have_contact",
        "conversations",
        "Requester, author of the opening and participants are staged contacts that were not merged away.",
        _CONTACTS,
        good="every conversation has its contacts",
        bad="references to contacts lead nowhere",
        windowed=True,
    ),
    query_check(
        "conversations_have_references",
        "conversations",
        "Assignee, inbox, company, tags and parent of a conversation exist.",
        _REFERENCES,
        good="every reference leads to a row",
        bad="references lead nowhere",
        windowed=True,
    ),
    query_check(
        "attachments_have_owner",
        "attachments",
        "Every attachment has its owner, and a carrier exactly if it is sent with a conversation.",
        _ATTACHMENTS,
        good="every attachment has owner and carrier",
        bad="attachments lack owner or carrier",
        windowed=True,
    ),
    query_check(
        "contacts_have_companies",
        "contacts",
        "Companies of contacts exist; merged contacts lead to one that was not merged.",
        _COMPANIES,
        good="every contact has its companies",
        bad="references of contacts lead nowhere",
    ),
    query_check(
        "emails_unique",
        "contacts",
        "No two contacts share an address unless one is merged into the other; the target refuses the second.",
        _EMAILS,
        good="every address belongs to one contact",
        bad="addresses belong to several contacts",
    ),
    query_check(
        "companies_have_parent",
        "companies",
        "The parent of a company is a staged company.",
        _PARENTS,
        good="every parent exists",
        bad="companies have a parent that does not exist",
    ),
)
