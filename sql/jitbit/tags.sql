-- Grain: one row per Jitbit tag after those that differ in case or white space were put together, and one per mark
-- the migration sets.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

left_out as (
    select source_id
    from staging.left_out
    where object = 'tags'
),

final as (
    select
        concat(options.migration, '-tag-', tag.tag_id) as external_id,
        'tag' as source_type,
        tag.tag_id as source_id,
        md5(concat_ws('|', tag.tag_id, regexp_replace(trim(tag.name), '\s+', ' ', 'g'))) as source_digest,
        coalesce(nullif(regexp_replace(trim(tag.name), '\s+', ' ', 'g'), ''), concat('tag ', tag.tag_id)) as name,
        coalesce(tag.name, '') as source_label,
        'tag' as kind
    from raw.tag
    cross join options
    left join left_out
        on tag.tag_id = left_out.source_id
    where left_out.source_id is null
    union all
    select
        concat(options.migration, '-tag-migrated') as external_id,
        'tag' as source_type,
        'migrated' as source_id,
        md5('migrated') as source_digest,
        'migrated' as name,
        'migrated' as source_label,
        'migrated' as kind
    from options
    union all
    select
        concat(options.migration, '-tag-subticket') as external_id,
        'tag' as source_type,
        'subticket' as source_id,
        md5('parent-ticket-ref') as source_digest,
        'parent-ticket-ref' as name,
        'subticket' as source_label,
        'migrated' as kind
    from options
)

select * from final
