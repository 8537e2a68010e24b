-- Grain: one row per object of a phase: what the source has, what became of it, what was sent and read back.
with fates as (
    select
        object,
        count(*) as extracted,
        count(*) filter (where fate = 'staged') as staged,
        count(*) filter (where fate = 'merged') as merged,
        count(*) filter (where fate = 'excluded') as excluded,
        count(*) filter (where fate = 'exceptions') as exceptions
    from deliver.record_fates
    group by object
),

-- the operation whose outcome is the record's
named as (
    select
        state,
        case kind
            when 'company' then 'companies'
            when 'contact' then 'contacts'
            when 'tag' then 'tags'
            when 'conversation' then 'conversations'
            when 'reply' then 'parts'
            when 'note' then 'parts'
            when 'article' then 'articles'
            when 'custom_object' then 'custom_objects'
            when 'contact_company' then 'links'
        end as object
    from publish.operations
),

sent as (
    select
        object,
        count(*) as planned,
        count(*) filter (where state in ('applied', 'conflict')) as sent,
        count(*) filter (where state not in ('applied', 'conflict', 'skipped')) as unsettled
    from named
    group by object
),

read_back as (
    select
        object,
        count(*) as compared,
        count(*) filter (where differing > 0) as differing
    from deliver.compared
    group by object
),

final as (
    select
        concat(phase.phase, '. ', phase.title) as phase,
        phase.object,
        fates.extracted,
        fates.staged,
        fates.merged,
        fates.excluded,
        fates.exceptions,
        case
            when
                fates.extracted is null
                or fates.extracted = fates.staged + fates.merged + fates.excluded + fates.exceptions then 'yes'
            else 'no'
        end as adds_up,
        sent.planned,
        sent.sent,
        sent.unsettled,
        read_back.compared,
        read_back.differing
    from deliver.phase
    left join fates
        on phase.object = fates.object
    left join sent
        on phase.object = sent.object
    left join read_back
        on phase.object = read_back.object
    order by phase.phase, phase.position
)

select * from final
