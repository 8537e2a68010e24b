-- Grain: one row, what the server is and whether the account could write.
select
    cast(serverproperty('ProductVersion') as nvarchar(128)) as server_version,
    db_name() as database_name,
    has_perms_by_name(db_name(), 'DATABASE', 'INSERT') as may_write
