-- Grain: one row per rule, plan, template, schedule or saved search of osTicket; none of them migrates as behaviour.
-- Rules are told by what they look at and do: their values can be addresses of people.
with rules as (
    select
        filter_rule.filter_id,
        count(*) as rules,
        string_agg(
            distinct coalesce(nullif(form_field.label, ''), filter_rule.what),
            ', ' order by coalesce(nullif(form_field.label, ''), filter_rule.what)
        ) as looked_at
    from raw.filter_rule
    left join raw.form_field
        on filter_rule.what = concat('field.', form_field.id)
    group by filter_rule.filter_id
),

actions as (
    select
        filter_id,
        string_agg(distinct type, ', ' order by type) as done
    from raw.filter_action
    group by filter_id
),

filters as (
    select
        'filter' as kind,
        filter.id as source_id,
        filter.name,
        filter.isactive = '1' as is_active,
        concat(
            filter.target, ': ', coalesce(rules.rules, 0), ' rule(s) on ', coalesce(rules.looked_at, 'nothing'),
            case when filter.match_all_rules = '1' then ', all must match' else ', any may match' end,
            '; does ', coalesce(actions.done, 'nothing')
        ) as summary
    from raw.filter
    left join rules
        on filter.id = rules.filter_id
    left join actions
        on filter.id = actions.filter_id
),

plan_tickets as (
    select
        sla_id,
        count(*) as tickets
    from raw.ticket
    group by sla_id
),

plan_topics as (
    select
        sla_id,
        count(*) as topics
    from raw.help_topic
    group by sla_id
),

plan_departments as (
    select
        sla_id,
        count(*) as departments
    from raw.department
    group by sla_id
),

plans as (
    select
        'SLA plan' as kind,
        sla.id as source_id,
        sla.name,
        (coalesce(try_cast(sla.flags as bigint), 1) & 1) > 0 as is_active,
        concat_ws(
            ', ',
            concat(sla.grace_period, ' hours'),
            'schedule ' || schedule.name,
            concat(coalesce(plan_tickets.tickets, 0), ' tickets'),
            concat(coalesce(plan_topics.topics, 0), ' help topics'),
            concat(coalesce(plan_departments.departments, 0), ' departments')
        ) as summary
    from raw.sla
    left join raw.schedule
        on sla.schedule_id = schedule.id
    left join plan_tickets
        on sla.id = plan_tickets.sla_id
    left join plan_topics
        on sla.id = plan_topics.sla_id
    left join plan_departments
        on sla.id = plan_departments.sla_id
),

topic_routes as (
    select
        'help topic routing' as kind,
        help_topic.topic_id as source_id,
        help_topic.topic as name,
        (coalesce(try_cast(help_topic.flags as bigint), 2) & 2) > 0 as is_active,
        concat_ws(
            ', ',
            'department ' || department.name,
            'priority ' || ticket_priority.priority_desc,
            'SLA ' || sla.name,
            'team ' || team.name,
            case when coalesce(nullif(help_topic.staff_id, ''), '0') <> '0' then 'a fixed agent' end,
            case when help_topic.noautoresp = '1' then 'no automatic answer' end
        ) as summary
    from raw.help_topic
    left join raw.department
        on help_topic.dept_id = department.id
    left join raw.ticket_priority
        on help_topic.priority_id = ticket_priority.priority_id
    left join raw.sla
        on help_topic.sla_id = sla.id
    left join raw.team
        on help_topic.team_id = team.team_id
),

canned_responses as (
    select
        'canned response' as kind,
        canned_response.canned_id as source_id,
        canned_response.title as name,
        canned_response.isenabled = '1' as is_active,
        concat_ws(
            ', ',
            concat('department ', coalesce(department.name, 'all')),
            concat(
                len(list_distinct(regexp_extract_all(canned_response.response, '%\{[^}]+\}'))), ' placeholder(s)'
            )
        ) as summary
    from raw.canned_response
    left join raw.department
        on canned_response.dept_id = department.id
),

mail_templates as (
    select
        'mail template' as kind,
        email_template.id as source_id,
        email_template.code_name as name,
        coalesce(email_template_group.isactive = '1', true) as is_active,
        concat_ws(
            ', ',
            'set ' || email_template_group.name,
            'language ' || nullif(email_template_group.lang, '')
        ) as summary
    from raw.email_template
    left join raw.email_template_group
        on email_template.tpl_id = email_template_group.tpl_id
),

pages as (
    select
        'page' as kind,
        id as source_id,
        name,
        isactive = '1' as is_active,
        concat('shown as ', type) as summary
    from raw.content
),

schedule_entries as (
    select
        schedule_id,
        count(*) as entries
    from raw.schedule_entry
    group by schedule_id
),

schedules as (
    select
        'schedule' as kind,
        schedule.id as source_id,
        schedule.name,
        true as is_active,
        concat_ws(
            ', ',
            concat(coalesce(schedule_entries.entries, 0), ' entries'),
            'time zone ' || nullif(schedule.timezone, '')
        ) as summary
    from raw.schedule
    left join schedule_entries
        on schedule.id = schedule_entries.schedule_id
),

queues as (
    select
        'saved search' as kind,
        id as source_id,
        title as name,
        true as is_active,
        concat(
            'on ', coalesce(nullif(root, ''), 'tickets'),
            case when coalesce(nullif(staff_id, ''), '0') = '0' then ', for everybody' else ', of one agent' end
        ) as summary
    from raw.queue
),

department_answers as (
    select
        'automatic answer' as kind,
        id as source_id,
        name,
        true as is_active,
        concat_ws(
            ', ',
            case when ticket_auto_response = '1' then 'to new tickets' end,
            case when message_auto_response = '1' then 'to new messages' end
        ) as summary
    from raw.department
    where ticket_auto_response = '1' or message_auto_response = '1'
),

listed as (
    select
        kind,
        source_id,
        name,
        is_active,
        summary
    from filters
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        summary
    from plans
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        summary
    from topic_routes
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        summary
    from canned_responses
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        summary
    from mail_templates
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        summary
    from pages
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        summary
    from schedules
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        summary
    from queues
    union all
    select
        kind,
        source_id,
        name,
        is_active,
        summary
    from department_answers
),

final as (
    select
        kind,
        source_id,
        coalesce(nullif(name, ''), concat(kind, ' ', source_id)) as name,
        coalesce(is_active, false) as is_active,
        summary
    from listed
    qualify row_number() over (partition by kind, source_id order by name asc, summary asc) = 1
)

select * from final
