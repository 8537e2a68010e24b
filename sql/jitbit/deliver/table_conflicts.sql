-- Grain: one row per column of a record that two tables of the database tell differently; values stand as digests.
with final as (
    select
        entity,
        row_key,
        column_name,
        kept_table,
        kept_digest,
        other_table,
        other_digest,
        'the prefixed table was taken; say if the other one is right' as to_do
    from raw.table_conflict
)

select * from final
order by entity, row_key, column_name
