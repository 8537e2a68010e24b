-- Grain: one row per category.
-- Evidenced: id, name and section; the rest is a guess after the web API.
select top (@rows)
    CategoryID as category_id,
    Name as name,
    SectionID as section_id,
    ForTechsOnly as for_techs_only,
    FromAddress as from_address,
    OrderByNumber as order_by_number
from dbo.hdCategories
where CategoryID > @after_1
order by CategoryID
