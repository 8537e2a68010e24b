-- Grain: one row per entry of time spent.
-- A guess after the web API.
select top (@rows)
    coalesce(LogEntryID, EntryID, ID) as entry_id,
    coalesce(IssueID, TicketID) as ticket_id,
    UserID as user_id,
    coalesce(TimeSpentInSeconds, TimeSpentSeconds, Seconds) as seconds,
    coalesce(Note, Notes, Comment) as note,
    coalesce(CreatedDate, Created, Date) as created
from dbo.hdTimeSpentLog
where coalesce(LogEntryID, EntryID, ID) > @after_1
order by coalesce(LogEntryID, EntryID, ID)
