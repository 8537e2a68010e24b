-- Grain: one row per language that users of Jitbit are set to.
with final as (
    select
        case
            when coalesce(flag(is_tech), false) or coalesce(flag(is_admin), false) then 'agent'
            else 'contact'
        end as source,
        lower(left(trim(lang), 2)) as language,
        count(*) as rows
    from raw.user
    where nullif(trim(lang), '') is not null
    group by all
)

select * from final
