-- Grain: one row per value of a field of a user.
-- A guess.
select top (@rows)
    UserID as user_id,
    FieldID as field_id,
    Value as value,
    OptionID as option_id
from dbo.hdUserCustomFieldValues
where
    UserID > @after_1
    or (UserID = @after_1 and FieldID > @after_2)
order by UserID, FieldID
