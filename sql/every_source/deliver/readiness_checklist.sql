-- Grain: one row per line of the configuration guide, with what is known of it in the workspace.
with facts as (
    select
        concat(max(value) filter (where name = 'migration'), '_source_id') as mark,
        coalesce(max(value) filter (where name = 'is_marked') = 'yes', false) as is_marked
    from deliver.fact
),

matched as (
    select
        kind,
        external_id,
        max(intercom_id) as intercom_id,
        max(origin) as origin
    from publish.identities
    group by kind, external_id
),

sent as (
    select
        kind,
        external_id,
        max(state) as state
    from publish.operations
    where object = 'workspace'
    group by kind, external_id
),

looked_up as (
    select count(*) > 0 as is_done
    from publish.identities
),

held as (
    select
        configuration_guide.*,
        matched.origin,
        matched.intercom_id,
        sent.state
    from deliver.configuration_guide
    left join matched
        on configuration_guide.kind = matched.kind and configuration_guide.external_id = matched.external_id
    left join sent
        on configuration_guide.kind = sent.kind and configuration_guide.external_id = sent.external_id
),

final as (
    select
        held.section,
        held.kind,
        held.external_id,
        held.name,
        held.made,
        case
            when held.kind in ('macro', 'switch_off') then 'by a person'
            when not looked_up.is_done then 'not looked up yet'
            when held.kind = 'conversation_attribute' and held.external_id = facts.mark
                then case when facts.is_marked then 'yes' else 'no' end
            when held.origin in ('matched', 'created', 'adopted') or held.state in ('applied', 'conflict') then 'yes'
            else 'no'
        end as verified,
        held.intercom_id,
        held.to_do,
        '' as done_by,
        '' as done_on
    from held
    cross join looked_up
    cross join facts
)

select * from final
order by section, kind, name, external_id
