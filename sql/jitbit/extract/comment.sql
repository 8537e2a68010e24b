-- Grain: one row per comment, system entries among them.
-- Evidenced: the table with ticket, user, date and both flags; id and body are certain by the web API.
select top (@rows)
    coalesce(CommentID, ID) as comment_id,
    coalesce(IssueID, TicketID) as ticket_id,
    UserID as user_id,
    CommentDate as comment_date,
    Body as body,
    IsSystem as is_system,
    ForTechsOnly as for_techs_only,
    Recipients as recipients
from dbo.hdComments
where coalesce(CommentID, ID) > @after_1
order by coalesce(CommentID, ID)
