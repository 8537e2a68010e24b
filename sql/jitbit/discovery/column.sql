-- Grain: one row per column of every Jitbit table with rows, whether it is read or not.
with final as (
    select
        table_name,
        column_name,
        data_type,
        try_cast(row_count as bigint) as table_rows
    from raw.source_column
)

select * from final
