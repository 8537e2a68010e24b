-- Grain: one row per place that names a language and language.
with languages as (
    select
        'setting' as source,
        unnest(string_split(value, ',')) as language
    from raw.config
    where namespace = 'core' and key in ('system_language', 'secondary_langs')
    union all
    select
        'contact' as source,
        lang as language
    from raw.user_account
    union all
    select
        'agent' as source,
        lang as language
    from raw.staff
    union all
    select
        'article' as source,
        lang as language
    from raw.translation
    where type = 'article'
    union all
    select
        'label' as source,
        lang as language
    from raw.translation
    where type is distinct from 'article'
    union all
    select
        'canned response' as source,
        lang as language
    from raw.canned_response
    union all
    select
        'mail template' as source,
        lang as language
    from raw.email_template_group
),

final as (
    select
        source,
        trim(language) as language,
        count(*) as rows
    from languages
    where nullif(trim(language), '') is not null
    group by source, trim(language)
)

select * from final
