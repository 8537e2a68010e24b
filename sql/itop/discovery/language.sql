-- Grain: one row per language that accounts of iTop are set to.
with final as (
    select
        'agent' as source,
        lower(left(language, 2)) as language,
        count(*) as rows
    from raw.user
    where nullif(trim(language), '') is not null
    group by lower(left(language, 2))
)

select * from final
