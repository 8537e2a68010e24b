-- Grain: one row per osTicket help topic, and one for the mark every migrated conversation carries.
with recursive
options as (
    select
        max(value) filter (where name = 'migration') as migration,
        coalesce(max(value) filter (where name = 'topics'), 'hierarchical') as topic_names
    from mapping.option
),

topics as (
    select
        topic_id,
        topic_pid,
        topic,
        flags,
        notes
    from raw.help_topic
    qualify row_number() over (partition by topic_id order by updated desc, created desc, topic desc) = 1
),

-- From each topic upwards; a parent seen before ends the walk, because damaged data can hold loops.
climb as (
    select
        topic_id,
        topic_pid as next_id,
        coalesce(nullif(topic, ''), concat('topic ', topic_id)) as label,
        [topic_id] as visited,
        1 as steps
    from topics
    union all
    select
        climb.topic_id,
        topics.topic_pid as next_id,
        concat(topics.topic, ' / ', climb.label) as label,
        list_append(climb.visited, topics.topic_id) as visited,
        climb.steps + 1 as steps
    from climb
    inner join topics
        on climb.next_id = topics.topic_id
    where not list_contains(climb.visited, topics.topic_id)
),

labels as (
    select
        topic_id,
        arg_max(label, steps) as label
    from climb
    group by topic_id
),

final as (
    select
        concat(options.migration, '-help_topic-', topics.topic_id) as external_id,
        'help_topic' as source_type,
        topics.topic_id as source_id,
        md5(concat_ws('|', topics.topic_id, topics.topic_pid, topics.topic, topics.flags)) as source_digest,
        case
            when options.topic_names = 'flat' then coalesce(nullif(topics.topic, ''), labels.label)
            else labels.label
        end as name,
        labels.label as source_label,
        'topic' as kind
    from topics
    cross join options
    inner join labels
        on topics.topic_id = labels.topic_id
    union all
    select
        concat(options.migration, '-tag-migrated') as external_id,
        'tag' as source_type,
        'migrated' as source_id,
        md5('migrated') as source_digest,
        'migrated' as name,
        'migrated' as source_label,
        'migrated' as kind
    from options
)

select * from final
