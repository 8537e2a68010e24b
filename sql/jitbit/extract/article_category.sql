-- Grain: one row per category of articles.
-- A guess.
select top (@rows)
    coalesce(CategoryID, KBCategoryID) as category_id,
    Name as name,
    coalesce(ParentID, ParentCategoryID) as parent_id,
    ForTechsOnly as for_techs_only,
    OrderByNumber as order_by_number
from dbo.kbCategories
where coalesce(CategoryID, KBCategoryID) > @after_1
order by coalesce(CategoryID, KBCategoryID)
