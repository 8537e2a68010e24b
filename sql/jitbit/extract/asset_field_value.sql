-- Grain: one row per value of a field of an asset.
-- A guess.
select top (@rows)
    coalesce(ItemID, AssetID) as item_id,
    FieldID as field_id,
    Value as value
from dbo.hdAssetFieldValues
where
    coalesce(ItemID, AssetID) > @after_1
    or (coalesce(ItemID, AssetID) = @after_1 and FieldID > @after_2)
order by coalesce(ItemID, AssetID), FieldID
