-- Grain: one row per iTop account that is not a login of the customer portal.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

left_out as (
    select source_id
    from staging.left_out
    where object = 'teammates'
),

persons as (
    select
        id,
        nullif(trim(friendlyname), '') as name,
        normal_email(email) as email
    from raw.person
),

profiles as (
    select
        userid as user_id,
        list_sort(list(distinct profile)) as profiles
    from raw.user_profile
    group by userid
),

final as (
    select
        concat(options.migration, '-user-', account.id) as external_id,
        'user' as source_type,
        account.id as source_id,
        md5(
            concat_ws(
                '|', account.id, account.login, account.contactid, account.status, persons.name, persons.email,
                array_to_string(profiles.profiles, ',')
            )
        ) as source_digest,
        coalesce(persons.email, normal_email(account.email), normal_email(account.login)) as email,
        coalesce(
            persons.name,
            nullif(trim(concat_ws(' ', account.first_name, account.last_name)), ''),
            nullif(trim(account.login), ''),
            concat('Account ', account.id)
        ) as name,
        -- An account of no person and no address is a technical one; nobody can be invited for it.
        coalesce(account.status, '') = 'enabled'
        and coalesce(persons.email, normal_email(account.email), normal_email(account.login)) is not null as is_active,
        coalesce(profiles.profiles, cast([] as varchar[])) as roles
    from raw.user as account
    cross join options
    left join left_out
        on account.id = left_out.source_id
    left join persons
        on account.contactid = persons.id
    left join profiles
        on account.id = profiles.user_id
    where left_out.source_id is null
)

select * from final
