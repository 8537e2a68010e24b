-- Grain: one row per value of a field in a ticket.
-- Evidenced.
select top (@rows)
    coalesce(IssueID, TicketID) as ticket_id,
    FieldID as field_id,
    Value as value,
    OptionID as option_id
from dbo.hdCustomFieldValues
where
    coalesce(IssueID, TicketID) > @after_1
    or (coalesce(IssueID, TicketID) = @after_1 and FieldID > @after_2)
order by coalesce(IssueID, TicketID), FieldID
