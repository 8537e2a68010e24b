-- Grain: one row per Jitbit customer, per agent who opened tickets, and per person whom a ticket names and who has no
-- row any more.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

wanted as (
    select source_id
    from staging.records
    where object = 'contacts'
),

users as (
    select
        users.user_id as id,
        coalesce(
            nullif(
                trim(concat_ws(' ', nullif(trim(users.first_name), ''), nullif(trim(users.last_name), ''))), ''
            ),
            nullif(trim(users.username), '')
        ) as name,
        normal_email(users.email) as email,
        nullif(trim(users.email), '') as written_email,
        nullif(trim(users.username), '') as username,
        nullif(trim(users.phone), '') as phone,
        nullif(trim(users.location), '') as location,
        nullif(trim(users.notes), '') as notes,
        nullif(trim(coalesce(department.name, users.department_name)), '') as department,
        nullif(trim(users.lang), '') as lang,
        coalesce(flag(users.is_manager), false) as is_manager,
        coalesce(flag(users.disabled), false) as is_disabled,
        coalesce(flag(users.is_tech), false) or coalesce(flag(users.is_admin), false) as is_agent,
        nullif(nullif(users.company_id, ''), '0') as company_id
    from raw.user as users
    inner join wanted
        on users.user_id = wanted.source_id
    left join raw.department
        on users.department_id = department.department_id
),

-- Deleted users may leave their name on their tickets; tickets without any user share one stand-in.
gone as (
    select
        coalesce(nullif(ticket.user_id, ''), '0') as id,
        max(
            coalesce(
                nullif(
                    trim(concat_ws(' ', nullif(trim(ticket.first_name), ''), nullif(trim(ticket.last_name), ''))), ''
                ),
                nullif(trim(ticket.user_name), '')
            )
        ) as name,
        max(normal_email(ticket.email)) as email,
        min(moment(ticket.issue_date, options.time_zone)) as first_seen
    from raw.ticket
    cross join options
    left join raw.user as users
        on ticket.user_id = users.user_id
    where users.user_id is null
    group by coalesce(nullif(ticket.user_id, ''), '0')
),

companies as (
    select
        source_id,
        external_id
    from staging.companies
),

people as (
    select
        users.id,
        users.name,
        users.email,
        users.written_email,
        users.username,
        users.phone,
        users.location,
        users.notes,
        users.department,
        users.lang,
        users.is_manager,
        users.is_disabled,
        users.is_agent,
        companies.external_id as company,
        cast(null as timestamp) as first_seen,
        false as is_deleted
    from users
    left join companies
        on users.company_id = companies.source_id
    union all
    select
        id,
        case when id = '0' then 'Unknown user' else coalesce(name, concat('User ', id)) end as name,
        email,
        email as written_email,
        cast(null as varchar) as username,
        cast(null as varchar) as phone,
        cast(null as varchar) as location,
        cast(null as varchar) as notes,
        cast(null as varchar) as department,
        cast(null as varchar) as lang,
        false as is_manager,
        false as is_disabled,
        false as is_agent,
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
            else first_value(id) over (partition by email order by is_deleted asc, try_cast(id as bigint) asc, id asc)
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

field_options as (
    select
        field_id,
        list(struct_pack(id := option_id, text := text) order by option_id) as options
    from raw.custom_field_option
    group by field_id
),

answers as (
    select
        held.user_id as id,
        trim(coalesce(custom_field.name, held.field_name, concat('Field ', held.field_id))) as field,
        case
            -- 4 is a checkbox; one that is not ticked is told as nothing, or as 0
            when coalesce(custom_field.type, held.type) = '4'
                then coalesce(
                    cast(flag(held.value) as varchar),
                    nullif(trim(held.value), ''),
                    case when held.value = '' then 'false' end
                )
            else coalesce(chosen_options(held.value, field_options.options), nullif(trim(held.value), ''))
        end as value
    from raw.user_custom_field_value as held
    left join raw.custom_field
        on held.field_id = custom_field.field_id
    left join field_options
        on held.field_id = field_options.field_id
),

answer_digests as (
    select
        id,
        md5(string_agg(concat_ws('=', field, value), '|' order by field, value)) as digest
    from answers
    group by id
),

facts as (
    select
        id,
        unnest(
            [
                struct_pack(name := 'jitbit_user_id', value := id, data_type := 'string'),
                struct_pack(name := 'jitbit_username', value := username, data_type := 'string'),
                struct_pack(name := 'jitbit_phone', value := phone, data_type := 'string'),
                struct_pack(name := 'jitbit_location', value := location, data_type := 'string'),
                struct_pack(name := 'jitbit_department', value := department, data_type := 'string'),
                struct_pack(name := 'jitbit_language', value := lang, data_type := 'string'),
                struct_pack(name := 'jitbit_notes', value := notes, data_type := 'string'),
                struct_pack(
                    name := 'jitbit_is_manager', value := case when is_manager then 'true' end, data_type := 'boolean'
                ),
                struct_pack(
                    name := 'jitbit_disabled', value := case when is_disabled then 'true' end, data_type := 'boolean'
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
        answers.id,
        custom_field.attribute as name,
        answers.value,
        attribute.data_type
    from answers
    inner join mapping.custom_field
        on custom_field.object = 'user' and answers.field = custom_field.field and custom_field.attribute is not null
    inner join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'contact'
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
                    when pairs.data_type = 'list' and not list_contains(attribute.options, trim(pairs.value)) then null
                    else pairs.value
                end,
                data_type := pairs.data_type
            )
            order by pairs.name, pairs.value
        ) as pairs
    from pairs
    inner join mapping.attribute
        on pairs.name = attribute.name and attribute.object = 'contact'
    group by pairs.id
),

final as (
    select
        concat(options.migration, '-user-', people.id) as external_id,
        'user' as source_type,
        people.id as source_id,
        md5(
            concat_ws(
                '|', people.id, people.name, people.written_email, people.username, people.phone, people.location,
                people.notes, people.department, people.lang, people.is_manager, people.is_disabled, people.is_agent,
                people.company, answer_digests.digest
            )
        ) as source_digest,
        people.email,
        coalesce(people.name, people.email, concat('User ', people.id)) as name,
        nullif(regexp_extract(regexp_replace(people.phone, '[ ./()-]', '', 'g'), '^\+?[0-9]{6,15}$'), '') as phone,
        'user' as role,
        coalesce(
            case when survivors.survivor_id = people.id then survivor_companies.companies end,
            case when people.company is not null then [people.company] end,
            cast([] as varchar[])
        ) as companies,
        coalesce(attributes(collected.pairs), '{}') as custom_attributes,
        people.first_seen as signed_up_at,
        case
            when survivors.survivor_id <> people.id then concat(options.migration, '-user-', survivors.survivor_id)
        end as merged_into,
        list_sort(
            list_filter(
                [
                    case when people.email is null then 'no_email' end,
                    case when survivors.survivor_id <> people.id then 'duplicate_email' end,
                    case when people.is_deleted then 'deleted_in_source' end,
                    case when people.is_disabled then 'inactive' end,
                    case when people.is_agent then 'is_agent' end,
                    case when people.company is null then 'no_company' end
                ],
                lambda word: word is not null
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
    left join answer_digests
        on people.id = answer_digests.id
)

select * from final
