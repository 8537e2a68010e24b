-- Grain: one row per osTicket record that is written down for people instead of migrated.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

inboxes as (
    select
        source_type,
        source_id,
        name
    from staging.inboxes
),

topics as (
    select
        source_id,
        source_label
    from staging.tags
    where source_type = 'help_topic'
),

agents as (
    select
        source_id,
        name
    from staging.teammates
),

plan_names as (
    select
        id,
        max(name) as name
    from raw.sla
    group by id
),

schedule_names as (
    select
        id,
        max(name) as name
    from raw.schedule
    group by id
),

role_names as (
    select
        id,
        max(name) as name
    from raw.role
    group by id
),

priority_names as (
    select
        priority_id,
        max(priority_desc) as name
    from raw.ticket_priority
    group by priority_id
),

plan_tickets as (
    select
        sla_id,
        count(*) as tickets
    from raw.ticket
    group by sla_id
),

topic_tickets as (
    select
        topic_id,
        count(*) as tickets
    from raw.ticket
    group by topic_id
),

plan_topics as (
    select
        help_topic.sla_id,
        string_agg(topics.source_label, ', ' order by topics.source_label) as topics
    from raw.help_topic
    inner join topics
        on help_topic.topic_id = topics.source_id
    group by help_topic.sla_id
),

plan_departments as (
    select
        department.sla_id,
        string_agg(inboxes.name, ', ' order by inboxes.name) as departments
    from raw.department
    inner join inboxes
        on department.id = inboxes.source_id and inboxes.source_type = 'department'
    group by department.sla_id
),

slas as (
    select
        'sla' as kind,
        'sla' as source_type,
        sla.id as source_id,
        sla.name,
        cast(
            to_json(
                struct_pack(
                    grace_hours := sla.grace_period,
                    is_active := (coalesce(try_cast(sla.flags as bigint), 0) & 1) > 0,
                    schedule := schedule_names.name,
                    tickets := coalesce(plan_tickets.tickets, 0),
                    help_topics := plan_topics.topics,
                    departments := plan_departments.departments,
                    notes := sla.notes,
                    suggestion := concat('an inbox rule with a target of ', sla.grace_period, ' hours')
                )
            ) as varchar
        ) as details
    from raw.sla
    left join schedule_names
        on sla.schedule_id = schedule_names.id
    left join plan_tickets
        on sla.id = plan_tickets.sla_id
    left join plan_topics
        on sla.id = plan_topics.sla_id
    left join plan_departments
        on sla.id = plan_departments.sla_id
),

help_topics as (
    select
        'help_topic' as kind,
        'help_topic' as source_type,
        help_topic.topic_id as source_id,
        topics.source_label as name,
        cast(
            to_json(
                struct_pack(
                    is_public := help_topic.ispublic = '1',
                    is_active := (coalesce(try_cast(help_topic.flags as bigint), 0) & 2) > 0,
                    department := departments.name,
                    team := teams.name,
                    agent := agents.name,
                    sla := plan_names.name,
                    priority := priority_names.name,
                    tickets := coalesce(topic_tickets.tickets, 0),
                    notes := help_topic.notes
                )
            ) as varchar
        ) as details
    from raw.help_topic
    left join topics
        on help_topic.topic_id = topics.source_id
    left join inboxes as departments
        on help_topic.dept_id = departments.source_id and departments.source_type = 'department'
    left join inboxes as teams
        on help_topic.team_id = teams.source_id and teams.source_type = 'team'
    left join agents
        on help_topic.staff_id = agents.source_id
    left join plan_names
        on help_topic.sla_id = plan_names.id
    left join priority_names
        on help_topic.priority_id = priority_names.priority_id
    left join topic_tickets
        on help_topic.topic_id = topic_tickets.topic_id
),

canned_files as (
    select
        attachment.object_id as canned_id,
        string_agg(coalesce(nullif(attachment.name, ''), file.name), ', ' order by attachment.id) as files
    from raw.attachment
    left join raw.file
        on attachment.file_id = file.id
    where attachment.type = 'C'
    group by attachment.object_id
),

canned_responses as (
    select
        'canned_response' as kind,
        'canned_response' as source_type,
        canned_response.canned_id as source_id,
        canned_response.title as name,
        cast(
            to_json(
                struct_pack(
                    is_enabled := canned_response.isenabled = '1',
                    department := coalesce(departments.name, 'all'),
                    text := html_text(canned_response.response),
                    variables := array_to_string(regexp_extract_all(canned_response.response, '%\{([^}]+)\}', 1), ', '),
                    files := canned_files.files,
                    notes := canned_response.notes
                )
            ) as varchar
        ) as details
    from raw.canned_response
    left join inboxes as departments
        on canned_response.dept_id = departments.source_id and departments.source_type = 'department'
    left join canned_files
        on canned_response.canned_id = canned_files.canned_id
),

filter_rules as (
    select
        filter_rule.filter_id,
        string_agg(
            concat(
                coalesce(form_field.label, filter_rule.what), ' ', replace(filter_rule.how, '_', ' '), ' "',
                filter_rule.val, '"', case when filter_rule.isactive = '1' then '' else ' (off)' end
            ),
            '; ' order by try_cast(filter_rule.id as bigint), filter_rule.id
        ) as rules
    from raw.filter_rule
    left join raw.form_field
        on filter_rule.what = concat('field.', form_field.id)
    group by filter_rule.filter_id
),

filter_actions as (
    select
        filter_action.filter_id,
        string_agg(
            concat(filter_action.type, ' ', filter_action.configuration),
            '; ' order by try_cast(filter_action.sort as bigint), try_cast(filter_action.id as bigint), filter_action.id
        ) as actions
    from raw.filter_action
    group by filter_action.filter_id
),

filters as (
    select
        'filter' as kind,
        'filter' as source_type,
        filter.id as source_id,
        filter.name,
        cast(
            to_json(
                struct_pack(
                    is_active := filter.isactive = '1',
                    run_order := filter.execorder,
                    channel := filter.target,
                    rules_joined_by := case when filter.match_all_rules = '1' then 'and' else 'or' end,
                    stops_on_match := filter.stop_onmatch = '1',
                    rules := filter_rules.rules,
                    actions := filter_actions.actions,
                    notes := filter.notes,
                    suggestion := 'rebuild as a workflow'
                )
            ) as varchar
        ) as details
    from raw.filter
    left join filter_rules
        on filter.id = filter_rules.filter_id
    left join filter_actions
        on filter.id = filter_actions.filter_id
),

email_templates as (
    select
        'email_template' as kind,
        'email_template' as source_type,
        email_template.id as source_id,
        email_template.code_name as name,
        cast(
            to_json(
                struct_pack(
                    group_name := email_template_group.name,
                    language := email_template_group.lang,
                    is_active := email_template_group.isactive = '1',
                    subject := email_template.subject,
                    text := html_text(email_template.body)
                )
            ) as varchar
        ) as details
    from raw.email_template
    left join raw.email_template_group
        on email_template.tpl_id = email_template_group.tpl_id
),

pages as (
    select
        'page' as kind,
        'content' as source_type,
        content.id as source_id,
        content.name,
        cast(
            to_json(
                struct_pack(
                    type := content.type,
                    is_active := content.isactive = '1',
                    text := html_text(content.body)
                )
            ) as varchar
        ) as details
    from raw.content
),

quick_notes as (
    select
        'quick_note' as kind,
        'note' as source_type,
        note.id as source_id,
        concat(
            'Note about ', case left(note.ext_id, 1) when 'U' then 'user ' else 'organization ' end,
            substr(note.ext_id, 2)
        ) as name,
        cast(
            to_json(
                struct_pack(
                    about := concat(
                        options.migration,
                        case left(note.ext_id, 1) when 'U' then '-user-' else '-organization-' end,
                        substr(note.ext_id, 2)
                    ),
                    agent := agents.name,
                    text := html_text(note.body),
                    created := note.created
                )
            ) as varchar
        ) as details
    from raw.note
    cross join options
    left join agents
        on note.staff_id = agents.source_id
),

referrals as (
    select
        'referral' as kind,
        'thread_referral' as source_type,
        thread_referral.id as source_id,
        concat('Referral of ', coalesce(ticket.number, thread_referral.thread_id)) as name,
        cast(
            to_json(
                struct_pack(
                    ticket := ticket.number,
                    referred_to := coalesce(
                        agents.name, departments.name, concat(thread_referral.object_type, thread_referral.object_id)
                    ),
                    created := thread_referral.created
                )
            ) as varchar
        ) as details
    from raw.thread_referral
    left join raw.thread
        on thread_referral.thread_id = thread.id
    left join raw.ticket
        on thread.object_id = ticket.ticket_id and thread.object_type = 'T'
    left join agents
        on thread_referral.object_id = agents.source_id and thread_referral.object_type = 'S'
    left join inboxes as departments
        on
            thread_referral.object_id = departments.source_id
            and departments.source_type = 'department'
            and thread_referral.object_type = 'D'
),

schedule_entries as (
    select
        schedule_id,
        string_agg(
            concat_ws(' ', name, repeats, starts_on, starts_at, 'to', ends_on, ends_at),
            '; ' order by try_cast(sort as bigint), try_cast(id as bigint), id
        ) as entries
    from raw.schedule_entry
    group by schedule_id
),

schedules as (
    select
        'schedule' as kind,
        'schedule' as source_type,
        schedule.id as source_id,
        schedule.name,
        cast(
            to_json(
                struct_pack(
                    time_zone := schedule.timezone,
                    description := schedule.description,
                    entries := schedule_entries.entries
                )
            ) as varchar
        ) as details
    from raw.schedule
    left join schedule_entries
        on schedule.id = schedule_entries.schedule_id
),

roles as (
    select
        'role' as kind,
        'role' as source_type,
        role.id as source_id,
        role.name,
        cast(
            to_json(
                struct_pack(
                    permissions := array_to_string(
                        json_keys(case when json_valid(role.permissions) then role.permissions end), ', '
                    ),
                    notes := role.notes
                )
            ) as varchar
        ) as details
    from raw.role
),

agent_queue as (
    select
        'agent_queue' as kind,
        'staff' as source_type,
        teammates.source_id,
        teammates.name,
        cast(
            to_json(
                struct_pack(
                    email := teammates.email,
                    is_active := teammates.is_active,
                    roles := array_to_string(teammates.roles, ', '),
                    to_do := case
                        when teammates.is_active then 'match with an Intercom teammate'
                        else 'never invited; name who takes over'
                    end
                )
            ) as varchar
        ) as details
    from staging.teammates
),

departments as (
    select
        'department_routing' as kind,
        'department' as source_type,
        department.id as source_id,
        inboxes.name,
        cast(
            to_json(
                struct_pack(
                    address := email.email,
                    is_public := department.ispublic = '1',
                    is_active := (coalesce(try_cast(department.flags as bigint), 4) & 4) > 0,
                    manager := agents.name,
                    sla := plan_names.name,
                    schedule := schedule_names.name,
                    signature := html_text(department.signature),
                    to_do := 'forward this address to the inbox'
                )
            ) as varchar
        ) as details
    from raw.department
    left join inboxes
        on department.id = inboxes.source_id and inboxes.source_type = 'department'
    left join raw.email
        on department.email_id = email.email_id
    left join agents
        on department.manager_id = agents.source_id
    left join plan_names
        on department.sla_id = plan_names.id
    left join schedule_names
        on department.schedule_id = schedule_names.id
),

mailboxes as (
    select
        'integration' as kind,
        'email' as source_type,
        email.email_id as source_id,
        email.email as name,
        cast(
            to_json(
                struct_pack(
                    name := email.name,
                    department := departments.name,
                    notes := email.notes,
                    to_do := 'forward to Intercom or close'
                )
            ) as varchar
        ) as details
    from raw.email
    left join inboxes as departments
        on email.dept_id = departments.source_id and departments.source_type = 'department'
),

field_answers as (
    select
        field_id,
        count(*) as answers
    from raw.form_entry_values
    where nullif(value, '') is not null
    group by field_id
),

custom_fields as (
    select
        'custom_field' as kind,
        'form_field' as source_type,
        form_field.id as source_id,
        coalesce(nullif(form_field.label, ''), nullif(form_field.name, ''), concat('field_', form_field.id)) as name,
        cast(
            to_json(
                struct_pack(
                    form := form.title,
                    name := coalesce(nullif(form_field.name, ''), concat('field_', form_field.id)),
                    type := form_field.type,
                    answers := coalesce(field_answers.answers, 0),
                    attribute := custom_field.attribute,
                    left_out := custom_field.left_out,
                    is_enabled := (coalesce(try_cast(form_field.flags as bigint), 0) & 1) > 0,
                    customer_sees := (coalesce(try_cast(form_field.flags as bigint), 0) & 256) > 0,
                    customer_must_fill := (coalesce(try_cast(form_field.flags as bigint), 0) & 1024) > 0,
                    agent_must_fill := (coalesce(try_cast(form_field.flags as bigint), 0) & 16384) > 0,
                    needed_to_close := (coalesce(try_cast(form_field.flags as bigint), 0) & 4) > 0,
                    hint := form_field.hint
                )
            ) as varchar
        ) as details
    from raw.form_field
    left join raw.form
        on form_field.form_id = form.id
    left join field_answers
        on form_field.id = field_answers.field_id
    left join mapping.custom_field
        on
            coalesce(nullif(form_field.name, ''), concat('field_', form_field.id)) = custom_field.field
            and custom_field.object = case form.type
                when 'T' then 'ticket'
                when 'G' then 'ticket'
                when 'U' then 'user'
                when 'O' then 'organization'
                when 'A' then 'task'
                else 'helpdesk'
            end
),

list_values as (
    select
        list_id,
        string_agg(
            concat(value, case when (coalesce(try_cast(status as bigint), 1) & 1) > 0 then '' else ' (off)' end),
            '; ' order by try_cast(sort as bigint), try_cast(id as bigint), id
        ) as items
    from raw.list_items
    group by list_id
),

lists as (
    select
        'list' as kind,
        'list' as source_type,
        list.id as source_id,
        list.name,
        cast(
            to_json(
                struct_pack(
                    items := list_values.items
                )
            ) as varchar
        ) as details
    from raw.list
    left join list_values
        on list.id = list_values.list_id
),

orphan_contacts as (
    select
        'orphan_contact' as kind,
        'user' as source_type,
        contacts.source_id,
        contacts.external_id as name,
        cast(
            to_json(
                struct_pack(
                    domain := email_domain(contacts.email),
                    is_deleted := list_contains(contacts.flags, 'deleted_in_source'),
                    is_ambiguous := list_contains(contacts.flags, 'ambiguous_domain'),
                    to_do := 'name a company or leave it without one'
                )
            ) as varchar
        ) as details
    from staging.contacts
    where list_contains(contacts.flags, 'no_company')
),

domain_contacts as (
    select
        'company_by_domain' as kind,
        'user' as source_type,
        contacts.source_id,
        contacts.external_id as name,
        cast(
            to_json(
                struct_pack(
                    domain := email_domain(contacts.email),
                    company := contacts.companies[1],
                    to_do := 'confirm'
                )
            ) as varchar
        ) as details
    from staging.contacts
    where list_contains(contacts.flags, 'company_by_domain')
),

unreachable_contacts as (
    select
        'no_email_contact' as kind,
        'user' as source_type,
        contacts.source_id,
        contacts.external_id as name,
        cast(
            to_json(
                struct_pack(
                    has_phone := contacts.phone is not null,
                    is_deleted := list_contains(contacts.flags, 'deleted_in_source'),
                    to_do := 'add an address or leave it'
                )
            ) as varchar
        ) as details
    from staging.contacts
    where list_contains(contacts.flags, 'no_email')
),

task_homes as (
    select
        task.id,
        task.number,
        task.object_type,
        task.object_id
    from raw.task
    left join raw.ticket
        on task.object_id = ticket.ticket_id and task.object_type = 'T'
    where ticket.ticket_id is null
),

lone_tasks as (
    select
        'task' as kind,
        'task' as source_type,
        task_homes.id as source_id,
        concat('Task ', task_homes.number) as name,
        cast(
            to_json(
                struct_pack(
                    object_type := task_homes.object_type,
                    object_id := task_homes.object_id,
                    to_do := 'no ticket carries it; rebuild it by hand if it is wanted'
                )
            ) as varchar
        ) as details
    from task_homes
),

person_answers as (
    select
        form_entry.object_type,
        form_entry.object_id,
        form_entry_values.field_id,
        form_field.label,
        form_field.type as field_type,
        form_entry_values.value,
        attribute.data_type,
        attribute.options,
        coalesce(
            array_to_string(
                json_extract_string(
                    case
                        when
                            json_valid(form_entry_values.value)
                            and (form_field.type = 'choices' or form_field.type like 'list-%')
                            then form_entry_values.value
                    end,
                    '$.*'
                ),
                ', '
            ),
            form_entry_values.value
        ) as answer
    from raw.form_entry_values
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id
    left join raw.form_field
        on form_entry_values.field_id = form_field.id
    left join mapping.custom_field
        on
            coalesce(nullif(form_field.name, ''), concat('field_', form_field.id)) = custom_field.field
            and custom_field.object = case form_entry.object_type when 'U' then 'user' else 'organization' end
    left join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object in ('contact', 'company')
    where form_entry.object_type in ('U', 'O') and nullif(trim(form_entry_values.value), '') is not null
),

long_or_unfitting as (
    select
        object_type,
        object_id,
        field_id,
        label,
        answer,
        length(answer) > 255 as is_long
    from person_answers
    where
        length(answer) > 255
        or case
            when data_type = 'list' then not list_contains(options, answer)
            when field_type = 'datetime' and value = '0' then false
            when data_type = 'datetime' then iana_timestamp(value) is null
            when data_type in ('date', 'boolean', 'integer', 'decimal')
                then attribute_value(value, data_type) is null
            else false
        end
),

long_values as (
    select
        'long_value' as kind,
        'form_entry_value' as source_type,
        concat(
            long_or_unfitting.object_type, long_or_unfitting.object_id, '_', long_or_unfitting.field_id
        ) as source_id,
        coalesce(long_or_unfitting.label, long_or_unfitting.field_id) as name,
        cast(
            to_json(
                struct_pack(
                    about := concat(
                        options.migration,
                        case long_or_unfitting.object_type when 'U' then '-user-' else '-organization-' end,
                        long_or_unfitting.object_id
                    ),
                    text := html_text(long_or_unfitting.answer),
                    is_long := long_or_unfitting.is_long
                )
            ) as varchar
        ) as details
    from long_or_unfitting
    cross join options
),

rows_of_all_kinds as (
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from slas
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from help_topics
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from canned_responses
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from filters
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from email_templates
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from pages
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from quick_notes
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from referrals
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from schedules
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from roles
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from agent_queue
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from departments
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from mailboxes
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from custom_fields
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from lists
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from orphan_contacts
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from domain_contacts
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from unreachable_contacts
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from lone_tasks
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from long_values
),

final as (
    select
        -- One record can stand in several lists; the list is part of its name.
        concat(options.migration, '-inventory_', listed.kind, '-', listed.source_id) as external_id,
        listed.source_type,
        listed.source_id,
        md5(concat_ws('|', listed.kind, listed.source_id, listed.name, listed.details)) as source_digest,
        listed.kind,
        coalesce(nullif(listed.name, ''), concat(listed.source_type, ' ', listed.source_id)) as name,
        coalesce(listed.details, '{}') as details
    from rows_of_all_kinds as listed
    cross join options
    qualify
        row_number() over (
            partition by listed.kind, listed.source_id
            order by listed.name asc, listed.details asc
        ) = 1
)

select * from final
