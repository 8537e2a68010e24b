-- Grain: one row per pair of linked tickets.
-- A guess.
select top (@rows)
    coalesce(IssueID, TicketID) as ticket_id,
    coalesce(LinkedIssueID, LinkedTicketID, RelatedIssueID) as linked_id
from dbo.hdIssueLinks
where
    coalesce(IssueID, TicketID) > @after_1
    or (coalesce(IssueID, TicketID) = @after_1 and coalesce(LinkedIssueID, LinkedTicketID, RelatedIssueID) > @after_2)
order by coalesce(IssueID, TicketID), coalesce(LinkedIssueID, LinkedTicketID, RelatedIssueID)
