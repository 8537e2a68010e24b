-- Grain: one row per category of Jitbit.
with taking as (
    select distinct json_extract_string(details, '$.merged_into') as name
    from staging.inventory
    where kind = 'category'
),

final as (
    select
        source_id,
        json_extract_string(details, '$.section') as section,
        name as category,
        coalesce(json_extract_string(details, '$.merged_into'), name) as inbox,
        json_extract_string(details, '$.address') as address,
        cast(json_extract_string(details, '$.technicians') as bigint) as technicians,
        cast(json_extract_string(details, '$.tickets') as bigint) as tickets,
        json_extract_string(details, '$.same_routing') as same_routing,
        case
            when json_extract_string(details, '$.merged_into') is not null then 'put together, as the mapping says'
            when name in (select taking.name from taking) then 'takes in others, as the mapping says'
            when json_extract_string(details, '$.same_routing') is not null
                then 'decide: of like routing; values inbox_merge of the mapping puts them together'
            else 'an inbox of its own'
        end as decision,
        concat(
            'team rule: conversations of this inbox go to its members',
            case
                when json_extract_string(details, '$.for_technicians') = 'true'
                    then '; customers did not see this category'
            end
        ) as rule
    from staging.inventory
    where kind = 'category'
)

select * from final
order by inbox, category, source_id
