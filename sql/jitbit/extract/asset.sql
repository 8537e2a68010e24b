-- Grain: one row per asset.
-- A guess after the web API.
select top (@rows)
    coalesce(ItemID, AssetID) as item_id,
    coalesce(ModelName, Name) as model_name,
    Manufacturer as manufacturer,
    Supplier as supplier,
    Type as type,
    SerialNumber as serial_number,
    Location as location,
    Comments as comments,
    Quantity as quantity,
    CompanyID as company_id,
    Disabled as disabled
from dbo.hdAssets
where coalesce(ItemID, AssetID) > @after_1
order by coalesce(ItemID, AssetID)
