-- Grain: one row, 1 where the database allows readings that see one moment only.
select d.snapshot_isolation_state as is_allowed
from sys.databases as d
where d.name = db_name()
