-- Grain: one row per article: where it was and where it is.
with options as (
    select rtrim(max(value) filter (where name = 'help_center_url'), '/') as help_center
    from mapping.option
),

redirects as (
    select external_id
    from publish.operations
    where kind = 'redirect' and state = 'applied'
),

final as (
    select
        articles.external_id,
        articles.title,
        articles.old_url,
        identities.intercom_id,
        case
            when options.help_center is not null and identities.intercom_id is not null
                then concat(options.help_center, '/articles/', identities.intercom_id)
        end as new_url,
        case
            when redirects.external_id is not null then 'the help centre leads from the old address to the new one'
            when identities.intercom_id is null then 'not sent yet'
            when options.help_center is null
                then 'name the help centre''s address in the mapping; then the new address stands here'
            else 'set up at the old address'
        end as redirect
    from staging.articles
    cross join options
    left join publish.identities
        on articles.external_id = identities.external_id and identities.kind = 'article'
    left join redirects
        on articles.external_id = redirects.external_id
)

select * from final
order by title, external_id
