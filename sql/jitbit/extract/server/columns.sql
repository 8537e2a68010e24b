-- Grain: one row per column of a table; views repeat what tables hold and are left away.
select
    c.TABLE_SCHEMA as schema_name,
    c.TABLE_NAME as table_name,
    c.COLUMN_NAME as column_name,
    c.DATA_TYPE as data_type
from INFORMATION_SCHEMA.COLUMNS as c
inner join INFORMATION_SCHEMA.TABLES as t
    on
        c.TABLE_SCHEMA = t.TABLE_SCHEMA
        and c.TABLE_NAME = t.TABLE_NAME
where t.TABLE_TYPE = 'BASE TABLE'
order by c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION
