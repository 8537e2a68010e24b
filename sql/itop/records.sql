-- Grain: one row per iTop record that a staging table must account for, with the conversation it belongs to.
-- This is the one place where a record finds its conversation; the other files look it up here.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        coalesce(max(value) filter (where name = 'changes'), 'inventory') as changes,
        coalesce(max(value) filter (where name = 'configuration_items'), 'inventory') as configuration_items,
        coalesce(max(value) filter (where name = 'own_classes'), 'inventory') as own_classes
    from mapping.option
),

tickets as (
    select
        ticket.id,
        concat(options.migration, '-ticket-', ticket.id) as conversation
    from raw.ticket
    cross join options
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

final as (
    select
        'companies' as object,
        'organization' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from raw.organization
    union all
    select
        'contacts' as object,
        'person' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from raw.person
    union all
    select
        'teammates' as object,
        'user' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from raw.user
    union all
    select
        'inboxes' as object,
        'team' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from raw.team
    union all
    select
        'articles' as object,
        'faq' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from raw.faq
    union all
    select
        'articles' as object,
        'known_error' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from raw.known_error
    union all
    select
        'conversations' as object,
        'ticket' as source_type,
        id as source_id,
        conversation
    from tickets
    union all
    select
        'parts' as object,
        'description' as source_type,
        id as source_id,
        conversation
    from tickets
    union all
    select
        'parts' as object,
        'log_entry' as source_type,
        concat(log_entry.ticket_id, '_', log_entry.log, '_', log_entry.position) as source_id,
        tickets.conversation
    from raw.log_entry
    left join tickets
        on log_entry.ticket_id = tickets.id
    union all
    select
        'attachments' as object,
        files.source_type,
        files.id as source_id,
        tickets.conversation
    from files
    left join tickets
        on files.item_id = tickets.id and files.item_class in ('UserRequest', 'Incident')
    union all
    select
        'history' as object,
        'change_op' as source_type,
        change_op.id as source_id,
        tickets.conversation
    from raw.change_op
    left join tickets
        on change_op.objkey = tickets.id and change_op.objclass in ('UserRequest', 'Incident')
    union all
    select
        'custom_objects' as object,
        slug(record.class) as source_type,
        record.id as source_id,
        cast(null as varchar) as conversation
    from raw.record
    cross join options
    where
        (options.changes = 'custom_object' and record.root = 'Change')
        or (options.configuration_items = 'custom_object' and record.root = 'FunctionalCI')
        or (options.own_classes = 'custom_object' and record.is_custom = 'true')
)

select * from final
