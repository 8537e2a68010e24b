-- Grain: one row per connection of the installation that stops working with it; no secrets, no addresses of callers.
with api_keys as (
    select
        'API key' as kind,
        id as source_id,
        concat('API key ', id) as name,
        isactive = '1' as is_active,
        concat_ws(
            ', ',
            case when can_create_tickets = '1' then 'may create tickets' end,
            case when can_exec_cron = '1' then 'may run the scheduler' end
        ) as detail
    from raw.api_key
),

mailboxes as (
    select
        'mail address' as kind,
        email.email_id as source_id,
        coalesce(nullif(email.email, ''), nullif(email.name, ''), concat('address ', email.email_id)) as name,
        true as is_active,
        concat_ws(
            ', ',
            'department ' || department.name,
            case when email.noautoresp = '1' then 'no automatic answers' end
        ) as detail
    from raw.email
    left join raw.department
        on email.dept_id = department.id
),

accounts as (
    select
        case when email_account.type = 'smtp' then 'outgoing mail' else 'incoming mail' end as kind,
        email_account.id as source_id,
        coalesce(nullif(email.email, ''), concat('account ', email_account.id)) as name,
        email_account.active = '1' as is_active,
        concat_ws(
            ', ',
            nullif(email_account.protocol, ''),
            'sign-in ' || nullif(email_account.auth_bk, ''),
            case when email_account.type = 'mailbox' then 'every ' || email_account.fetchfreq || ' minutes' end
        ) as detail
    from raw.email_account
    left join raw.email
        on email_account.email_id = email.email_id
),

instances as (
    select
        plugin_id,
        string_agg(nullif(name, ''), ', ' order by try_cast(id as bigint), id) as names
    from raw.plugin_instance
    group by plugin_id
),

plugins as (
    select
        case
            when regexp_matches(lower(concat(plugin.install_path, ' ', plugin.name)), 'auth|oauth|ldap|saml|sso')
                then 'single sign-on'
            when regexp_matches(lower(concat(plugin.install_path, ' ', plugin.name)), 'webhook|slack|teams|discord')
                then 'webhook'
            else 'plugin'
        end as kind,
        plugin.id as source_id,
        coalesce(nullif(plugin.name, ''), plugin.install_path, concat('plugin ', plugin.id)) as name,
        plugin.isactive = '1' as is_active,
        concat_ws(
            ', ', 'version ' || nullif(plugin.version, ''), plugin.install_path, instances.names
        ) as detail
    from raw.plugin
    left join instances
        on plugin.id = instances.plugin_id
),

logins as (
    select
        'portal logins' as kind,
        'user_account' as source_id,
        'Logins of the customer portal' as name,
        true as is_active,
        concat(count(*), ' accounts') as detail
    from raw.user_account
    having count(*) > 0
),

listed as (
    select
        kind,
        source_id,
        name,
        is_active,
        detail
    from api_keys
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        detail
    from mailboxes
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        detail
    from accounts
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        detail
    from plugins
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        detail
    from logins
),

final as (
    select
        kind,
        source_id,
        name,
        is_active,
        detail
    from listed
    qualify row_number() over (partition by kind, source_id order by name asc, detail asc) = 1
)

select * from final
