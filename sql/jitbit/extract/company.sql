-- Grain: one row per company.
-- Evidenced: id and name; the rest is a guess after the web API.
select top (@rows)
    CompanyID as company_id,
    coalesce(Name, CompanyName) as name,
    EmailDomain as email_domain,
    coalesce(Notes, CompanyNotes) as notes
from dbo.hdCompanies
where CompanyID > @after_1
order by CompanyID
