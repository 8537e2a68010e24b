-- Grain: one row per Jitbit category.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        coalesce(max(value) filter (where name = 'inbox_names'), 'section') as inbox_names
    from mapping.option
),

categories as (
    select
        category.category_id as id,
        concat(
            case
                when options.inbox_names = 'section'
                    then coalesce(nullif(trim(coalesce(section.name, category.section_name)), '') || ' / ', '')
                else ''
            end,
            coalesce(nullif(trim(category.name), ''), concat('Category ', category.category_id))
        ) as name,
        trim(category.name) as own_name,
        trim(coalesce(section.name, category.section_name)) as section_name,
        normal_email(category.from_address) as routing_email,
        coalesce(flag(category.for_techs_only), false) as is_internal
    from raw.category
    cross join options
    left join raw.section
        on category.section_id = section.section_id
),

members as (
    select
        category_technician.category_id as id,
        list_sort(list(distinct teammates.external_id)) as members
    from raw.category_technician
    inner join staging.teammates
        on category_technician.user_id = teammates.source_id
    group by category_technician.category_id
),

-- values: inbox_merge names categories whose routing is the same and that become one inbox, as the customer approved.
merge_choices as (
    select
        value.source_value,
        min(concat(options.migration, '-category-', categories.id)) as target
    from mapping.value
    cross join options
    inner join categories
        on value.target_value = categories.name
    where value.field = 'inbox_merge' and value.source_value <> value.target_value
    group by value.source_value
),

final as (
    select
        concat(options.migration, '-category-', categories.id) as external_id,
        'category' as source_type,
        categories.id as source_id,
        md5(
            concat_ws(
                '|', categories.id, categories.own_name, categories.section_name, categories.routing_email,
                categories.is_internal, array_to_string(members.members, ',')
            )
        ) as source_digest,
        categories.name,
        merge_choices.target as merged_into,
        coalesce(members.members, cast([] as varchar[])) as members,
        categories.routing_email
    from categories
    cross join options
    left join members
        on categories.id = members.id
    left join merge_choices
        on categories.name = merge_choices.source_value
)

select * from final
