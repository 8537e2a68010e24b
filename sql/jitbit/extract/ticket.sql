-- Grain: one row per ticket.
-- Evidenced: the table and all its columns but IsInKb.
select top (@rows)
    coalesce(IssueID, TicketID) as ticket_id,
    Subject as subject,
    Body as body,
    Priority as priority,
    StatusID as status_id,
    IssueDate as issue_date,
    StartDate as start_date,
    ResolvedDate as resolved_date,
    DueDate as due_date,
    LastUpdated as last_updated,
    CategoryID as category_id,
    UserID as user_id,
    AssignedToUserID as assigned_to_user_id,
    TimeSpentInSeconds as time_spent_seconds,
    Origin as origin,
    IsInKb as is_in_kb,
    UpdatedByUser as updated_by_user,
    UpdatedByPerformer as updated_by_performer,
    UpdatedForTechView as updated_for_tech_view,
    LastUpdatedByUserID as last_updated_by_user_id,
    TimesReopened as times_reopened,
    Rating as rating,
    InstanceID as instance_id
from dbo.hdIssues
where coalesce(IssueID, TicketID) > @after_1
order by coalesce(IssueID, TicketID)
