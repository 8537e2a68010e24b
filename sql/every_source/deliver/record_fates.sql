-- Grain: one row per source record an object accounts for, with what became of it.
with fates as (
    select
        object,
        source_type,
        source_id,
        outcome as fate,
        reason_code
    from staging.left_out
    union all
    select
        object,
        source_type,
        source_id,
        'exceptions' as fate,
        min(reason_code) as reason_code
    from staging.exceptions
    where not is_staged
    group by object, source_type, source_id
),

final as (
    select
        records.object,
        records.source_type,
        records.source_id,
        coalesce(fates.fate, 'staged') as fate,
        fates.reason_code,
        records.conversation,
        strftime(windows.home_window, '%Y-%m') as month
    from staging.records
    left join fates
        on
            records.object = fates.object
            and records.source_type = fates.source_type
            and records.source_id = fates.source_id
    left join staging.windows
        on records.conversation = windows.conversation
)

select * from final
order by object, source_type, source_id
