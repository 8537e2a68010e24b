-- Grain: one row per message of the conversations in the thread sample.
with chosen as (
    select
        external_id,
        number,
        intercom_id
    from deliver.sample_review
    where thread_sample
),

final as (
    select
        chosen.number,
        parts.position,
        parts.external_id,
        chosen.intercom_id as conversation_in_intercom,
        parts.created_at,
        parts.author_kind,
        parts.author_name as author,
        case when parts.is_internal then 'internal' else 'public' end as visibility,
        case when parts.is_opening then 'opening' else parts.kind end as arrives_as,
        left(parts.body_text, 200) as beginning,
        length(parts.body_text) as characters,
        '' as author_verdict,
        '' as time_verdict,
        '' as body_verdict,
        '' as visibility_verdict,
        '' as remark
    from chosen
    inner join staging.parts
        on chosen.external_id = parts.conversation
    where parts.origin = 'entry'
)

select * from final
order by number, position, external_id
