-- Grain: one row per ticket and tag.
-- Evidenced.
select top (@rows)
    coalesce(IssueID, TicketID) as ticket_id,
    TagID as tag_id
from dbo.hdIssueTags
where
    coalesce(IssueID, TicketID) > @after_1
    or (coalesce(IssueID, TicketID) = @after_1 and TagID > @after_2)
order by coalesce(IssueID, TicketID), TagID
