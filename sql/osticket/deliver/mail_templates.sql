-- Grain: one row per mail template and page text of osTicket.
with final as (
    select
        case kind when 'page' then 'page' else 'mail template' end as kind,
        source_id,
        name,
        coalesce(
            json_extract_string(details, '$.group_name'), json_extract_string(details, '$.type')
        ) as belongs_to,
        json_extract_string(details, '$.language') as language,
        json_extract_string(details, '$.is_active') = 'true' as is_active,
        json_extract_string(details, '$.subject') as subject,
        json_extract_string(details, '$.text') as text,
        case
            when kind = 'page' then 'portal page; rewrite it in the help center if it is still wanted'
            when name like '%.alert%' or name like '%overdue%' then 'alert to agents; Intercom tells teammates itself'
            when name like '%autoresp%' or name like '%autoreply%' or name like '%notice%'
                then 'message to customers; write it as an automatic reply of the workflow'
            else 'message of the program; not needed in Intercom'
        end as suggestion
    from staging.inventory
    where kind in ('email_template', 'page')
)

select * from final
order by kind, belongs_to, name, source_id
