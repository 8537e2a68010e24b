-- Grain: one row per status.
-- Evidenced: id and name; the flag is a guess.
select top (@rows)
    StatusID as status_id,
    Name as name,
    coalesce(StopTimeSpentCounter, StopTimeSpent, StopTime) as stops_time
from dbo.hdStatus
where StatusID > @after_1
order by StatusID
