-- Grain: one row per SLA plan of osTicket, with what sets it and the rule that would stand for it.
with plans as (
    select
        source_id,
        name,
        details
    from staging.inventory
    where kind = 'sla'
),

tickets as (
    select distinct
        ticket_id,
        sla_id,
        isoverdue,
        duedate
    from raw.ticket
),

dated as (
    select
        sla_id,
        count(*) filter (where isoverdue = '1') as overdue,
        count(*) filter (where nullif(duedate, '') is not null) as dated_by_hand
    from tickets
    group by sla_id
),

actions as (
    select
        filter_id,
        json_extract_string(case when json_valid(configuration) then configuration end, '$.sla_id') as sla_id
    from raw.filter_action
    where type = 'sla'
),

filters as (
    select
        actions.sla_id,
        string_agg(distinct filter.name, ', ' order by filter.name) as names
    from actions
    inner join raw.filter
        on actions.filter_id = filter.id
    group by actions.sla_id
),

defaults as (
    select max(value) as sla_id
    from raw.config
    where namespace = 'core' and key = 'default_sla_id'
),

unplanned as (
    select
        count(*) as tickets,
        count(*) filter (where isoverdue = '1') as overdue,
        count(*) filter (where nullif(duedate, '') is not null) as dated_by_hand
    from tickets
    where sla_id is null or sla_id not in (select source_id from plans)
),

conditions as (
    select
        plans.source_id as plan_id,
        plans.name as plan,
        try_cast(json_extract_string(plans.details, '$.grace_hours') as bigint) as hours,
        json_extract_string(plans.details, '$.is_active') = 'true' as is_active,
        coalesce(json_extract_string(plans.details, '$.schedule'), 'around the clock') as schedule,
        cast(json_extract_string(plans.details, '$.tickets') as bigint) as tickets,
        coalesce(dated.overdue, 0) as overdue,
        coalesce(dated.dated_by_hand, 0) as dated_by_hand,
        concat_ws(
            '; ',
            'help topic ' || nullif(json_extract_string(plans.details, '$.help_topics'), ''),
            'department ' || nullif(json_extract_string(plans.details, '$.departments'), ''),
            'filter ' || filters.names,
            case when defaults.sla_id = plans.source_id then 'every other ticket (default plan)' end
        ) as set_by,
        json_extract_string(plans.details, '$.notes') as notes
    from plans
    cross join defaults
    left join dated
        on plans.source_id = dated.sla_id
    left join filters
        on plans.source_id = filters.sla_id
),

final as (
    select
        plan_id,
        plan,
        hours,
        is_active,
        schedule,
        tickets,
        overdue,
        dated_by_hand,
        coalesce(nullif(set_by, ''), 'by hand only') as set_by,
        concat(
            'workflow on a new conversation',
            case when set_by = '' then ' that an agent marks' else concat(' of ', set_by) end,
            ': apply an SLA with a time to close of ', hours, ' hours',
            case when schedule = 'around the clock' then '' else concat(' within office hours ', schedule) end
        ) as suggestion,
        notes
    from conditions
    union all
    select
        '0',
        '(no plan)',
        null,
        false,
        '',
        unplanned.tickets,
        unplanned.overdue,
        unplanned.dated_by_hand,
        '',
        'nothing; only the due date is kept',
        null
    from unplanned
    where unplanned.tickets > 0
)

select * from final
order by plan_id = '0', hours, plan, plan_id
