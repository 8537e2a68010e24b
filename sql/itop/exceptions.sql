-- Grain: one row per iTop record and reason why it cannot migrate as it is.
-- All of them are staged with the substitute their sentence names.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

left_out as (
    select
        object,
        source_type,
        source_id
    from staging.left_out
),

homes as (
    select
        records.object,
        records.source_type,
        records.source_id,
        records.conversation
    from staging.records
    left join left_out
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
    select distinct account.contactid as person_id
    from raw.user as account
    inner join staging.teammates
        on account.id = teammates.source_id
),

ticket_facts as (
    select
        ticket.id,
        homes.conversation,
        unnest(
            [
                case when persons.id is null then 'caller_missing' end,
                case
                    when coalesce(ticket.agent_id, '0') <> '0' and agents.person_id is null then 'agent_without_account'
                end,
                case when coalesce(ticket.team_id, '0') <> '0' and team.id is null then 'team_missing' end,
                case
                    when coalesce(ticket.org_id, '0') <> '0' and organization.id is null then 'organization_missing'
                end,
                case
                    when
                        coalesce(
                            nullif(ticket.parent_request_id, '0'), nullif(ticket.parent_incident_id, '0')
                        ) is not null
                        and parents.id is null
                        then 'parent_missing'
                end
            ]
        ) as reason_code
    from raw.ticket
    inner join homes
        on ticket.id = homes.source_id and homes.source_type = 'ticket'
    left join raw.person as persons
        on ticket.caller_id = persons.id
    left join agents
        on ticket.agent_id = agents.person_id
    left join raw.team
        on ticket.team_id = team.id
    left join raw.organization
        on ticket.org_id = organization.id
    left join raw.ticket as parents
        on
            coalesce(nullif(ticket.parent_request_id, '0'), nullif(ticket.parent_incident_id, '0')) = parents.id
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

codes as (
    select nullif(trim(code), '') as code
    from raw.organization
    group by nullif(trim(code), '')
    having count(*) > 1
),

shared_addresses as (
    select
        contacts.source_id,
        lower(trim(contacts.name)) <> lower(trim(survivors.name)) as is_other_name
    from staging.contacts
    inner join staging.contacts as survivors
        on contacts.merged_into = survivors.external_id
),

own_fields as (
    select
        'ticket' as object,
        unnest(json_keys(extra)) as field,
        extra
    from raw.ticket
    where extra is not null
    union all
    select
        'person' as object,
        unnest(json_keys(extra)) as field,
        extra
    from raw.person
    where extra is not null
    union all
    select
        'organization' as object,
        unnest(json_keys(extra)) as field,
        extra
    from raw.organization
    where extra is not null
),

unmapped_fields as (
    select distinct
        own_fields.object,
        own_fields.field
    from own_fields
    left join mapping.custom_field
        on own_fields.object = custom_field.object and own_fields.field = custom_field.field
    where
        custom_field.field is null
        and coalesce(json_extract_string(own_fields.extra, concat('$."', own_fields.field, '"')), '') <> ''
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
    where reason_code in ('undated', 'future_date', 'doubled_hour', 'no_subject', 'answer_unfitting')
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
        source_type,
        source_id,
        case when sha256 is null then 'bytes_missing' else 'file_empty' end as reason_code,
        conversation
    from staging.attachments
    where disposition = 'missing'
    union all
    select
        'contacts' as object,
        'person' as source_type,
        contacts.source_id,
        'no_email' as reason_code,
        cast(null as varchar) as conversation
    from staging.contacts
    inner join raw.person
        on contacts.source_id = person.id
    where contacts.email is null
    union all
    select
        'contacts' as object,
        'person' as source_type,
        source_id,
        case when is_other_name then 'shared_email' else 'duplicate_email' end as reason_code,
        cast(null as varchar) as conversation
    from shared_addresses
    union all
    select
        'companies' as object,
        'organization' as source_type,
        organization.id as source_id,
        'code_used_twice' as reason_code,
        cast(null as varchar) as conversation
    from raw.organization
    inner join codes
        on trim(organization.code) = codes.code
    union all
    select
        'teammates' as object,
        'user' as source_type,
        source_id,
        'account_without_email' as reason_code,
        cast(null as varchar) as conversation
    from staging.teammates
    where email is null
    union all
    select
        case object when 'ticket' then 'conversations' when 'person' then 'contacts' else 'companies' end as object,
        'field' as source_type,
        concat(object, '.', field) as source_id,
        'unmapped_field' as reason_code,
        cast(null as varchar) as conversation
    from unmapped_fields
),

sentences as (
    select
        unnest(
            [
                struct_pack(
                    code := 'caller_missing',
                    sentence := 'The ticket has no caller any more; a contact stands in, named as the ticket has it.',
                    remedy := 'Name the right person, or accept the stand-in.'
                ),
                struct_pack(
                    code := 'agent_without_account',
                    sentence := 'The agent of the ticket has no account; the conversation goes to the team only.',
                    remedy := 'Name the teammate who takes it over, or accept none.'
                ),
                struct_pack(
                    code := 'team_missing',
                    sentence := 'The team of the ticket does not exist; the conversation has no inbox.',
                    remedy := 'Name the team, or accept none.'
                ),
                struct_pack(
                    code := 'organization_missing',
                    sentence := 'The organization does not exist; there is no company.',
                    remedy := 'Name the right company, or accept none.'
                ),
                struct_pack(
                    code := 'parent_missing',
                    sentence := 'The parent of the ticket does not exist.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'undated',
                    sentence := 'There is no usable time; it takes that of its neighbour.',
                    remedy := 'Nothing can be done: the time is not in the source.'
                ),
                struct_pack(
                    code := 'future_date',
                    sentence := 'The time lies in the future; the ticket takes that of its first entry.',
                    remedy := 'Check the clock of the source and the time zone of the mapping.'
                ),
                struct_pack(
                    code := 'doubled_hour',
                    sentence := 'The start lies in the hour that came twice in autumn; the first of the two was taken.',
                    remedy := 'Nothing needs to be done: iTop does not tell which of the two it was.'
                ),
                struct_pack(
                    code := 'no_subject',
                    sentence := 'The ticket has no title.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'answer_unfitting',
                    sentence := 'A value does not fit the type of its attribute; a note keeps it.',
                    remedy := 'Correct it in the source, or give the attribute another type or option.'
                ),
                struct_pack(
                    code := 'unknown_author',
                    sentence := 'Nobody can tell who wrote the entry; it goes out under the migration''s name.',
                    remedy := 'Nothing needs to be done: the name in the source stands in the text.'
                ),
                struct_pack(
                    code := 'unknown_visibility',
                    sentence := 'The log of the entry is not known; it becomes an internal note.',
                    remedy := 'Read it and decide whether the customer may see it.'
                ),
                struct_pack(
                    code := 'bytes_missing',
                    sentence := 'The content of the file vanished while it was read; a note names it.',
                    remedy := 'Extract again.'
                ),
                struct_pack(
                    code := 'file_empty',
                    sentence := 'The file holds no byte, and such a file cannot be sent; a note names it.',
                    remedy := 'Nothing needs to be done: there is nothing in it.'
                ),
                struct_pack(
                    code := 'no_email',
                    sentence := 'The person has no usable e-mail address; only the external id tells the contact.',
                    remedy := 'Add the address or phone number after the migration.'
                ),
                struct_pack(
                    code := 'duplicate_email',
                    sentence := 'The person is in iTop twice with one address; both become one contact.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'shared_email',
                    sentence := 'Persons of other names share the address; to Intercom they are one.',
                    remedy := 'Give each an address of their own in the source, or accept one contact.'
                ),
                struct_pack(
                    code := 'code_used_twice',
                    sentence := 'Several organizations use the code; companies are told apart by their id.',
                    remedy := 'Decide whether they are one company.'
                ),
                struct_pack(
                    code := 'account_without_email',
                    sentence := 'The account has no e-mail address, so it can match no teammate.',
                    remedy := 'Ignore it if it is a technical account; else name the teammate.'
                ),
                struct_pack(
                    code := 'unmapped_field',
                    sentence := 'The installation''s own field is neither mapped nor left out.',
                    remedy := 'Add it to custom_fields of the mapping.'
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
