-- Grain: one row per address under which this osTicket was reached.
select distinct rtrim(value, '/') as address
from raw.config
where namespace = 'core' and key = 'helpdesk_url' and value like 'http%'
