-- Grain: no rows; assets of Jitbit go into the inventory, nothing becomes an instance of a custom object.
with final as (
    select
        cast(null as varchar) as external_id,
        cast(null as varchar) as source_type,
        cast(null as varchar) as source_id,
        cast(null as varchar) as source_digest,
        cast(null as varchar) as object_type,
        cast(null as varchar) as custom_attributes,
        cast(null as varchar[]) as conversations,
        cast(null as varchar[]) as contacts,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at
    where false
)

select * from final
