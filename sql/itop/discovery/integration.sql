-- Grain: one row per connection of the installation that stops working with it; no secrets, no addresses of callers.
with final as (
    select
        'data synchronisation' as kind,
        id as source_id,
        coalesce(name, id) as name,
        coalesce(json_extract_string(fields, '$.status'), 'production') <> 'obsolete' as is_active,
        concat('fills ', coalesce(json_extract_string(fields, '$.scope_class'), 'a class')) as detail
    from raw.record
    where root = 'SynchroDataSource'
    union all
    select
        'account of the web service' as kind,
        account.id as source_id,
        concat('account ', account.id) as name,
        account.status = 'enabled' as is_active,
        'may read or write through the web service' as detail
    from raw.user as account
    inner join raw.user_profile
        on account.id = user_profile.userid and user_profile.profile = 'REST Services User'
    union all
    select
        'own module' as kind,
        name as source_id,
        replace(name, 'own_module:', '') as name,
        true as is_active,
        concat('version ', value) as detail
    from raw.source_fact
    where starts_with(name, 'own_module:')
)

select * from final
