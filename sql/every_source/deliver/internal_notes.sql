-- Grain: one row per message that is internal in the source, or whose visibility the source does not tell.
with facts as (
    select max(value) filter (where name = 'migration') as migration
    from deliver.fact
),

kept as (
    select
        parts.external_id,
        parts.conversation,
        parts.kind as arrives_as,
        case
            when list_contains(parts.flags, 'note_made_public') then 'made public by the mapping'
            when list_contains(parts.flags, 'unknown_visibility') then 'visibility unknown, so kept internal'
            else 'internal in the source'
        end as reason,
        parts.author_kind,
        parts.author_name,
        parts.created_at,
        length(parts.body_text) as characters
    from staging.parts
    where parts.origin = 'entry' and (parts.is_internal or list_contains(parts.flags, 'note_made_public'))
),

left_out as (
    select
        concat(facts.migration, '-', left_out.source_type, '-', left_out.source_id) as external_id,
        left_out.conversation,
        'not sent' as arrives_as,
        'left out by the mapping' as reason,
        cast(null as varchar) as author_kind,
        cast(null as varchar) as author_name,
        cast(null as timestamp) as created_at,
        cast(null as bigint) as characters
    from staging.left_out
    cross join facts
    where left_out.object = 'parts' and left_out.reason_code = 'internal_note'
),

notes as (
    select * from kept
    union all
    select * from left_out
),

final as (
    select
        notes.external_id,
        conversations.number as conversation_number,
        notes.arrives_as,
        notes.reason,
        notes.author_kind,
        notes.author_name,
        notes.created_at,
        notes.characters
    from notes
    left join staging.conversations
        on notes.conversation = conversations.external_id
)

select * from final
order by conversation_number, created_at, external_id
