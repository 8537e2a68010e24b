-- Grain: one row per Jitbit record and reason why it cannot migrate as it is.
-- All of them are staged with the substitute their sentence names.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

homes as (
    select
        records.object,
        records.source_type,
        records.source_id,
        records.conversation
    from staging.records
    left join staging.left_out
        on
            records.object = left_out.object
            and records.source_type = left_out.source_type
            and records.source_id = left_out.source_id
    where left_out.source_id is null
),

flagged as (
    select
        source_id,
        external_id as conversation,
        unnest(flags) as reason_code
    from staging.conversations
),

agents as (
    select source_id
    from staging.teammates
),

parents as (
    select
        subticket.child_id as ticket_id,
        bool_and(ticket.ticket_id is null) as is_missing,
        count(distinct subticket.parent_id) as parents
    from raw.subticket
    left join raw.ticket
        on subticket.parent_id = ticket.ticket_id
    where subticket.parent_id <> subticket.child_id
    group by subticket.child_id
),

ticket_facts as (
    select
        ticket.ticket_id as id,
        homes.conversation,
        unnest(
            [
                case when requester.user_id is null then 'requester_missing' end,
                case
                    when
                        coalesce(ticket.assigned_to_user_id, '0') not in ('', '0') and agents.source_id is null
                        then 'agent_missing'
                end,
                case
                    when
                        coalesce(ticket.category_id, '0') not in ('', '0') and category.category_id is null
                        then 'category_missing'
                end,
                case when parents.is_missing then 'parent_missing' end,
                case when parents.parents > 1 then 'several_parents' end
            ]
        ) as reason_code
    from raw.ticket
    inner join homes
        on ticket.ticket_id = homes.source_id and homes.source_type = 'ticket'
    left join raw.user as requester
        on ticket.user_id = requester.user_id
    left join agents
        on ticket.assigned_to_user_id = agents.source_id
    left join raw.category
        on ticket.category_id = category.category_id
    left join parents
        on ticket.ticket_id = parents.ticket_id
),

entry_flags as (
    select
        source_type,
        source_id,
        conversation,
        unnest(flags) as reason_code
    from staging.parts
    where origin = 'entry'
),

shared_addresses as (
    select
        contacts.source_id,
        lower(trim(contacts.name)) <> lower(trim(survivors.name)) as is_other_name
    from staging.contacts
    inner join staging.contacts as survivors
        on contacts.merged_into = survivors.external_id
),

cloud_files as (
    select file_id
    from raw.attachment
    where coalesce(nullif(trim(google_drive_url), ''), nullif(trim(dropbox_url), '')) is not null
),

held_fields as (
    select
        'ticket' as object,
        field_id,
        field_name,
        value
    from raw.ticket_custom_field_value
    union all
    select
        'user' as object,
        field_id,
        field_name,
        value
    from raw.user_custom_field_value
    union all
    select
        'company' as object,
        field_id,
        field_name,
        value
    from raw.company_custom_field_value
),

unmapped_fields as (
    select distinct
        held_fields.object,
        held_fields.field_id
    from held_fields
    left join raw.custom_field as defined
        on held_fields.field_id = defined.field_id
    left join mapping.custom_field
        on
            held_fields.object = custom_field.object
            and trim(coalesce(defined.name, held_fields.field_name, concat('Field ', held_fields.field_id)))
            = custom_field.field
    where custom_field.field is null and coalesce(trim(held_fields.value), '') <> ''
),

conflicts as (
    select
        entity,
        row_key,
        count(*) as columns
    from raw.table_conflict
    group by entity, row_key
),

reasons as (
    select
        'conversations' as object,
        'ticket' as source_type,
        id as source_id,
        reason_code,
        conversation
    from ticket_facts
    union all
    select
        'conversations' as object,
        'ticket' as source_type,
        source_id,
        reason_code,
        conversation
    from flagged
    where reason_code in ('undated', 'future_date', 'no_subject', 'no_category', 'answer_unfitting')
    union all
    select
        'parts' as object,
        source_type,
        source_id,
        reason_code,
        conversation
    from entry_flags
    where reason_code in ('undated', 'unknown_author', 'unknown_visibility')
    union all
    select
        'attachments' as object,
        attachments.source_type,
        attachments.source_id,
        case
            when cloud_files.file_id is not null and attachments.sha256 is null then 'cloud_file'
            when attachments.sha256 is null then 'bytes_missing'
            else 'file_empty'
        end as reason_code,
        attachments.conversation
    from staging.attachments
    left join cloud_files
        on attachments.source_id = cloud_files.file_id
    where
        attachments.disposition = 'missing'
        or (attachments.disposition = 'manual' and cloud_files.file_id is not null and attachments.sha256 is null)
    union all
    select
        'contacts' as object,
        'user' as source_type,
        contacts.source_id,
        'no_email' as reason_code,
        cast(null as varchar) as conversation
    from staging.contacts
    inner join raw.user as users
        on contacts.source_id = users.user_id
    where contacts.email is null
    union all
    select
        'contacts' as object,
        'user' as source_type,
        source_id,
        case when is_other_name then 'shared_email' else 'duplicate_email' end as reason_code,
        cast(null as varchar) as conversation
    from shared_addresses
    union all
    select
        'teammates' as object,
        'technician' as source_type,
        source_id,
        'account_without_email' as reason_code,
        cast(null as varchar) as conversation
    from staging.teammates
    where email is null
    union all
    select
        case object when 'ticket' then 'conversations' when 'user' then 'contacts' else 'companies' end as object,
        'custom_field' as source_type,
        concat(object, '_', field_id) as source_id,
        'unmapped_field' as reason_code,
        cast(null as varchar) as conversation
    from unmapped_fields
    union all
    select
        case
            when entity = 'ticket' then 'conversations'
            when entity = 'comment' then 'parts'
            when entity = 'user' then 'contacts'
            when entity = 'company' then 'companies'
            when entity = 'category' then 'inboxes'
            when entity in ('tag', 'ticket_tag') then 'tags'
            when entity in ('attachment', 'article_attachment') then 'attachments'
            when entity in ('article', 'article_category') then 'articles'
            else 'inventory'
        end as object,
        'table_conflict' as source_type,
        concat(entity, '_', row_key) as source_id,
        'tables_disagree' as reason_code,
        cast(null as varchar) as conversation
    from conflicts
),

sentences as (
    select
        unnest(
            [
                struct_pack(
                    code := 'requester_missing',
                    sentence := 'The user of the ticket is gone; a contact stands in, named as the ticket has it.',
                    remedy := 'Name the right person, or accept the stand-in.'
                ),
                struct_pack(
                    code := 'agent_missing',
                    sentence := 'Who the ticket is assigned to is no technician any more; nobody is assigned.',
                    remedy := 'Name the teammate who takes it over, or accept none.'
                ),
                struct_pack(
                    code := 'category_missing',
                    sentence := 'The category of the ticket does not exist; the conversation has no inbox.',
                    remedy := 'Name the inbox, or accept none.'
                ),
                struct_pack(
                    code := 'no_category',
                    sentence := 'The ticket has no category; the conversation has no inbox.',
                    remedy := 'Name the inbox, or accept none.'
                ),
                struct_pack(
                    code := 'parent_missing',
                    sentence := 'The parent of the subticket does not exist; its number stands in the attribute.',
                    remedy := 'None needed.'
                ),
                struct_pack(
                    code := 'several_parents',
                    sentence := 'The subticket hangs below several tickets; the oldest is its parent.',
                    remedy := 'None needed: each parent lists it in a note.'
                ),
                struct_pack(
                    code := 'undated',
                    sentence := 'There is no usable time; it takes that of its neighbour.',
                    remedy := 'None: the time is not in the source.'
                ),
                struct_pack(
                    code := 'future_date',
                    sentence := 'The time lies in the future; the ticket takes that of its first comment.',
                    remedy := 'Check the clock of the source and the time zone of the mapping.'
                ),
                struct_pack(
                    code := 'no_subject',
                    sentence := 'The ticket has no subject.',
                    remedy := 'None needed.'
                ),
                struct_pack(
                    code := 'answer_unfitting',
                    sentence := 'A value does not fit the type of its attribute; a note keeps it.',
                    remedy := 'Correct it in the source, or give the attribute another type or option.'
                ),
                struct_pack(
                    code := 'unknown_author',
                    sentence := 'Nobody can tell who wrote the comment; it goes out under the migration''s name.',
                    remedy := 'None needed: a name the source has stands in the text.'
                ),
                struct_pack(
                    code := 'unknown_visibility',
                    sentence := 'The source does not say who may see the comment; it becomes an internal note.',
                    remedy := 'Read it and decide whether the customer may see it.'
                ),
                struct_pack(
                    code := 'bytes_missing',
                    sentence := 'The source lists the file and does not give its content; a note names it.',
                    remedy := 'Look for it on the file share or in a backup, then extract again.'
                ),
                struct_pack(
                    code := 'file_empty',
                    sentence := 'The file holds no byte, and such a file cannot be sent; a note names it.',
                    remedy := 'None: there is nothing in it.'
                ),
                struct_pack(
                    code := 'cloud_file',
                    sentence := 'The file lies in a cloud drive; a note gives its address.',
                    remedy := 'Attach it by hand, or see to it that the address stays.'
                ),
                struct_pack(
                    code := 'no_email',
                    sentence := 'The user has no usable e-mail address; only the external id tells the contact.',
                    remedy := 'Add the address or phone number after the migration.'
                ),
                struct_pack(
                    code := 'duplicate_email',
                    sentence := 'The user is there twice with one address; both become one contact.',
                    remedy := 'None needed.'
                ),
                struct_pack(
                    code := 'shared_email',
                    sentence := 'Users of other names share the address; to Intercom they are one.',
                    remedy := 'Give each an address of their own in the source, or accept one contact.'
                ),
                struct_pack(
                    code := 'account_without_email',
                    sentence := 'The technician has no e-mail address, so they can match no teammate.',
                    remedy := 'Ignore it if it is a technical account; else name the teammate.'
                ),
                struct_pack(
                    code := 'unmapped_field',
                    sentence := 'The custom field is neither mapped nor left out.',
                    remedy := 'Add it to custom_fields of the mapping.'
                ),
                struct_pack(
                    code := 'tables_disagree',
                    sentence := 'Two tables of the database tell the record differently; the prefixed one was taken.',
                    remedy := 'Look at both rows and say which is right.'
                )
            ]
        ) as words
),

texts as (
    select
        struct_extract(words, 'code') as reason_code,
        struct_extract(words, 'sentence') as sentence,
        struct_extract(words, 'remedy') as remedy
    from sentences
),

final as (
    select distinct
        reasons.object,
        reasons.source_type,
        reasons.source_id,
        concat(options.migration, '-', reasons.source_type, '-', reasons.source_id) as external_id,
        reasons.reason_code,
        coalesce(texts.sentence, replace(reasons.reason_code, '_', ' ')) as sentence,
        coalesce(texts.remedy, 'Decide what shall happen.') as remedy,
        reasons.conversation,
        true as is_staged,
        cast(null as varchar) as decision
    from reasons
    cross join options
    left join texts
        on reasons.reason_code = texts.reason_code
    where reasons.reason_code is not null
)

select * from final
