-- Grain: one row per asset and ticket.
-- A guess.
select top (@rows)
    coalesce(ItemID, AssetID) as item_id,
    coalesce(IssueID, TicketID) as ticket_id
from dbo.hdAssetIssues
where
    coalesce(ItemID, AssetID) > @after_1
    or (coalesce(ItemID, AssetID) = @after_1 and coalesce(IssueID, TicketID) > @after_2)
order by coalesce(ItemID, AssetID), coalesce(IssueID, TicketID)
