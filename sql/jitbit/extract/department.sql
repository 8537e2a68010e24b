-- Grain: one row per department.
-- Evidenced: the table, which is the one proven without prefix.
select top (@rows)
    DepartmentID as department_id,
    Name as name,
    CompanyID as company_id
from dbo.Departments
where DepartmentID > @after_1
order by DepartmentID
