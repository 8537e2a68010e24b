-- Grain: one row per osTicket user, and one per user id that is named somewhere but has no row any more.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        coalesce(max(value) filter (where name = 'free_mail_domains'), '') as free_mail_domains
    from mapping.option
),

users as (
    select
        id,
        nullif(org_id, '0') as org_id,
        default_email_id,
        name,
        status,
        created,
        updated
    from raw.user
    qualify row_number() over (partition by id order by updated desc, created desc, name desc) = 1
),

entries as (
    select
        id,
        thread_id,
        user_id,
        type as entry_type,
        nullif(poster, '') as poster,
        created
    from raw.thread_entry
    where user_id <> '0'
),

-- Deleted customers leave their words behind: the first entry's poster is the only name the source still has.
gone_posters as (
    select
        entries.user_id,
        arg_min(entries.poster, concat(entries.created, '|', lpad(entries.id, 12, '0'))) as name,
        min(entries.created) as first_seen
    from entries
    left join users
        on entries.user_id = users.id
    where users.id is null
    group by entries.user_id
),

gone_requesters as (
    select
        ticket.user_id,
        arg_min(entries.poster, concat(entries.created, '|', lpad(entries.id, 12, '0'))) as name,
        min(ticket.created) as first_seen
    from raw.ticket
    left join users
        on ticket.user_id = users.id
    left join raw.thread
        on ticket.ticket_id = thread.object_id and thread.object_type = 'T'
    left join entries
        on thread.id = entries.thread_id and entries.entry_type = 'M'
    where users.id is null and coalesce(ticket.user_id, '0') <> '0'
    group by ticket.user_id
),

gone_collaborators as (
    select
        thread_collaborator.user_id,
        cast(null as varchar) as name,
        min(thread_collaborator.created) as first_seen
    from raw.thread_collaborator
    left join users
        on thread_collaborator.user_id = users.id
    where users.id is null and coalesce(thread_collaborator.user_id, '0') <> '0'
    group by thread_collaborator.user_id
),

-- Tickets without any user id share one stand-in, so that they keep a requester.
nobody as (
    select
        '0' as user_id,
        cast(null as varchar) as name,
        min(ticket.created) as first_seen
    from raw.ticket
    where coalesce(ticket.user_id, '0') = '0'
    having count(*) > 0
),

mentions as (
    select
        user_id,
        name,
        first_seen,
        1 as preference
    from gone_posters
    union all
    select
        user_id,
        name,
        first_seen,
        2 as preference
    from gone_requesters
    union all
    select
        user_id,
        name,
        first_seen,
        3 as preference
    from gone_collaborators
    union all
    select
        user_id,
        name,
        first_seen,
        4 as preference
    from nobody
),

deleted as (
    select
        user_id as id,
        coalesce(
            arg_min(name, preference) filter (where name is not null),
            case when min(preference) = 3 then 'Deleted user' else 'Unknown requester' end
        ) as name,
        min(first_seen) filter (where first_seen not like '0000%') as first_seen
    from mentions
    group by user_id
),

addresses as (
    select
        user_email.id,
        user_email.user_id,
        normal_email(user_email.address) as email
    from raw.user_email
    qualify row_number() over (partition by user_email.id order by user_email.address) = 1
),

chosen as (
    select
        users.id as user_id,
        addresses.id as email_id,
        addresses.email
    from users
    inner join addresses
        on users.id = addresses.user_id
    where addresses.email is not null
    qualify
        row_number() over (
            partition by users.id
            order by
                (addresses.id = users.default_email_id) desc,
                try_cast(addresses.id as bigint) asc,
                addresses.id asc
        ) = 1
),

other_addresses as (
    select
        addresses.user_id,
        string_agg(addresses.email, ', ' order by addresses.email) as emails
    from addresses
    inner join chosen
        on addresses.user_id = chosen.user_id
    where addresses.email <> chosen.email
    group by addresses.user_id
),

companies as (
    select
        source_id,
        external_id,
        name
    from staging.companies
),

domains as (
    select
        id as org_id,
        lower(trim(unnest(string_split(domain, ',')))) as domain
    from raw.organization
),

claims as (
    select
        domains.org_id,
        domains.domain
    from domains
    cross join options
    where
        domains.domain <> ''
        and not list_contains(
            string_split(replace(options.free_mail_domains, ' ', ''), ','), ltrim(domains.domain, '.')
        )
),

unlinked as (
    select
        users.id as user_id,
        email_domain(chosen.email) as domain
    from users
    inner join chosen
        on users.id = chosen.user_id
    left join companies
        on users.org_id = companies.source_id
    where companies.source_id is null
),

-- As the program does for new users: an entry with a leading dot takes every sub-domain, any other the exact domain.
domain_matches as (
    select
        unlinked.user_id,
        min(companies.external_id) as company,
        min(companies.name) as company_name,
        count(distinct companies.external_id) as companies
    from unlinked
    inner join claims
        on
            unlinked.domain = claims.domain
            or (claims.domain like '.%' and ends_with(unlinked.domain, claims.domain))
    inner join companies
        on claims.org_id = companies.source_id
    group by unlinked.user_id
),

people as (
    select
        users.id,
        users.name,
        users.status,
        users.created,
        users.org_id,
        chosen.email,
        other_addresses.emails as other_emails,
        coalesce(
            companies.external_id, case when domain_matches.companies = 1 then domain_matches.company end
        ) as company,
        coalesce(
            companies.name, case when domain_matches.companies = 1 then domain_matches.company_name end
        ) as company_name,
        companies.external_id is null and coalesce(domain_matches.companies, 0) = 1 as is_by_domain,
        companies.external_id is null and coalesce(domain_matches.companies, 0) > 1 as is_ambiguous,
        false as is_deleted
    from users
    left join chosen
        on users.id = chosen.user_id
    left join other_addresses
        on users.id = other_addresses.user_id
    left join companies
        on users.org_id = companies.source_id
    left join domain_matches
        on users.id = domain_matches.user_id
    union all
    select
        id,
        name,
        cast(null as varchar) as status,
        first_seen as created,
        cast(null as varchar) as org_id,
        cast(null as varchar) as email,
        cast(null as varchar) as other_emails,
        cast(null as varchar) as company,
        cast(null as varchar) as company_name,
        false as is_by_domain,
        false as is_ambiguous,
        true as is_deleted
    from deleted
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

fields as (
    select
        form_field.id,
        coalesce(nullif(form_field.name, ''), concat('field_', form_field.id)) as name,
        form_field.type as field_type,
        case when json_valid(form_field.configuration) then form_field.configuration end as settings
    from raw.form_field
),

stored as (
    select
        form_entry.object_id,
        form_entry.id as entry_id,
        fields.id as field_id,
        fields.name,
        fields.field_type,
        form_entry_values.value,
        case when json_valid(form_entry_values.value) then form_entry_values.value end as selection,
        json_extract_string(fields.settings, '$.choices') as choices,
        coalesce(json_extract_string(fields.settings, '$.html'), 'true') as is_html,
        attribute.name as attribute,
        attribute.data_type
    from raw.form_entry_values
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id
    inner join fields
        on form_entry_values.field_id = fields.id
    left join mapping.custom_field
        on fields.name = custom_field.field and custom_field.object = 'user'
    left join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'contact'
    where form_entry.object_type = 'U' and nullif(form_entry_values.value, '') is not null
),

-- What the source holds of the fields, whether or not the mapping wants it: a changed mapping is no changed source.
answer_seeds as (
    select
        object_id,
        string_agg(
            concat_ws('=', entry_id, field_id, value, case when field_type = 'choices' then choices end),
            '|'
            order by entry_id, field_id, value
        ) as seed
    from stored
    group by object_id
),

answers as (
    select
        object_id,
        entry_id,
        field_id,
        name,
        attribute,
        data_type,
        case
            when json_type(selection) = 'OBJECT' and (field_type = 'choices' or field_type like 'list-%')
                then array_to_string(json_extract_string(selection, '$.*'), ', ')
            when field_type = 'choices'
                then coalesce(
                    nullif(regexp_extract(choices, concat('(?m)^', regexp_escape(value), ':(.*?)\r?$'), 1), ''), value
                )
            when field_type = 'datetime' and data_type = 'date' then nullif(left(value, 10), '0')
            when field_type = 'datetime' then strftime(iana_timestamp(value), '%Y-%m-%dT%H:%M:%SZ')
            when field_type = 'memo' and is_html = 'true' then html_text(value)
            else value
        end as answer
    from stored
),

phones as (
    select
        object_id,
        max(answer) as phone
    from answers
    where name = 'phone'
    group by object_id
),

accounts as (
    select
        user_id,
        bool_or((coalesce(try_cast(status as bigint), 0) & 1) > 0) as is_confirmed
    from raw.user_account
    group by user_id
),

pairs as (
    select
        object_id,
        attribute as name,
        string_agg(answer, '; ' order by entry_id, field_id) as value,
        data_type
    from answers
    where attribute is not null
    group by object_id, attribute, data_type
    union all
    select
        id as object_id,
        'osticket_user_id' as name,
        id as value,
        'string' as data_type
    from people
    union all
    select
        id as object_id,
        'osticket_other_emails' as name,
        other_emails as value,
        'string' as data_type
    from people
    union all
    select
        id as object_id,
        'osticket_organization' as name,
        company_name as value,
        'string' as data_type
    from people
    union all
    select
        people.id as object_id,
        'osticket_portal_account' as name,
        case when accounts.user_id is null then 'false' else 'true' end as value,
        'boolean' as data_type
    from people
    left join accounts
        on people.id = accounts.user_id
    where not people.is_deleted
),

collected as (
    select
        pairs.object_id,
        list(
            struct_pack(
                name := pairs.name,
                -- Longer texts stand in full in the inventory, kind long_value.
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
    group by pairs.object_id
),

final as (
    select
        concat(options.migration, '-user-', people.id) as external_id,
        'user' as source_type,
        people.id as source_id,
        md5(
            concat_ws(
                '|', people.id, people.name, people.status, people.created, people.org_id, people.email,
                people.other_emails, people.company_name, accounts.user_id, answer_seeds.seed
            )
        ) as source_digest,
        people.email,
        nullif(trim(people.name), '') as name,
        case
            -- osTicket drops the plus and writes an extension behind X; the attribute keeps the text as it is.
            when regexp_full_match(phones.phone, '\+?[0-9]{6,15}(X[0-9]*)?')
                then regexp_extract(phones.phone, '\+?[0-9]+')
        end as phone,
        'user' as role,
        coalesce(
            case when survivors.survivor_id = people.id then survivor_companies.companies end,
            case when people.company is not null then [people.company] end,
            cast([] as varchar[])
        ) as companies,
        coalesce(attributes(collected.pairs), '{}') as custom_attributes,
        utc(people.created, options.time_zone) as signed_up_at,
        case
            when survivors.survivor_id <> people.id then concat(options.migration, '-user-', survivors.survivor_id)
        end as merged_into,
        list_sort(
            list_distinct(
                [
                    case when people.email is null then 'no_email' end,
                    case when survivors.survivor_id <> people.id then 'duplicate_email' end,
                    case when people.is_deleted then 'deleted_in_source' end,
                    case when people.is_by_domain then 'company_by_domain' end,
                    case when people.is_ambiguous then 'ambiguous_domain' end,
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
    left join phones
        on people.id = phones.object_id
    left join accounts
        on people.id = accounts.user_id
    left join answer_seeds
        on people.id = answer_seeds.object_id
    left join collected
        on people.id = collected.object_id
)

select * from final
