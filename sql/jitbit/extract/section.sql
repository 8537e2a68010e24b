-- Grain: one row per group of categories.
-- Evidenced: id and name.
select top (@rows)
    SectionID as section_id,
    Name as name,
    OrderByNumber as order_by_number
from dbo.hdSections
where SectionID > @after_1
order by SectionID
