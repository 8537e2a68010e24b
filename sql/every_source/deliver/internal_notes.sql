-- Grain: one row per message that is internal in the source, or whose visibility the source does not tell.
with final as (
    select
        parts.external_id,
        conversations.number as conversation_number,
        parts.kind as arrives_as,
        case
            when list_contains(parts.flags, 'unknown_visibility') then 'visibility unknown, so kept internal'
            else 'internal in the source'
        end as reason,
        parts.author_kind,
        parts.author_name,
        parts.created_at,
        length(parts.body_text) as characters
    from staging.parts
    left join staging.conversations
        on parts.conversation = conversations.external_id
    where parts.is_internal and parts.origin = 'entry'
)

select * from final
order by conversation_number, created_at, external_id
