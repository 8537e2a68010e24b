-- Grain: one row per canned response of Jitbit.
with recursive
responses as (
    select
        source_id,
        name as title,
        json_extract_string(details, '$.category') as category,
        json_extract_string(details, '$.text') as text,
        json_extract_string(details, '$.html') as html,
        string_split(json_extract_string(details, '$.placeholders'), ', ') as placeholders
    from staging.inventory
    where kind = 'canned_response'
),

unknown as (
    select
        responses.source_id,
        string_agg(placeholders.placeholder, ', ' order by placeholders.placeholder) as unknown_placeholders
    from responses
    inner join deliver.placeholders
        on
            list_contains(responses.placeholders, replace(placeholders.placeholder, '#', ''))
            and not placeholders.is_known
    group by responses.source_id
),

known as (
    select
        placeholder,
        becomes,
        row_number() over (order by placeholder) as number
    from deliver.placeholders
    where is_known
),

-- One known placeholder a step.
filled as (
    select
        source_id,
        text as macro_text,
        cast(0 as bigint) as step
    from responses
    union all
    select
        filled.source_id,
        replace(filled.macro_text, known.placeholder, known.becomes) as macro_text,
        filled.step + 1 as step
    from filled
    inner join known
        on filled.step + 1 = known.number
),

macros as (
    select
        source_id,
        arg_max(macro_text, step) as macro_text
    from filled
    group by source_id
),

final as (
    select
        responses.source_id,
        responses.title,
        responses.category,
        macros.macro_text,
        responses.text as written,
        responses.html,
        unknown.unknown_placeholders,
        case
            when unknown.unknown_placeholders is null then 'create a macro of this text by hand'
            else 'create a macro by hand and write the unknown placeholders anew'
        end as to_do
    from responses
    inner join macros
        on responses.source_id = macros.source_id
    left join unknown
        on responses.source_id = unknown.source_id
)

select * from final
order by title, source_id
