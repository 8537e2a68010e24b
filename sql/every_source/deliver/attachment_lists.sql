-- Grain: one row per use of a file that is not sent.
with final as (
    select
        attachments.disposition as list,
        attachments.external_id,
        conversations.number as conversation_number,
        attachments.owner,
        attachments.filename,
        attachments.size_bytes,
        case attachments.disposition
            when 'oversize' then 'larger than the limit: upload it by hand, or keep it in the archive; a note names it'
            when 'missing' then 'the source has no bytes for it: look for it in a backup; a note names it'
            else 'bring it into the article or the field by hand'
        end as to_do
    from staging.attachments
    left join staging.conversations
        on attachments.conversation = conversations.external_id
    where attachments.disposition <> 'send'
)

select * from final
order by list, external_id
