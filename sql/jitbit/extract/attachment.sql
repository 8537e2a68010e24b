-- Grain: one row per file.
-- A guess: the columns mirror the web API, the table's name was never seen.
select top (@rows)
    coalesce(FileID, AttachmentID) as file_id,
    coalesce(FileName, Name) as file_name,
    coalesce(FileSize, Size) as file_size,
    coalesce(FileHash, Hash) as file_hash,
    coalesce(IssueID, TicketID) as ticket_id,
    CommentID as comment_id,
    ArticleID as article_id,
    coalesce(AssetID, ItemID) as asset_id,
    UserID as user_id,
    ForTechsOnly as for_techs_only,
    HiddenFromKB as hidden_from_kb,
    HiddenFromTickets as hidden_from_tickets,
    GoogleDriveUrl as google_drive_url,
    DropboxUrl as dropbox_url
from dbo.hdFileAttachments
where ArticleID is null and coalesce(FileID, AttachmentID) > @after_1
order by coalesce(FileID, AttachmentID)
