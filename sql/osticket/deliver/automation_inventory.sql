-- Grain: one row per thing in osTicket that acts by itself: filters, routing by topic, SLA plans, schedules, mails.
with priorities as (
    select
        priority_id,
        max(priority_desc) as name
    from raw.ticket_priority
    group by priority_id
),

statuses as (
    select
        id,
        max(name) as name
    from raw.ticket_status
    group by id
),

configured as (
    select distinct
        filter_id,
        id,
        type,
        sort,
        configuration,
        coalesce(
            json_extract_string(case when json_valid(configuration) then configuration end, '$.*')[1], ''
        ) as chosen
    from raw.filter_action
),

actions as (
    select
        configured.filter_id,
        string_agg(
            case configured.type
                when 'reject' then 'reject the ticket'
                when 'noresp' then 'send no automatic answer'
                when 'replyto' then 'take the reply-to address'
                when 'dept' then concat('move to department ', coalesce(departments.name, configured.chosen))
                when 'team' then concat('give to team ', coalesce(teams.name, configured.chosen))
                when 'agent' then concat('give to agent ', coalesce(teammates.name, configured.chosen))
                when 'sla' then concat('set SLA plan ', coalesce(plans.name, configured.chosen))
                when 'topic' then concat('set help topic ', coalesce(topics.name, configured.chosen))
                when 'pri' then concat('set priority ', coalesce(priorities.name, configured.chosen))
                when 'status' then concat('set status ', coalesce(statuses.name, configured.chosen))
                when 'canned' then concat('answer with "', coalesce(canned.name, configured.chosen), '"')
                when 'email' then 'send an e-mail'
                else concat(configured.type, ' ', configured.chosen)
            end,
            '; ' order by try_cast(configured.sort as bigint), try_cast(configured.id as bigint), configured.id
        ) as does
    from configured
    left join staging.inboxes as departments
        on
            configured.type = 'dept'
            and departments.source_type = 'department'
            and configured.chosen = departments.source_id
    left join staging.inboxes as teams
        on configured.type = 'team' and teams.source_type = 'team' and configured.chosen = teams.source_id
    left join staging.teammates
        on configured.type = 'agent' and configured.chosen = teammates.source_id
    left join staging.inventory as plans
        on configured.type = 'sla' and plans.kind = 'sla' and configured.chosen = plans.source_id
    left join staging.inventory as topics
        on configured.type = 'topic' and topics.kind = 'help_topic' and configured.chosen = topics.source_id
    left join staging.inventory as canned
        on configured.type = 'canned' and canned.kind = 'canned_response' and configured.chosen = canned.source_id
    left join priorities
        on configured.type = 'pri' and configured.chosen = priorities.priority_id
    left join statuses
        on configured.type = 'status' and configured.chosen = statuses.id
    group by configured.filter_id
),

filters as (
    select
        'filter' as kind,
        inventory.source_id,
        inventory.name,
        json_extract_string(inventory.details, '$.is_active') = 'true' as is_active,
        concat(
            json_extract_string(inventory.details, '$.channel'), ' channel, all rules joined by ',
            json_extract_string(inventory.details, '$.rules_joined_by'), ': ',
            coalesce(json_extract_string(inventory.details, '$.rules'), 'no rule')
        ) as triggers,
        coalesce(actions.does, 'nothing') as does,
        concat(
            'workflow on a new conversation',
            case
                when json_extract_string(inventory.details, '$.stops_on_match') = 'true' then '; no other runs after it'
                else ''
            end,
            case when actions.does like '%reject%' then '; block the sender instead of rejecting' else '' end
        ) as suggestion
    from staging.inventory
    left join actions
        on inventory.source_id = actions.filter_id
    where inventory.kind = 'filter'
),

routing as (
    select
        'routing by help topic' as kind,
        source_id,
        name,
        json_extract_string(details, '$.is_active') = 'true' as is_active,
        concat('a ticket is opened with the topic ', name) as triggers,
        concat_ws(
            '; ',
            'department ' || json_extract_string(details, '$.department'),
            'team ' || json_extract_string(details, '$.team'),
            'agent ' || json_extract_string(details, '$.agent'),
            'SLA plan ' || json_extract_string(details, '$.sla'),
            'priority ' || json_extract_string(details, '$.priority')
        ) as does,
        'workflow: ask for the topic, then assign' as suggestion
    from staging.inventory
    where kind = 'help_topic'
),

plans as (
    select
        'SLA plan' as kind,
        plan_id,
        plan,
        is_active,
        set_by,
        concat('due after ', hours, ' hours, ', schedule),
        suggestion
    from deliver.sla_map
    where plan_id <> '0'
),

schedules as (
    select
        'schedule' as kind,
        source_id,
        name,
        true as is_active,
        coalesce(nullif(json_extract_string(details, '$.time_zone'), ''), 'zone of the system') as triggers,
        coalesce(json_extract_string(details, '$.entries'), 'no entry') as does,
        'office hours of the workspace or of a team' as suggestion
    from staging.inventory
    where kind = 'schedule'
),

mails as (
    select
        'mail template' as kind,
        source_id,
        name,
        is_active,
        concat('event ', name) as triggers,
        concat('sends "', subject, '"') as does,
        suggestion
    from deliver.mail_templates
    where kind = 'mail template'
),

mailboxes as (
    select
        'mailbox' as kind,
        source_id,
        name,
        true as is_active,
        'a mail arrives' as triggers,
        concat(
            'opens a ticket in ', coalesce(json_extract_string(details, '$.department'), 'the default department')
        ) as does,
        'forward the address to Intercom, or close it' as suggestion
    from staging.inventory
    where kind = 'integration'
),

final as (
    select * from filters
    union all
    select * from routing
    union all
    select * from plans
    union all
    select * from schedules
    union all
    select * from mails
    union all
    select * from mailboxes
)

select * from final
order by kind, name, source_id
