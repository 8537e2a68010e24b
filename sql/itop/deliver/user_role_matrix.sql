-- Grain: one row per account of iTop.
with final as (
    select
        source_id,
        name as login,
        json_extract_string(details, '$.person') as person,
        json_extract_string(details, '$.email') as email,
        json_extract_string(details, '$.status') as status,
        json_extract_string(details, '$.profiles') as profiles,
        json_extract_string(details, '$.is_customer') = 'true' as is_customer,
        -- the number only sorts the strongest profile first
        regexp_replace(json_extract_string(details, '$.recommended_role'), '^[0-9] ', '') as recommended_role
    from staging.inventory
    where kind = 'user_role'
)

select * from final
order by is_customer, login, source_id
