-- Grain: one row per field and category it is shown in.
-- A guess.
select top (@rows)
    FieldID as field_id,
    CategoryID as category_id
from dbo.hdCustomFieldCategories
where
    FieldID > @after_1
    or (FieldID = @after_1 and CategoryID > @after_2)
order by FieldID, CategoryID
