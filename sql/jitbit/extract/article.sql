-- Grain: one row per article.
-- A guess after the web API.
select top (@rows)
    ArticleID as article_id,
    coalesce(Subject, Title) as subject,
    Body as body,
    ForTechsOnly as for_techs_only,
    CategoryID as category_id,
    coalesce(UrlId, Slug) as url_id,
    coalesce(DateCreated, CreatedDate) as date_created,
    LastUpdated as last_updated,
    coalesce(UserID, AuthorID) as user_id,
    coalesce(Tags, TagString) as tags
from dbo.kbArticles
where ArticleID > @after_1
order by ArticleID
