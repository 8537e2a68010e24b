-- Grain: one row per pair of parent and child.
-- A guess: a table of pairs, or a column of the tickets.
select top (@rows)
    coalesce(ParentIssueID, ParentID) as parent_id,
    coalesce(ChildIssueID, IssueID, TicketID) as child_id
from dbo.hdSubTickets
where
    coalesce(ParentIssueID, ParentID) > @after_1
    or (coalesce(ParentIssueID, ParentID) = @after_1 and coalesce(ChildIssueID, IssueID, TicketID) > @after_2)
order by coalesce(ParentIssueID, ParentID), coalesce(ChildIssueID, IssueID, TicketID)
