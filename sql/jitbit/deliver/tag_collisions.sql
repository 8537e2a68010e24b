-- Grain: one row per tag of Jitbit that became one with another.
with used as (
    select
        tag_id,
        count(*) as tickets
    from raw.ticket_tag
    group by tag_id
),

final as (
    select
        left_out.source_id,
        tag.name as written,
        coalesce(survivors.name, 'mark of the migration') as becomes,
        coalesce(used.tickets, 0) as tickets,
        'differs in case or white space only' as reason
    from staging.left_out
    inner join raw.tag
        on left_out.source_id = tag.tag_id
    left join staging.tags as survivors
        on left_out."into" = survivors.external_id
    left join used
        on left_out.source_id = used.tag_id
    where left_out.object = 'tags'
)

select * from final
order by becomes, source_id
