-- Grain: one row per object of the migration, with how many records it has.
with counted as (
    select
        object,
        count(*) as records
    from staging.records
    group by object
),

final as (
    select
        object.object,
        array_to_string(object.sources, ', ') as source,
        object.fidelity,
        counted.records,
        object.note,
        object.left_out
    from deliver.object
    left join counted
        on object.object = counted.object
    order by object.position
)

select * from final
