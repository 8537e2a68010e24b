-- Grain: one row per iTop person, and one per person whom a ticket names as caller and who has no row any more.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

persons as (
    select
        id,
        nullif(trim(friendlyname), '') as name,
        status,
        nullif(org_id, '0') as org_id,
        normal_email(email) as email,
        nullif(trim(email), '') as written_email,
        nullif(trim(phone), '') as phone,
        nullif(trim(mobile_phone), '') as mobile_phone,
        nullif(trim(function), '') as job,
        nullif(trim(employee_number), '') as employee_number,
        nullif(trim(location_name), '') as location_name,
        nullif(manager_id, '0') as manager_id,
        extra
    from raw.person
),

-- Deleted callers leave their name on their tickets; tickets without any caller share one stand-in.
gone as (
    select
        coalesce(nullif(ticket.caller_id, ''), '0') as id,
        coalesce(max(nullif(trim(ticket.caller_id_friendlyname), '')), 'Unknown caller') as name,
        min(utc(ticket.start_date, options.time_zone)) as first_seen
    from raw.ticket
    cross join options
    left join persons
        on ticket.caller_id = persons.id
    where persons.id is null
    group by coalesce(nullif(ticket.caller_id, ''), '0')
),

companies as (
    select
        source_id,
        external_id
    from staging.companies
),

people as (
    select
        persons.id,
        persons.name,
        persons.status,
        persons.email,
        persons.written_email,
        persons.phone,
        persons.mobile_phone,
        persons.job,
        persons.employee_number,
        persons.location_name,
        managers.name as manager,
        persons.extra,
        companies.external_id as company,
        cast(null as timestamp) as first_seen,
        false as is_deleted
    from persons
    left join persons as managers
        on persons.manager_id = managers.id
    left join companies
        on persons.org_id = companies.source_id
    union all
    select
        id,
        name,
        cast(null as varchar) as status,
        cast(null as varchar) as email,
        cast(null as varchar) as written_email,
        cast(null as varchar) as phone,
        cast(null as varchar) as mobile_phone,
        cast(null as varchar) as job,
        cast(null as varchar) as employee_number,
        cast(null as varchar) as location_name,
        cast(null as varchar) as manager,
        cast(null as varchar) as extra,
        cast(null as varchar) as company,
        first_seen,
        true as is_deleted
    from gone
),

-- Two rows with one address are one person to Intercom: the oldest row stands for all.
survivors as (
    select
        id,
        case
            when email is null then id
            else first_value(id) over (partition by email order by try_cast(id as bigint) asc, id asc)
        end as survivor_id
    from people
),

survivor_companies as (
    select
        survivors.survivor_id,
        list_sort(list(distinct people.company)) as companies
    from survivors
    inner join people
        on survivors.id = people.id
    where people.company is not null
    group by survivors.survivor_id
),

own_fields as (
    select
        people.id,
        custom_field.attribute as name,
        json_extract_string(people.extra, concat('$."', custom_field.field, '"')) as value,
        attribute.data_type
    from people
    inner join mapping.custom_field
        on custom_field.object = 'person' and custom_field.attribute is not null
    inner join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'contact'
),

facts as (
    select
        id,
        unnest(
            [
                struct_pack(name := 'itop_person_id', value := id, data_type := 'string'),
                struct_pack(name := 'itop_phone', value := phone, data_type := 'string'),
                struct_pack(name := 'itop_mobile_phone', value := mobile_phone, data_type := 'string'),
                struct_pack(name := 'itop_function', value := job, data_type := 'string'),
                struct_pack(name := 'itop_employee_number', value := employee_number, data_type := 'string'),
                struct_pack(name := 'itop_location', value := location_name, data_type := 'string'),
                struct_pack(name := 'itop_manager', value := manager, data_type := 'string'),
                struct_pack(
                    name := 'itop_inactive',
                    value := case status when 'inactive' then 'true' when 'active' then 'false' end,
                    data_type := 'boolean'
                )
            ]
        ) as fact
    from people
),

pairs as (
    select
        id,
        struct_extract(fact, 'name') as name,
        struct_extract(fact, 'value') as value,
        struct_extract(fact, 'data_type') as data_type
    from facts
    union all
    select
        id,
        name,
        value,
        data_type
    from own_fields
),

collected as (
    select
        pairs.id,
        list(
            struct_pack(
                name := pairs.name,
                value := case
                    when pairs.data_type in ('string', 'text') and length(pairs.value) > 255
                        then concat(left(pairs.value, 250), '…')
                    else pairs.value
                end,
                data_type := pairs.data_type
            )
            order by pairs.name
        ) as pairs
    from pairs
    inner join mapping.attribute
        on pairs.name = attribute.name and attribute.object = 'contact'
    group by pairs.id
),

final as (
    select
        concat(options.migration, '-person-', people.id) as external_id,
        'person' as source_type,
        people.id as source_id,
        md5(
            concat_ws(
                '|', people.id, people.name, people.status, people.written_email, people.phone, people.mobile_phone,
                people.job, people.employee_number, people.location_name, people.manager, people.company, people.extra
            )
        ) as source_digest,
        people.email,
        people.name,
        coalesce(
            nullif(regexp_extract(regexp_replace(people.phone, '[ ./()-]', '', 'g'), '^\+?[0-9]{6,15}$'), ''),
            nullif(regexp_extract(regexp_replace(people.mobile_phone, '[ ./()-]', '', 'g'), '^\+?[0-9]{6,15}$'), '')
        ) as phone,
        'user' as role,
        coalesce(
            case when survivors.survivor_id = people.id then survivor_companies.companies end,
            case when people.company is not null then [people.company] end,
            cast([] as varchar[])
        ) as companies,
        coalesce(attributes(collected.pairs), '{}') as custom_attributes,
        people.first_seen as signed_up_at,
        case
            when survivors.survivor_id <> people.id then concat(options.migration, '-person-', survivors.survivor_id)
        end as merged_into,
        list_sort(
            list_distinct(
                [
                    case when people.email is null then 'no_email' end,
                    case when survivors.survivor_id <> people.id then 'duplicate_email' end,
                    case when people.is_deleted then 'deleted_in_source' end,
                    case when people.status = 'inactive' then 'inactive' end,
                    case when people.company is null then 'no_company' end
                ]
            )
        ) as flags
    from people
    cross join options
    inner join survivors
        on people.id = survivors.id
    left join survivor_companies
        on people.id = survivor_companies.survivor_id
    left join collected
        on people.id = collected.id
)

select * from final
