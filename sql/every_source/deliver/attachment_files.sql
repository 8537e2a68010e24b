-- Grain: one row per use of a file by a message, a field or an article.
with final as (
    select
        attachments.external_id,
        attachments.disposition,
        conversations.number as conversation_number,
        attachments.conversation,
        attachments.owner,
        attachments.filename,
        attachments.content_type,
        attachments.size_bytes,
        attachments.is_inline,
        attachments.sha256
    from staging.attachments
    left join staging.conversations
        on attachments.conversation = conversations.external_id
)

select * from final
order by disposition, external_id
