-- Grain: one row per iTop user request or incident with home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        coalesce(max(value) filter (where name = 'target_kind'), 'conversation') as target_kind,
        coalesce(try_cast(max(value) filter (where name = 'snooze_days') as integer), 30) as snooze_days
    from mapping.option
),

windows as (
    select
        conversation,
        source_id,
        home_window,
        dated_at,
        basis
    from staging.windows
    where home_window >= $window_start and home_window < $window_end
),

tickets as (
    select
        windows.conversation,
        windows.home_window,
        windows.dated_at,
        windows.basis,
        ticket.id,
        ticket.class,
        coalesce(nullif(trim(ticket.ref), ''), ticket.id) as number,
        nullif(trim(ticket.title), '') as title,
        ticket.description,
        nullif(ticket.org_id, '0') as org_id,
        coalesce(nullif(ticket.caller_id, ''), '0') as caller_id,
        trim(ticket.caller_id_friendlyname) as caller_name,
        nullif(ticket.team_id, '0') as team_id,
        nullif(ticket.agent_id, '0') as agent_id,
        ticket.status,
        ticket.impact,
        ticket.urgency,
        ticket.priority,
        ticket.origin,
        ticket.request_type,
        ticket.start_date,
        coalesce(nullif(ticket.parent_request_id, '0'), nullif(ticket.parent_incident_id, '0')) as parent_id,
        nullif(ticket.parent_problem_id, '0') as problem_id,
        nullif(ticket.parent_change_id, '0') as change_id,
        nullif(trim(ticket.service_name), '') as service_name,
        nullif(trim(ticket.servicesubcategory_name), '') as subcategory_name,
        ticket.pending_reason,
        ticket.solution,
        ticket.sla_tto_passed,
        ticket.sla_ttr_passed,
        ticket.extra,
        utc(ticket.last_update, options.time_zone) as updated_at,
        utc(ticket.close_date, options.time_zone) as closed_at,
        utc(ticket.resolution_date, options.time_zone) as resolved_at,
        utc(ticket.last_pending_date, options.time_zone) as pending_at,
        coalesce(windows.dated_at, cast(windows.home_window as timestamp)) as opened_at,
        try_strptime(left(ticket._extraction, 15), '%Y%m%dT%H%M%S') as extracted_at,
        -- iTop shows the first value of a list where nobody chose one: these count only once the ticket got there.
        case when ticket.resolution_date <> '' then ticket.resolution_code end as resolution_code,
        case
            when ticket.status = 'closed' and ticket.close_date <> '' then ticket.user_satisfaction
        end as satisfaction,
        case
            when ticket.status = 'closed' and ticket.close_date <> '' then ticket.user_comment
        end as user_comment,
        -- Of an hour that came twice the first is taken; one more hour on the clock is then two hours later.
        date_diff(
            'second',
            utc(ticket.start_date, options.time_zone),
            utc(
                strftime(try_cast(ticket.start_date as timestamp) + interval 1 hour, '%Y-%m-%d %H:%M:%S'),
                options.time_zone
            )
        ) > 3600 as is_in_doubled_hour,
        md5(
            concat_ws(
                '|', ticket.id, ticket.ref, ticket.title, ticket.description, ticket.org_id, ticket.caller_id,
                ticket.team_id, ticket.agent_id, ticket.status, ticket.impact, ticket.urgency, ticket.priority,
                ticket.origin, ticket.request_type, ticket.start_date, ticket.parent_request_id,
                ticket.parent_incident_id, ticket.service_name, ticket.servicesubcategory_name, ticket.pending_reason,
                ticket.solution, ticket.close_date, ticket.resolution_date, ticket.resolution_code,
                ticket.user_satisfaction, ticket.user_comment, ticket.sla_tto_passed, ticket.sla_ttr_passed,
                ticket.last_pending_date, ticket.extra
            )
        ) as row_digest
    from raw.ticket
    cross join options
    inner join windows
        on ticket.id = windows.source_id
),

contacts as (
    select
        source_id,
        coalesce(merged_into, external_id) as survivor
    from staging.contacts
),

-- Who wrote an entry: its account's person; else, by the name that stands in it, the caller, then a contact of the
-- ticket, then the only person of that name. Names alone decide only where they are unique.

accounts as (
    select
        account.id,
        nullif(account.contactid, '0') as person_id,
        teammates.external_id as teammate
    from raw.user as account
    left join staging.teammates
        on account.id = teammates.source_id
),

agents as (
    select
        person_id,
        min_by(teammate, try_cast(id as bigint)) as teammate
    from accounts
    where person_id is not null and teammate is not null
    group by person_id
),

named_persons as (
    select
        trim(friendlyname) as name,
        min(id) as person_id
    from raw.person
    where trim(friendlyname) <> ''
    group by trim(friendlyname)
    having count(*) = 1
),

named_contacts as (
    select
        contact_to_ticket.ticket_id,
        trim(person.friendlyname) as name,
        min(person.id) as person_id
    from raw.contact_to_ticket
    inner join raw.person
        on contact_to_ticket.contact_id = person.id
    group by contact_to_ticket.ticket_id, trim(person.friendlyname)
    having count(distinct person.id) = 1
),

written as (
    select
        tickets.conversation,
        tickets.caller_id,
        concat(log_entry.ticket_id, '_', log_entry.log, '_', log_entry.position) as id,
        log_entry.log <> 'public_log' as is_internal,
        trim(coalesce(log_entry.user_login, '')) as name,
        accounts.teammate as own_teammate,
        coalesce(
            accounts.person_id,
            case when trim(log_entry.user_login) = tickets.caller_name then tickets.caller_id end,
            named_contacts.person_id,
            named_persons.person_id
        ) as person_id
    from raw.log_entry
    inner join tickets
        on log_entry.ticket_id = tickets.id
    left join accounts
        on log_entry.user_id = accounts.id
    left join named_contacts
        on log_entry.ticket_id = named_contacts.ticket_id and trim(log_entry.user_login) = named_contacts.name
    left join named_persons
        on trim(log_entry.user_login) = named_persons.name
),

-- A caller who is an agent, too, speaks as the caller in public and as the agent in internal notes.
authors as (
    select
        written.id,
        written.conversation,
        case
            when not written.is_internal and written.person_id = written.caller_id then 'contact'
            when coalesce(written.own_teammate, agents.teammate) is not null then 'teammate'
            when not written.is_internal and contacts.survivor is not null then 'contact'
            when written.name = '' then 'system'
            else 'teammate'
        end as author_kind,
        case
            when not written.is_internal and written.person_id = written.caller_id then contacts.survivor
            when coalesce(written.own_teammate, agents.teammate) is not null
                then coalesce(written.own_teammate, agents.teammate)
            when not written.is_internal then contacts.survivor
        end as author,
        written.person_id
    from written
    left join agents
        on written.person_id = agents.person_id
    left join contacts
        on written.person_id = contacts.source_id
),

first_entries as (
    select
        tickets.conversation,
        min(utc(log_entry.date, options.time_zone)) as entry_at,
        count(*) as entries
    from raw.log_entry
    cross join options
    inner join tickets
        on log_entry.ticket_id = tickets.id
    group by tickets.conversation
),

linked_contacts as (
    select
        tickets.conversation,
        contacts.survivor as contact
    from raw.contact_to_ticket
    inner join tickets
        on contact_to_ticket.ticket_id = tickets.id
    inner join contacts
        on contact_to_ticket.contact_id = contacts.source_id
    left join agents
        on contact_to_ticket.contact_id = agents.person_id
    where contact_to_ticket.role_code = 'manual' and agents.person_id is null
),

others as (
    select
        conversation,
        author as contact
    from authors
    where author_kind = 'contact' and author is not null
    union
    select
        conversation,
        contact
    from linked_contacts
),

requesters as (
    select
        tickets.conversation,
        contacts.survivor as contact
    from tickets
    inner join contacts
        on tickets.caller_id = contacts.source_id
),

participants as (
    select
        others.conversation,
        list(others.contact order by others.contact) as participants
    from others
    inner join requesters
        on others.conversation = requesters.conversation
    where others.contact <> requesters.contact
    group by others.conversation
),

-- A picture pasted into a text is fetched by an address with a secret, which dies with the server: the file travels.
pictures as (
    select
        concat(options.migration, '-ticket-', item_id) as conversation,
        list(
            struct_pack(
                cid := concat('inline_image_', inline_image.id),
                name := coalesce(nullif(trim(inline_image.filename), ''), concat('image-', inline_image.id))
            )
            order by inline_image.id
        ) as names
    from raw.inline_image
    cross join options
    where inline_image.item_class in ('UserRequest', 'Incident')
    group by concat(options.migration, '-ticket-', item_id)
),

descriptions as (
    select
        tickets.conversation,
        regexp_replace(
            regexp_replace(
                case
                    when regexp_matches(coalesce(tickets.description, ''), '<[A-Za-z/!]') then tickets.description
                    else replace(trim(coalesce(tickets.description, '')), e'\n', '<br>')
                end,
                '(?i)<img[^>]*download_inlineimage[^>]*?[?&;]id=([0-9]+)[^>]*>',
                '<img src="cid:inline_image_\1">',
                'g'
            ),
            '(?i)(download_inlineimage[^"''\s<>]*?)&(?:amp;)?s=[^&"''\s<>]*',
            '\1',
            'g'
        ) as body,
        pictures.names
    from tickets
    left join pictures
        on tickets.conversation = pictures.conversation
    where trim(coalesce(tickets.description, '')) <> ''
),

openings as (
    select
        conversation,
        coalesce(nullif(trim(html_text(coalesce(name_images(body, names), body))), ''), '(empty)') as body_text,
        coalesce(nullif(part_html(coalesce(name_images(body, names), body)), ''), '<p>(empty)</p>') as body_html
    from descriptions
),

-- Impacted items: those somebody set by hand; what the impact analysis added stands apart.
items as (
    select
        tickets.conversation,
        string_agg(ci_to_ticket.functionalci_name, ', ' order by ci_to_ticket.functionalci_name)
        filter (where ci_to_ticket.impact_code = 'manual') as by_hand,
        string_agg(ci_to_ticket.functionalci_name, ', ' order by ci_to_ticket.functionalci_name)
        filter (where ci_to_ticket.impact_code <> 'manual') as computed
    from raw.ci_to_ticket
    inner join tickets
        on ci_to_ticket.ticket_id = tickets.id
    group by tickets.conversation
),

status_targets as (
    select
        source_value,
        max(target_value) filter (where field = 'status') as state,
        max(target_value) filter (where field = 'ticket_state') as ticket_state
    from mapping.value
    where field in ('status', 'ticket_state')
    group by source_value
),

-- The codes of iTop's own lists; the mapping may give them other words.
standard_labels as (
    select
        unnest(
            [
                'priority', 'priority', 'priority', 'priority', 'urgency', 'urgency', 'urgency', 'urgency', 'impact',
                'impact', 'impact'
            ]
        ) as field,
        unnest(['1', '2', '3', '4', '1', '2', '3', '4', '1', '2', '3']) as source_value,
        unnest(
            [
                'critical', 'high', 'medium', 'low', 'critical', 'high', 'medium', 'low', 'department', 'service',
                'person'
            ]
        ) as target_value
),

labels as (
    select
        field,
        source_value,
        target_value
    from mapping.value
    where field in ('priority', 'urgency', 'impact')
    union all
    select
        standard_labels.field,
        standard_labels.source_value,
        standard_labels.target_value
    from standard_labels
    where standard_labels.field not in (select value.field from mapping.value)
),

references_by_id as (
    select
        id,
        name
    from raw.record
    where root in ('Problem', 'Change')
),

inboxes as (
    select
        source_id,
        coalesce(merged_into, external_id) as inbox,
        name
    from staging.inboxes
),

described as (
    select
        tickets.conversation,
        tickets.home_window,
        tickets.dated_at,
        tickets.basis,
        tickets.id,
        tickets.class,
        tickets.number,
        tickets.title,
        tickets.description,
        tickets.org_id,
        tickets.caller_id,
        tickets.caller_name,
        tickets.team_id,
        tickets.agent_id,
        tickets.status,
        tickets.impact,
        tickets.urgency,
        tickets.priority,
        tickets.origin,
        tickets.request_type,
        tickets.start_date,
        tickets.parent_id,
        tickets.problem_id,
        tickets.change_id,
        tickets.service_name,
        tickets.subcategory_name,
        tickets.pending_reason,
        tickets.solution,
        tickets.sla_tto_passed,
        tickets.sla_ttr_passed,
        tickets.extra,
        tickets.updated_at,
        tickets.closed_at,
        tickets.resolved_at,
        tickets.pending_at,
        tickets.opened_at,
        tickets.extracted_at,
        tickets.resolution_code,
        tickets.satisfaction,
        tickets.user_comment,
        tickets.is_in_doubled_hour,
        tickets.row_digest,
        concat(options.migration, '_source_id') as source_id_name,
        status_targets.state,
        status_targets.ticket_state,
        coalesce(priorities.target_value, tickets.priority) as priority_label,
        coalesce(urgencies.target_value, tickets.urgency) as urgency_label,
        coalesce(impacts.target_value, tickets.impact) as impact_label,
        agents.teammate as assignee,
        persons.friendlyname as agent_name,
        inboxes.inbox,
        inboxes.name as team_name,
        companies.external_id as company,
        companies.name as company_name,
        parents.ref as parent_ref,
        case when parents.id is not null then concat(options.migration, '-ticket-', parents.id) end as parent,
        problems.name as problem_ref,
        changes.name as change_ref,
        items.by_hand,
        items.computed
    from tickets
    cross join options
    left join status_targets
        on tickets.status = status_targets.source_value
    left join labels as priorities
        on tickets.priority = priorities.source_value and priorities.field = 'priority'
    left join labels as urgencies
        on tickets.urgency = urgencies.source_value and urgencies.field = 'urgency'
    left join labels as impacts
        on tickets.impact = impacts.source_value and impacts.field = 'impact'
    left join agents
        on tickets.agent_id = agents.person_id
    left join raw.person as persons
        on tickets.agent_id = persons.id
    left join inboxes
        on tickets.team_id = inboxes.source_id
    left join staging.companies
        on tickets.org_id = companies.source_id
    left join raw.ticket as parents
        on tickets.parent_id = parents.id and tickets.parent_id <> tickets.id
    left join references_by_id as problems
        on tickets.problem_id = problems.id
    left join references_by_id as changes
        on tickets.change_id = changes.id
    left join items
        on tickets.conversation = items.conversation
),

facts as (
    select
        conversation,
        unnest(
            [
                struct_pack(name := 'migrated_from', value := 'iTop', data_type := 'string'),
                struct_pack(name := source_id_name, value := conversation, data_type := 'string'),
                struct_pack(name := 'itop_ref', value := number, data_type := 'string'),
                struct_pack(name := 'itop_ticket_id', value := id, data_type := 'string'),
                struct_pack(name := 'itop_class', value := class, data_type := 'string'),
                struct_pack(name := 'itop_status', value := status, data_type := 'string'),
                struct_pack(name := 'itop_priority', value := priority_label, data_type := 'list'),
                struct_pack(name := 'itop_urgency', value := urgency_label, data_type := 'list'),
                struct_pack(name := 'itop_impact', value := impact_label, data_type := 'list'),
                struct_pack(name := 'itop_origin', value := origin, data_type := 'string'),
                struct_pack(name := 'itop_request_type', value := request_type, data_type := 'string'),
                struct_pack(name := 'itop_team', value := team_name, data_type := 'string'),
                struct_pack(name := 'itop_agent', value := agent_name, data_type := 'string'),
                struct_pack(name := 'itop_organization', value := company_name, data_type := 'string'),
                struct_pack(name := 'service_name', value := service_name, data_type := 'string'),
                struct_pack(name := 'itop_service_subcategory', value := subcategory_name, data_type := 'string'),
                struct_pack(name := 'impacted_ci_name', value := by_hand, data_type := 'string'),
                struct_pack(name := 'itop_computed_ci_name', value := computed, data_type := 'string'),
                struct_pack(name := 'itop_parent_ref', value := parent_ref, data_type := 'string'),
                struct_pack(name := 'itop_problem_ref', value := problem_ref, data_type := 'string'),
                struct_pack(name := 'itop_change_ref', value := change_ref, data_type := 'string'),
                struct_pack(name := 'itop_pending_reason', value := pending_reason, data_type := 'string'),
                struct_pack(name := 'itop_resolution_code', value := resolution_code, data_type := 'string'),
                struct_pack(name := 'itop_solution', value := solution, data_type := 'string'),
                struct_pack(name := 'itop_user_satisfaction', value := satisfaction, data_type := 'string'),
                struct_pack(name := 'itop_user_comment', value := user_comment, data_type := 'string'),
                struct_pack(name := 'itop_sla_tto_passed', value := sla_tto_passed, data_type := 'boolean'),
                struct_pack(name := 'itop_sla_ttr_passed', value := sla_ttr_passed, data_type := 'boolean'),
                struct_pack(
                    name := 'itop_created_at',
                    value := strftime(opened_at, '%Y-%m-%dT%H:%M:%SZ'),
                    data_type := 'datetime'
                ),
                struct_pack(
                    name := 'itop_resolved_at',
                    value := strftime(resolved_at, '%Y-%m-%dT%H:%M:%SZ'),
                    data_type := 'datetime'
                ),
                struct_pack(
                    name := 'itop_closed_at',
                    value := strftime(closed_at, '%Y-%m-%dT%H:%M:%SZ'),
                    data_type := 'datetime'
                )
            ]
        ) as fact
    from described
),

pairs as (
    select
        conversation,
        struct_extract(fact, 'name') as name,
        struct_extract(fact, 'value') as value,
        struct_extract(fact, 'data_type') as data_type
    from facts
    union all
    select
        tickets.conversation,
        custom_field.attribute as name,
        json_extract_string(tickets.extra, concat('$."', custom_field.field, '"')) as value,
        attribute.data_type
    from tickets
    inner join mapping.custom_field
        on custom_field.object = 'ticket' and custom_field.attribute is not null
    inner join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'conversation'
),

judged as (
    select
        pairs.conversation,
        pairs.name,
        pairs.value,
        pairs.data_type,
        -- A value that does not fit its attribute stands in a note, see parts.sql.
        trim(pairs.value) <> ''
        and case
            when pairs.data_type = 'list' then not list_contains(attribute.options, trim(pairs.value))
            when pairs.data_type in ('string', 'text') then false
            else attribute_value(pairs.value, pairs.data_type) is null
        end as is_unfitting
    from pairs
    -- An attribute the mapping does not declare is not wanted; the mark of what the migration owns always is.
    left join mapping.attribute
        on pairs.name = attribute.name and attribute.object = 'conversation'
    where attribute.name is not null or pairs.value = pairs.conversation
),

collected as (
    select
        conversation,
        list(
            struct_pack(
                name := name,
                -- Longer texts stand in full in a note, see parts.sql.
                value := case
                    when is_unfitting then null
                    when data_type in ('string', 'text') and length(value) > 255 then concat(left(value, 250), '…')
                    else value
                end,
                data_type := data_type
            )
            order by name
        ) as pairs,
        md5(string_agg(concat_ws('=', name, value), '|' order by name, value)) as digest,
        coalesce(bool_or(is_unfitting), false) as has_unfitting
    from judged
    group by conversation
),

final as (
    select
        described.conversation as external_id,
        'ticket' as source_type,
        described.id as source_id,
        md5(
            concat_ws(
                '|', described.row_digest, described.company_name, described.team_name, described.by_hand,
                described.computed, described.parent_ref, described.problem_ref, described.change_ref
            )
        ) as source_digest,
        described.home_window,
        options.target_kind,
        described.number,
        requesters.contact,
        requesters.contact as opening_author,
        coalesce(participants.participants, cast([] as varchar[])) as participants,
        case
            when length(described.title) > 255 then concat(left(described.title, 250), '…')
            else coalesce(described.title, '(no subject)')
        end as title,
        coalesce(
            openings.body_text, concat('Ticket ', described.number, ' · ', coalesce(described.title, '(no subject)'))
        ) as opening_text,
        openings.body_html as opening_html,
        case
            when openings.conversation is not null then concat(options.migration, '-description-', described.id)
        end as opening_part,
        -- An entry from before the ticket (moved or back-dated) must not stand behind a later opening.
        date_trunc(
            'second',
            least(described.opened_at, coalesce(first_entries.entry_at, described.opened_at))
        ) as opening_at,
        described.state,
        -- A pending ticket has no date on which it wakes; counted from the extraction, old ones stay asleep, too.
        case
            when described.state = 'snoozed'
                then date_trunc(
                    'day',
                    greatest(coalesce(described.pending_at, described.opened_at), described.extracted_at)
                )
                + to_days(options.snooze_days)
        end as snoozed_until,
        described.status as source_status,
        described.ticket_state,
        described.assignee,
        described.inbox,
        described.company,
        [concat(options.migration, '-tag-migrated')] as tags,
        attributes(collected.pairs) as custom_attributes,
        described.parent,
        described.opened_at as created_at,
        described.updated_at,
        described.closed_at,
        list_sort(
            list_distinct(
                [
                    case
                        when described.basis <> 'created_at' and utc(described.start_date, options.time_zone) is null
                            then 'undated'
                        when described.basis <> 'created_at' then 'future_date'
                    end,
                    case when described.is_in_doubled_hour then 'doubled_hour' end,
                    case when openings.conversation is null then 'generated_opening' end,
                    case when first_entries.entries is null then 'no_entries' end,
                    case when described.title is null then 'no_subject' end,
                    case when collected.has_unfitting then 'answer_unfitting' end
                ]
            )
        ) as flags
    from described
    cross join options
    inner join requesters
        on described.conversation = requesters.conversation
    left join openings
        on described.conversation = openings.conversation
    left join first_entries
        on described.conversation = first_entries.conversation
    left join participants
        on described.conversation = participants.conversation
    left join collected
        on described.conversation = collected.conversation
)

select * from final
