-- Grain: one row per value of the source that the mapping decides, with the conversations that bear it as their status.
with counted as (
    select
        source_status,
        count(*) as conversations
    from staging.conversations
    group by source_status
),

final as (
    select
        value.field as decides,
        value.source_value,
        value.target_value,
        coalesce(counted.conversations, 0) as conversations,
        value.left_out as reason
    from mapping.value
    left join counted
        on value.source_value = counted.source_status
)

select * from final
order by decides, source_value
