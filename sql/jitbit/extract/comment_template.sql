-- Grain: one row per canned response.
-- A guess after the web API.
select top (@rows)
    coalesce(TemplateID, CommentTemplateID, ID) as template_id,
    coalesce(Name, Title, Subject) as name,
    coalesce(Body, Text) as body,
    CategoryID as category_id
from dbo.hdCommentTemplates
where coalesce(TemplateID, CommentTemplateID, ID) > @after_1
order by coalesce(TemplateID, CommentTemplateID, ID)
