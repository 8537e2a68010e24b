-- Grain: one row per custom field.
-- A guess after the web API.
select top (@rows)
    FieldID as field_id,
    coalesce(FieldName, Name) as name,
    coalesce(Type, FieldType) as type,
    UsageType as usage_type,
    Mandatory as mandatory,
    ForTechsOnly as for_techs_only,
    OrderByNumber as order_by_number,
    ShowInGrid as show_in_grid,
    ParentOptionID as parent_option_id
from dbo.hdCustomFields
where FieldID > @after_1
order by FieldID
