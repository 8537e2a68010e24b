-- Grain: one row per address under which this Jitbit was reached, and the one the mapping names.
select distinct value as address
from raw.source_fact
where name = 'address' and value like 'http%'
union
select value as address
from mapping.option
where name = 'helpdesk_url' and value like 'http%'
