-- Grain: one row per source column: what it feeds, or why it stays behind.
with tables as (
    select * from mapping.source_table
),

columns as (
    select * from mapping.source_column
),

final as (
    select
        tables.table_name as source_table,
        columns.column_name as source_column,
        case when columns.is_used then tables.object else 'left out' end as feeds,
        coalesce(columns.left_out, tables.left_out) as reason
    from tables
    left join columns
        on tables.table_name = columns.table_name
)

select * from final
order by source_table, feeds = 'left out', source_column
