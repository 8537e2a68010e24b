-- Grain: one row per value of a field of a company.
-- A guess.
select top (@rows)
    CompanyID as company_id,
    FieldID as field_id,
    Value as value,
    OptionID as option_id
from dbo.hdCompanyCustomFieldValues
where
    CompanyID > @after_1
    or (CompanyID = @after_1 and FieldID > @after_2)
order by CompanyID, FieldID
