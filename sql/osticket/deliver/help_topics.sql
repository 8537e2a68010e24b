-- Grain: one row per help topic of osTicket with its tag, and one for tickets without topic.
with topics as (
    select
        source_id,
        name,
        details
    from staging.inventory
    where kind = 'help_topic'
),

parents as (
    select distinct
        topic_id,
        topic_pid
    from raw.help_topic
),

tags_of_conversations as (
    select unnest(tags) as tag
    from staging.conversations
),

tagged as (
    select
        tag,
        count(*) as conversations
    from tags_of_conversations
    group by tag
),

without as (
    select count(distinct ticket_id) as tickets
    from raw.ticket
    where topic_id is null or topic_id not in (select source_id from topics)
),

final as (
    select
        topics.source_id as topic_id,
        parents.topic_pid as parent_id,
        topics.name as topic,
        tags.name as tag,
        cast(json_extract_string(topics.details, '$.tickets') as bigint) as tickets,
        coalesce(tagged.conversations, 0) as tagged_conversations,
        json_extract_string(topics.details, '$.is_public') = 'true' as is_public,
        json_extract_string(topics.details, '$.is_active') = 'true' as is_active,
        json_extract_string(topics.details, '$.department') as department,
        json_extract_string(topics.details, '$.team') as team,
        json_extract_string(topics.details, '$.agent') as agent,
        json_extract_string(topics.details, '$.sla') as sla,
        json_extract_string(topics.details, '$.priority') as priority,
        json_extract_string(topics.details, '$.notes') as notes
    from topics
    left join parents
        on topics.source_id = parents.topic_id
    left join staging.tags
        on topics.source_id = tags.source_id and tags.source_type = 'help_topic'
    left join tagged
        on tags.external_id = tagged.tag
    union all
    select
        '0',
        null,
        '(no topic)',
        null,
        without.tickets,
        0,
        false,
        false,
        null,
        null,
        null,
        null,
        null,
        'e-mails get no topic unless their mailbox has one; no tag'
    from without
    where without.tickets > 0
)

select * from final
order by topic_id = '0', topic, topic_id
