-- Grain: one row per tag.
-- Evidenced.
select top (@rows)
    TagID as tag_id,
    Name as name
from dbo.hdTags
where TagID > @after_1
order by TagID
