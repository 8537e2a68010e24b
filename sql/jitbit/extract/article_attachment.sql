-- Grain: one row per file of an article.
-- A guess after the web API.
select top (@rows)
    ArticleID as article_id,
    coalesce(FileName, Name) as file_name,
    coalesce(FileID, AttachmentID) as file_id,
    coalesce(FileSize, Size) as file_size
from dbo.hdFileAttachments
where ArticleID is not null and coalesce(FileID, AttachmentID) > @after_1
order by coalesce(FileID, AttachmentID)
