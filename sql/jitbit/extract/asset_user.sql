-- Grain: one row per asset and user who has it.
-- A guess.
select top (@rows)
    coalesce(ItemID, AssetID) as item_id,
    UserID as user_id
from dbo.hdAssetUsers
where
    coalesce(ItemID, AssetID) > @after_1
    or (coalesce(ItemID, AssetID) = @after_1 and UserID > @after_2)
order by coalesce(ItemID, AssetID), UserID
