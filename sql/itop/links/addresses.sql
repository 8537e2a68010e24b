-- Grain: one row per address under which this iTop was reached.
select distinct value as address
from raw.source_fact
where name = 'address' and value like 'http%'
