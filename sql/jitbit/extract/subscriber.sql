-- Grain: one row per ticket and user who follows it.
-- A guess.
select top (@rows)
    coalesce(IssueID, TicketID) as ticket_id,
    UserID as user_id
from dbo.hdIssueSubscribers
where
    coalesce(IssueID, TicketID) > @after_1
    or (coalesce(IssueID, TicketID) = @after_1 and UserID > @after_2)
order by coalesce(IssueID, TicketID), UserID
