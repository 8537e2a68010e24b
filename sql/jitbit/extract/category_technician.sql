-- Grain: one row per category and agent who may be assigned in it.
-- A guess.
select top (@rows)
    CategoryID as category_id,
    UserID as user_id
from dbo.hdCategoryTechs
where
    CategoryID > @after_1
    or (CategoryID = @after_1 and UserID > @after_2)
order by CategoryID, UserID
