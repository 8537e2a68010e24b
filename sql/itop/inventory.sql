-- Grain: one row per iTop record that is written down for people instead of migrated.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

records as (
    select
        class,
        id,
        root,
        name,
        is_custom = 'true' as is_custom,
        fields
    from raw.record
),

ticket_items as (
    select
        ci_to_ticket.functionalci_id,
        string_agg(distinct ticket.ref, ', ' order by ticket.ref) as tickets,
        count(distinct ticket.id) as ticket_count
    from raw.ci_to_ticket
    inner join raw.ticket
        on ci_to_ticket.ticket_id = ticket.id
    group by ci_to_ticket.functionalci_id
),

service_tickets as (
    select
        service_id,
        count(*) as tickets
    from raw.ticket
    group by service_id
),

profiles as (
    select
        userid as user_id,
        string_agg(distinct profile, ', ' order by profile) as profiles,
        bool_or(profile = 'Portal user') as is_portal
    from raw.user_profile
    group by userid
),

-- The strongest of an account's profiles decides; the mapping says what each is worth in Intercom.
roles as (
    select
        user_profile.userid as user_id,
        min(value.target_value) as recommended
    from raw.user_profile
    inner join mapping.value
        on user_profile.profile = value.source_value and value.field = 'role'
    group by user_profile.userid
),

user_roles as (
    select
        'user_role' as kind,
        'user' as source_type,
        account.id as source_id,
        coalesce(nullif(account.login, ''), account.id) as name,
        cast(
            to_json(
                struct_pack(
                    person := person.friendlyname,
                    email := coalesce(person.email, account.email),
                    status := account.status,
                    profiles := coalesce(profiles.profiles, ''),
                    kind_of_account := account.finalclass,
                    is_customer := coalesce(profiles.is_portal, false),
                    recommended_role := case
                        when profiles.is_portal then 'none: a contact, not a teammate'
                        when account.status <> 'enabled' then 'none: the account is disabled; name who takes over'
                        else coalesce(roles.recommended, 'to be decided: no profile of the account is in the mapping')
                    end
                )
            ) as varchar
        ) as details
    from raw.user as account
    left join raw.person
        on account.contactid = person.id
    left join profiles
        on account.id = profiles.user_id
    left join roles
        on account.id = roles.user_id
),

targets as (
    select
        json_extract_string(links.fields, '$.sla_id') as sla_id,
        list(
            struct_pack(
                target := targets.name,
                metric := json_extract_string(targets.fields, '$.metric'),
                priority := json_extract_string(targets.fields, '$.priority'),
                request_type := json_extract_string(targets.fields, '$.request_type'),
                value := json_extract_string(targets.fields, '$.value'),
                unit := json_extract_string(targets.fields, '$.unit')
            )
            order by targets.name, targets.id
        ) as targets
    from records as links
    inner join records as targets
        on json_extract_string(links.fields, '$.slt_id') = targets.id and targets.root = 'SLT'
    where links.root = 'lnkSLAToSLT'
    group by json_extract_string(links.fields, '$.sla_id')
),

agreements as (
    select
        json_extract_string(links.fields, '$.sla_id') as sla_id,
        list(
            distinct struct_pack(
                customer := json_extract_string(contracts.fields, '$.org_id_friendlyname'),
                contract := contracts.name,
                service := json_extract_string(links.fields, '$.service_name')
            )
        ) as agreements
    from records as links
    left join records as contracts
        on json_extract_string(links.fields, '$.customercontract_id') = contracts.id and contracts.root = 'Contract'
    where links.root = 'lnkCustomerContractToService'
    group by json_extract_string(links.fields, '$.sla_id')
),

slas as (
    select
        'sla' as kind,
        'sla' as source_type,
        records.id as source_id,
        records.name,
        cast(
            to_json(
                struct_pack(
                    description := json_extract_string(records.fields, '$.description'),
                    provider := json_extract_string(records.fields, '$.org_id_friendlyname'),
                    targets := targets.targets,
                    agreements := list_sort(agreements.agreements),
                    suggestion := 'one SLA a priority: time to own as first response, time to resolve as resolution'
                )
            ) as varchar
        ) as details
    from records
    left join targets
        on records.id = targets.sla_id
    left join agreements
        on records.id = agreements.sla_id
    where records.root = 'SLA'
),

configuration_items as (
    select
        'configuration_item' as kind,
        slug(records.class) as source_type,
        records.id as source_id,
        records.name,
        cast(
            to_json(
                struct_pack(
                    class := records.class,
                    organization := json_extract_string(records.fields, '$.org_id_friendlyname'),
                    status := json_extract_string(records.fields, '$.status'),
                    criticality := json_extract_string(records.fields, '$.business_criticity'),
                    migrated_tickets := coalesce(ticket_items.ticket_count, 0),
                    tickets := ticket_items.tickets,
                    fields := cast(records.fields as json)
                )
            ) as varchar
        ) as details
    from records
    left join ticket_items
        on records.id = ticket_items.functionalci_id
    where records.root = 'FunctionalCI'
),

changes as (
    select
        'change' as kind,
        slug(records.class) as source_type,
        records.id as source_id,
        concat_ws(' ', records.name, json_extract_string(records.fields, '$.title')) as name,
        cast(
            to_json(
                struct_pack(
                    type := case records.class
                        when 'NormalChange' then 'normal'
                        when 'RoutineChange' then 'routine'
                        when 'EmergencyChange' then 'emergency'
                        else records.class
                    end,
                    status := json_extract_string(records.fields, '$.status'),
                    organization := json_extract_string(records.fields, '$.org_id_friendlyname'),
                    requested_by := json_extract_string(records.fields, '$.requestor_id_friendlyname'),
                    accepted := json_extract_string(records.fields, '$.acceptance_date'),
                    approved := json_extract_string(records.fields, '$.approval_date'),
                    planned_from := json_extract_string(records.fields, '$.start_date'),
                    planned_to := json_extract_string(records.fields, '$.end_date'),
                    rollback_plan := html_text(json_extract_string(records.fields, '$.fallback')),
                    fields := cast(records.fields as json)
                )
            ) as varchar
        ) as details
    from records
    where records.root = 'Change'
),

services as (
    select
        'service' as kind,
        slug(records.class) as source_type,
        records.id as source_id,
        case records.root
            when 'Service'
                then concat_ws(' / ', json_extract_string(records.fields, '$.servicefamily_name'), records.name)
            when 'ServiceSubcategory'
                then concat_ws(' / ', json_extract_string(records.fields, '$.service_name'), records.name)
            else records.name
        end as name,
        cast(
            to_json(
                struct_pack(
                    level := records.class,
                    status := json_extract_string(records.fields, '$.status'),
                    request_type := json_extract_string(records.fields, '$.request_type'),
                    tickets := case when records.root = 'Service' then coalesce(service_tickets.tickets, 0) end,
                    note := 'Intercom keeps the name on the conversation; the three levels do not carry over.'
                )
            ) as varchar
        ) as details
    from records
    left join service_tickets
        on records.id = service_tickets.service_id and records.root = 'Service'
    where records.root in ('ServiceFamily', 'Service', 'ServiceSubcategory')
),

trigger_actions as (
    select
        json_extract_string(fields, '$.trigger_id') as trigger_id,
        string_agg(
            json_extract_string(fields, '$.action_name'), ', ' order by json_extract_string(fields, '$.order'), id
        ) as actions
    from records
    where root = 'lnkTriggerAction'
    group by json_extract_string(fields, '$.trigger_id')
),

workflows as (
    select
        case records.root when 'Trigger' then 'trigger' else 'action' end as kind,
        slug(records.class) as source_type,
        records.id as source_id,
        records.name,
        cast(
            to_json(
                struct_pack(
                    class := records.class,
                    status := json_extract_string(records.fields, '$.status'),
                    of_class := json_extract_string(records.fields, '$.target_class'),
                    state := json_extract_string(records.fields, '$.state'),
                    filter := json_extract_string(records.fields, '$.filter'),
                    actions := trigger_actions.actions,
                    recipients := json_extract_string(records.fields, '$.to'),
                    subject := json_extract_string(records.fields, '$.subject'),
                    text := html_text(json_extract_string(records.fields, '$.body')),
                    suggestion := case records.root
                        when 'Trigger' then 'rebuild as a workflow'
                        else 'rebuild as a step of the workflow that sends it'
                    end
                )
            ) as varchar
        ) as details
    from records
    left join trigger_actions
        on records.id = trigger_actions.trigger_id and records.root = 'Trigger'
    where records.root in ('Trigger', 'Action')
),

others as (
    select
        case
            when is_custom then concat('own_', slug(class))
            when root = 'Problem' then 'problem'
            when root = 'WorkOrder' then 'work_order'
            when root = 'Document' then 'document'
            when root = 'Location' then 'location'
            when root = 'Contract' then 'contract'
            when root = 'DeliveryModel' then 'delivery_model'
            when root = 'Query' then 'saved_query'
            when root = 'AuditRule' then 'audit_rule'
            when root = 'SynchroDataSource' then 'data_synchronisation'
            when root = 'URP_Profiles' then 'profile'
            else 'other'
        end as kind,
        slug(class) as source_type,
        id as source_id,
        coalesce(name, id) as name,
        cast(to_json(struct_pack(class := class, fields := cast(fields as json))) as varchar) as details
    from records
    where
        root not in (
            'FunctionalCI', 'Change', 'Service', 'ServiceFamily', 'ServiceSubcategory', 'SLA', 'SLT', 'lnkSLAToSLT',
            'lnkCustomerContractToService', 'lnkTriggerAction', 'Trigger', 'Action', 'lnkDeliveryModelToContact',
            'lnkErrorToFunctionalCI'
        )
),

own_fields as (
    select
        'ticket' as object,
        class,
        unnest(json_keys(extra)) as field,
        extra
    from raw.ticket
    where extra is not null
    union all
    select
        'person' as object,
        class,
        unnest(json_keys(extra)) as field,
        extra
    from raw.person
    where extra is not null
    union all
    select
        'organization' as object,
        class,
        unnest(json_keys(extra)) as field,
        extra
    from raw.organization
    where extra is not null
),

custom_fields as (
    select
        'custom_field' as kind,
        'field' as source_type,
        concat(own_fields.object, '.', own_fields.field) as source_id,
        own_fields.field as name,
        cast(
            to_json(
                struct_pack(
                    name := own_fields.field,
                    object := own_fields.object,
                    classes := string_agg(distinct own_fields.class, ', ' order by own_fields.class),
                    records := count(*),
                    filled := count(*) filter (
                        where coalesce(
                            json_extract_string(own_fields.extra, concat('$."', own_fields.field, '"')), ''
                        ) <> ''
                    ),
                    attribute := max(custom_field.attribute),
                    left_out := max(custom_field.left_out)
                )
            ) as varchar
        ) as details
    from own_fields
    left join mapping.custom_field
        on own_fields.object = custom_field.object and own_fields.field = custom_field.field
    group by own_fields.object, own_fields.field
),

-- Values of companies and contacts that were cut; those of tickets stand in a note.
long_values as (
    select
        'long_value' as kind,
        'organization' as source_type,
        concat('overview_', id) as source_id,
        concat('Overview of organization ', id) as name,
        cast(to_json(struct_pack(is_long := true, text := overview)) as varchar) as details
    from raw.organization
    where length(overview) > 255
),

all_rows as (
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from user_roles
    union all
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
    from configuration_items
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from changes
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from services
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from workflows
    union all
    select
        kind,
        source_type,
        source_id,
        name,
        details
    from others
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
    from long_values
),

final as (
    select
        concat(options.migration, '-', all_rows.source_type, '-', all_rows.source_id) as external_id,
        all_rows.source_type,
        all_rows.source_id,
        md5(concat_ws('|', all_rows.kind, all_rows.source_type, all_rows.source_id, all_rows.details)) as source_digest,
        all_rows.kind,
        coalesce(nullif(trim(all_rows.name), ''), all_rows.source_id) as name,
        all_rows.details
    from all_rows
    cross join options
)

select * from final
