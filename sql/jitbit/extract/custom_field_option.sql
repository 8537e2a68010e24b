-- Grain: one row per option of a drop-down.
-- A guess after the web API.
select top (@rows)
    OptionID as option_id,
    FieldID as field_id,
    coalesce(OptionText, Text, Name, OptionValue) as text,
    OrderByNumber as order_by_number
from dbo.hdCustomFieldOptions
where OptionID > @after_1
order by OptionID
