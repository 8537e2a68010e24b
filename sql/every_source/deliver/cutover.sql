-- Grain: one row per moment of the cutover that is known, and per step that people take around it.
with facts as (
    select
        max(value) filter (where name = 'hypercare_days') as days,
        max(value) filter (where name = 'hypercare_counts') as counts
    from deliver.fact
),

published as (
    select
        min(started_at) as first_begun,
        max(coalesce(ended_at, started_at)) as last_ended
    from publish.runs
    where purpose = 'publish'
),

read_back as (
    select max(compared_at) as compared_at
    from reconcile.compared
    where target = (select max(value) filter (where name = 'target') from deliver.fact)
),

-- the last of the first N days that count
days as (
    select
        published.last_ended,
        cast(unnest(generate_series(1, 60)) as bigint) as ahead
    from published
    where published.last_ended is not null
),

counted as (
    select
        days.ahead,
        cast(days.last_ended as date) + cast(days.ahead as integer) as day,
        row_number() over (order by days.ahead) as number
    from days
    cross join facts
    where facts.counts = 'calendar' or isodow(cast(days.last_ended as date) + cast(days.ahead as integer)) <= 5
),

hypercare as (
    select counted.day
    from counted
    cross join facts
    where counted.number = cast(facts.days as bigint)
),

final as (
    select
        1 as step,
        switch_off.position,
        concat('before: ', switch_off.item) as what,
        cast(null as timestamp) as moment,
        switch_off.before as to_do,
        '' as done_by,
        '' as done_on
    from deliver.switch_off
    union all
    select
        2,
        0,
        'publishing began',
        published.first_begun,
        'nothing',
        '',
        ''
    from published
    union all
    select
        3,
        0,
        'publishing ended',
        published.last_ended,
        'nothing',
        '',
        ''
    from published
    union all
    select
        4,
        0,
        'read back',
        read_back.compared_at,
        'read the certificate',
        '',
        ''
    from read_back
    union all
    select
        5,
        switch_off.position,
        concat('after: ', switch_off.item),
        null,
        switch_off.after,
        '',
        ''
    from deliver.switch_off
    union all
    select
        6,
        0,
        concat('hypercare ends (', facts.days, ' ', facts.counts, ' days after publishing ended)'),
        cast(hypercare.day as timestamp),
        'sign off',
        '',
        ''
    from facts
    left join hypercare
        on true
)

select * exclude (position) from final
order by step, position, what
