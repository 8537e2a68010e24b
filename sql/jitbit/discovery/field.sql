-- Grain: one row per name of a custom field of tickets, users, companies or assets, with how its values look.
with held_values as (
    select
        'ticket' as field_group,
        field_id,
        field_name,
        type,
        value
    from raw.ticket_custom_field_value
    union all
    select
        'user' as field_group,
        field_id,
        field_name,
        type,
        value
    from raw.user_custom_field_value
    union all
    select
        'company' as field_group,
        field_id,
        field_name,
        type,
        value
    from raw.company_custom_field_value
    union all
    select
        'asset' as field_group,
        field_id,
        field_name,
        cast(null as varchar) as type,
        value
    from raw.asset_field_value
),

field_options as (
    select
        field_id,
        list(struct_pack(id := option_id, text := text) order by option_id) as choices,
        list(trim(text) order by try_cast(order_by_number as bigint), text) as options
    from raw.custom_field_option
    group by field_id
),

valued as (
    select
        held_values.field_group,
        trim(coalesce(custom_field.name, held_values.field_name, concat('Field ', held_values.field_id))) as field,
        held_values.field_id,
        coalesce(custom_field.type, held_values.type) as type,
        coalesce(flag(custom_field.for_techs_only), false) as is_internal,
        coalesce(flag(custom_field.mandatory), false) as is_required,
        field_options.options,
        case
            when coalesce(custom_field.type, held_values.type) = '4'
                then coalesce(cast(flag(held_values.value) as varchar), nullif(trim(held_values.value), ''))
            else coalesce(
                chosen_options(held_values.value, field_options.choices), nullif(trim(held_values.value), '')
            )
        end as value
    from held_values
    left join raw.custom_field
        on held_values.field_id = custom_field.field_id
    left join field_options
        on held_values.field_id = field_options.field_id
),

judged as (
    select
        field_group,
        field,
        min(field_id) as field_id,
        max(type) as type,
        bool_or(is_internal) as is_internal,
        bool_or(is_required) as is_required,
        list_distinct(flatten(list(options) filter (where options is not null))) as options,
        count(*) as rows,
        count(value) as filled,
        count(distinct value) as distinct_values,
        coalesce(max(length(value)), 0) as max_length,
        count(*) filter (where contains(value, ', ') and not list_contains(options, value)) as several,
        count(*) filter (where regexp_full_match(value, '[+-]?[0-9]+(\.[0-9]+)?')) as numeric,
        count(*) filter (where regexp_full_match(value, '[+-]?[0-9]+')) as whole,
        count(*) filter (where regexp_full_match(value, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]+Z?)?')) as dates,
        count(*) filter (where lower(value) in ('yes', 'no', '0', '1', 'true', 'false', '✓')) as flags
    from valued
    group by field_group, field
),

final as (
    select
        field_group,
        field,
        field_id as source_id,
        field as label,
        concat('type ', coalesce(type, 'not told')) as native_type,
        -- codes 1 to 5 are evidenced; what a higher code means, the values tell
        case
            when type = '4' then 'boolean'
            when type = '2' then 'date'
            when type = '5' then 'long_text'
            when len(options) > 0 and several > 0 then 'multichoice'
            when len(options) > 0 then 'choice'
            when type = '1' and max_length > 255 then 'long_text'
            when type = '1' then 'text'
            when filled = 0 then 'text'
            when dates = filled then 'date'
            when whole = filled then 'integer'
            when numeric = filled then 'decimal'
            when flags = filled then 'boolean'
            when max_length > 255 then 'long_text'
            else 'text'
        end as field_type,
        cast(null as varchar) as role,
        case when len(options) > 0 then list_sort(options) end as options,
        true as is_active,
        is_required,
        case when is_internal then 'agents' else 'everybody' end as visibility,
        rows,
        filled,
        distinct_values,
        cast(max_length as bigint) as max_length,
        numeric,
        dates,
        flags
    from judged
)

select * from final
