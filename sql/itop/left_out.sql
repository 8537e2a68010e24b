-- Grain: one row per iTop record that is excluded, with the reason.
with homes as (
    select
        object,
        source_type,
        source_id,
        conversation
    from staging.records
),

portal_accounts as (
    select distinct userid as user_id
    from raw.user_profile
    where profile = 'Portal user'
),

articles as (
    select
        'FAQ' as item_class,
        id as item_id
    from raw.faq
    union all
    select
        'KnownError' as item_class,
        id as item_id
    from raw.known_error
),

files as (
    select
        'attachment' as source_type,
        id,
        item_class,
        item_id
    from raw.attachment
    union all
    select
        'inline_image' as source_type,
        id,
        item_class,
        item_id
    from raw.inline_image
),

empty_descriptions as (
    select
        id as ticket_id,
        trim(coalesce(description, '')) = '' as is_empty
    from raw.ticket
),

changes as (
    select
        id,
        class,
        attcode
    from raw.change_op
),

-- Attributes whose changes are worth telling; the mapping may name others.
told_changes as (
    select
        source_value as attcode,
        target_value as word
    from mapping.value
    where field = 'history'
    union all
    select
        unnest(
            [
                'status', 'agent_id', 'team_id', 'caller_id', 'org_id', 'priority', 'service_id',
                'servicesubcategory_id', 'title'
            ]
        ) as attcode,
        unnest(
            [
                'status_changed', 'assigned', 'team_changed', 'caller_changed', 'organization_changed',
                'priority_changed', 'service_changed', 'subcategory_changed', 'title_changed'
            ]
        ) as word
    where not exists (
        select 1 from mapping.value
        where field = 'history'
    )
),

final as (
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'excluded' as outcome,
        'portal_account' as reason_code,
        'A login of the customer portal; its person is a contact and no teammate.' as sentence,
        cast(null as varchar) as "into",
        homes.conversation
    from homes
    inner join portal_accounts
        on homes.source_id = portal_accounts.user_id
    where homes.object = 'teammates'
    union all
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'excluded' as outcome,
        'empty_description' as reason_code,
        'The ticket has no description; a generated line opens the conversation.' as sentence,
        cast(null as varchar) as "into",
        homes.conversation
    from homes
    inner join empty_descriptions
        on homes.source_id = empty_descriptions.ticket_id
    where homes.source_type = 'description' and empty_descriptions.is_empty
    union all
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'excluded' as outcome,
        case
            when files.item_class in ('UserRequest', 'Incident') then 'file_of_deleted_ticket'
            else 'file_of_other_class'
        end as reason_code,
        case
            when files.item_class in ('UserRequest', 'Incident') then 'The ticket of the file was deleted.'
            else concat('A file of class ', files.item_class, ', whose rows go into the inventory.')
        end as sentence,
        cast(null as varchar) as "into",
        homes.conversation
    from homes
    inner join files
        on homes.source_type = files.source_type and homes.source_id = files.id
    left join articles
        on files.item_class = articles.item_class and files.item_id = articles.item_id
    where homes.object = 'attachments' and homes.conversation is null and articles.item_id is null
    union all
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'excluded' as outcome,
        case when homes.conversation is null then 'change_of_other_record' else 'change_of_detail' end as reason_code,
        case
            when homes.conversation is null
                then 'A change of an article or of a ticket that was deleted since; it names the author of an article.'
            else 'A change of an attribute that iTop computes or that the conversation shows as it is now.'
        end as sentence,
        cast(null as varchar) as "into",
        homes.conversation
    from homes
    inner join changes
        on homes.source_id = changes.id
    left join told_changes
        on changes.attcode = told_changes.attcode
    where
        homes.object = 'history'
        and (
            homes.conversation is null
            or (changes.class <> 'CMDBChangeOpCreate' and coalesce(told_changes.word, '') = '')
        )
)

select * from final
