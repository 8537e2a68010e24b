-- Grain: one row per tag, of which there is one: the mark every migrated conversation carries.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

final as (
    select
        concat(options.migration, '-tag-migrated') as external_id,
        'tag' as source_type,
        'migrated' as source_id,
        md5('migrated') as source_digest,
        'migrated' as name,
        'migrated' as source_label,
        'migrated' as kind
    from options
)

select * from final
