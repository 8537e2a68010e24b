-- Grain: one row per automation rule or canned response of Jitbit; none migrates as behaviour.
-- Told by what they are about: their text can name people.
with final as (
    select
        'automation rule' as kind,
        rule_id as source_id,
        coalesce(nullif(trim(name), ''), concat('Rule ', rule_id)) as name,
        coalesce(flag(enabled), true) as is_active,
        concat(length(definition), ' characters of definition') as summary
    from raw.automation_rule
    union all
    select
        'canned response' as kind,
        template_id as source_id,
        coalesce(nullif(trim(name), ''), concat('Template ', template_id)) as name,
        true as is_active,
        concat(
            len(list_distinct(regexp_extract_all(coalesce(body, ''), '#([A-Za-z][A-Za-z0-9_]*)#', 1))),
            ' placeholders'
        ) as summary
    from raw.comment_template
)

select * from final
