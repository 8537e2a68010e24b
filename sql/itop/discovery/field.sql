-- Grain: one row per field the installation added to tickets, persons or organizations, with how its values look.
with held as (
    select
        'ticket' as field_group,
        extra
    from raw.ticket
    where extra is not null
    union all
    select
        'person' as field_group,
        extra
    from raw.person
    where extra is not null
    union all
    select
        'organization' as field_group,
        extra
    from raw.organization
    where extra is not null
),

named as (
    select
        field_group,
        unnest(json_keys(extra)) as field,
        extra
    from held
),

valued as (
    select
        field_group,
        field,
        nullif(trim(json_extract_string(extra, concat('$."', field, '"'))), '') as value
    from named
),

judged as (
    select
        field_group,
        field,
        count(*) as rows,
        count(value) as filled,
        count(distinct value) as distinct_values,
        coalesce(max(length(value)), 0) as max_length,
        count(*) filter (where regexp_full_match(value, '[+-]?[0-9]+(\.[0-9]+)?')) as numeric,
        count(*) filter (where regexp_full_match(value, '[+-]?[0-9]+')) as whole,
        count(*) filter (where regexp_full_match(value, '[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9:]{8})?')) as dates,
        count(*) filter (where regexp_full_match(value, '[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}')) as moments,
        count(*) filter (where lower(value) in ('yes', 'no', '0', '1', 'true', 'false')) as flags,
        list_sort(list(distinct value) filter (where length(value) <= 60)) as choices
    from valued
    group by field_group, field
),

final as (
    select
        field_group,
        field,
        concat(field_group, '.', field) as source_id,
        field as label,
        -- The web service tells no types; the data model file on the server would.
        'not told' as native_type,
        case
            when filled = 0 then 'text'
            when moments = filled then 'datetime'
            when dates = filled then 'date'
            when flags = filled then 'boolean'
            when whole = filled then 'integer'
            when numeric = filled then 'decimal'
            when max_length > 255 then 'long_text'
            when distinct_values between 2 and 12 and filled >= 4 * distinct_values and max_length <= 60 then 'choice'
            else 'text'
        end as field_type,
        cast(null as varchar) as role,
        case
            when
                distinct_values between 2 and 12
                and filled >= 4 * distinct_values
                and max_length <= 60
                and numeric < filled
                and flags < filled
                and dates < filled
                then choices
        end as options,
        true as is_active,
        false as is_required,
        'agents' as visibility,
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
