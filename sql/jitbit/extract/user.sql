-- Grain: one row per user, agents and customers.
-- Evidenced: the table with id, names, e-mail, company, department, location; the rest is a guess after the web API.
select top (@rows)
    UserID as user_id,
    UserName as username,
    Email as email,
    FirstName as first_name,
    LastName as last_name,
    Phone as phone,
    Location as location,
    Notes as notes,
    CompanyID as company_id,
    DepartmentID as department_id,
    coalesce(IsAdministrator, IsAdmin) as is_admin,
    coalesce(IsTech, IsTechnician) as is_tech,
    IsManager as is_manager,
    coalesce(Disabled, IsDisabled) as disabled,
    SendEmail as send_email,
    Lang as lang,
    LastSeen as last_seen,
    Signature as signature,
    Greeting as greeting
from dbo.hdUsers
where UserID > @after_1
order by UserID
