-- Grain: one row per attribute of every iTop class with rows, whether it is read or not.
with final as (
    select
        table_name,
        column_name,
        data_type,
        try_cast(row_count as bigint) as table_rows
    from raw.source_column
)

select * from final
