-- Grain: one row per Jitbit record that is written down for people instead of migrated.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

inboxes as (
    select
        source_id,
        name,
        merged_into,
        members,
        routing_email
    from staging.inboxes
),

ticket_categories as (
    select
        category_id,
        count(*) as tickets
    from raw.ticket
    group by category_id
),

-- Categories whose people and address are the same share their routing; one inbox can stand for them.
routings as (
    select
        inboxes.source_id,
        array_to_string(inboxes.members, ',') as people,
        inboxes.routing_email
    from inboxes
    where len(inboxes.members) > 0
),

alike as (
    select
        routings.source_id,
        string_agg(others_named.name, ', ' order by others_named.name) as names
    from routings
    inner join routings as others
        on routings.people = others.people and routings.source_id <> others.source_id
    inner join inboxes as others_named
        on others.source_id = others_named.source_id
    where
        routings.routing_email is not distinct from others.routing_email
        or routings.routing_email is null
        or others.routing_email is null
    group by routings.source_id
),

categories as (
    select
        'category' as kind,
        'category' as source_type,
        inboxes.source_id,
        inboxes.name,
        cast(
            to_json(
                struct_pack(
                    section := coalesce(section.name, category.section_name),
                    for_technicians := coalesce(flag(category.for_techs_only), false),
                    address := inboxes.routing_email,
                    technicians := len(inboxes.members),
                    tickets := coalesce(ticket_categories.tickets, 0),
                    same_routing := alike.names,
                    merged_into := targets.name
                )
            ) as varchar
        ) as details
    from inboxes
    inner join raw.category
        on inboxes.source_id = category.category_id
    left join raw.section
        on category.section_id = section.section_id
    left join ticket_categories
        on inboxes.source_id = ticket_categories.category_id
    left join alike
        on inboxes.source_id = alike.source_id
    left join staging.inboxes as targets
        on inboxes.merged_into = targets.external_id
),

status_tickets as (
    select
        status_id,
        count(*) as tickets
    from raw.ticket
    group by status_id
),

status_targets as (
    select
        source_value,
        max(target_value) filter (where field = 'status') as state,
        max(target_value) filter (where field = 'ticket_state') as ticket_state,
        max(target_value) filter (where field = 'status_rule') as rule
    from mapping.value
    where field in ('status', 'ticket_state', 'status_rule')
    group by source_value
),

statuses as (
    select
        'status' as kind,
        'status' as source_type,
        status.status_id as source_id,
        coalesce(nullif(trim(status.name), ''), concat('status ', status.status_id)) as name,
        cast(
            to_json(
                struct_pack(
                    -- 1, 2 and 3 are the product's own (evidenced); an installation adds others
                    is_custom := status.status_id not in ('1', '2', '3'),
                    stops_time := coalesce(flag(status.stops_time), false),
                    tickets := coalesce(status_tickets.tickets, 0),
                    state := status_targets.state,
                    ticket_state := status_targets.ticket_state,
                    rule := status_targets.rule
                )
            ) as varchar
        ) as details
    from raw.status
    left join status_tickets
        on status.status_id = status_tickets.status_id
    left join status_targets
        on trim(status.name) = status_targets.source_value
),

canned_responses as (
    select
        'canned_response' as kind,
        'comment_template' as source_type,
        comment_template.template_id as source_id,
        coalesce(nullif(trim(comment_template.name), ''), concat('Template ', comment_template.template_id)) as name,
        cast(
            to_json(
                struct_pack(
                    category := coalesce(category.name, comment_template.category_name),
                    text := html_text(coalesce(comment_template.body, '')),
                    html := coalesce(part_html(comment_template.body), ''),
                    -- A token is a word between two signs; #12 or a lone sign is none.
                    placeholders := array_to_string(
                        list_sort(
                            list_distinct(
                                regexp_extract_all(
                                    html_text(coalesce(comment_template.body, '')), '#([A-Za-z][A-Za-z0-9_]*)#', 1
                                )
                            )
                        ),
                        ', '
                    )
                )
            ) as varchar
        ) as details
    from raw.comment_template
    left join raw.category
        on comment_template.category_id = category.category_id
),

rules as (
    select
        'automation_rule' as kind,
        'automation_rule' as source_type,
        rule_id as source_id,
        coalesce(nullif(trim(name), ''), concat('Rule ', rule_id)) as name,
        cast(
            to_json(
                struct_pack(
                    is_active := flag(enabled),
                    definition := case when json_valid(definition) then cast(definition as json) end,
                    text := case when json_valid(definition) then null else definition end
                )
            ) as varchar
        ) as details
    from raw.automation_rule
),

asset_fields as (
    select
        asset_field_value.item_id,
        attributes(
            list(
                struct_pack(
                    name := coalesce(
                        custom_field.name, asset_field_value.field_name, concat('Field ', asset_field_value.field_id)
                    ),
                    value := asset_field_value.value,
                    data_type := 'text'
                )
                order by asset_field_value.field_id
            )
        ) as fields
    from raw.asset_field_value
    left join raw.custom_field
        on asset_field_value.field_id = custom_field.field_id
    group by asset_field_value.item_id
),

asset_users as (
    select
        asset_user.item_id,
        string_agg(
            coalesce(nullif(trim(users.username), ''), asset_user.user_id), ', '
            order by try_cast(asset_user.user_id as bigint), asset_user.user_id
        ) as users
    from raw.asset_user
    left join raw.user as users
        on asset_user.user_id = users.user_id
    group by asset_user.item_id
),

asset_tickets as (
    select
        item_id,
        count(*) as ticket_count,
        string_agg(ticket_id, ', ' order by try_cast(ticket_id as bigint), ticket_id) as tickets
    from raw.asset_ticket
    group by item_id
),

assets as (
    select
        'asset' as kind,
        'asset' as source_type,
        asset.item_id as source_id,
        coalesce(nullif(trim(asset.model_name), ''), concat('Asset ', asset.item_id)) as name,
        cast(
            to_json(
                struct_pack(
                    type := asset.type,
                    manufacturer := asset.manufacturer,
                    supplier := asset.supplier,
                    serial_number := asset.serial_number,
                    location := asset.location,
                    quantity := asset.quantity,
                    company := coalesce(company.name, asset.company_name),
                    users := asset_users.users,
                    tickets := asset_tickets.tickets,
                    ticket_count := coalesce(asset_tickets.ticket_count, 0),
                    is_disabled := coalesce(flag(asset.disabled), false),
                    comments := asset.comments,
                    fields := cast(asset_fields.fields as json)
                )
            ) as varchar
        ) as details
    from raw.asset
    left join raw.company
        on asset.company_id = company.company_id
    left join asset_users
        on asset.item_id = asset_users.item_id
    left join asset_tickets
        on asset.item_id = asset_tickets.item_id
    left join asset_fields
        on asset.item_id = asset_fields.item_id
),

held_values as (
    select
        'ticket' as object,
        field_id,
        field_name,
        type,
        value
    from raw.ticket_custom_field_value
    union all
    select
        'user' as object,
        field_id,
        field_name,
        type,
        value
    from raw.user_custom_field_value
    union all
    select
        'company' as object,
        field_id,
        field_name,
        type,
        value
    from raw.company_custom_field_value
),

held_fields as (
    select
        held_values.object,
        held_values.field_id,
        max(coalesce(custom_field.name, held_values.field_name, concat('Field ', held_values.field_id))) as field_name,
        max(coalesce(custom_field.type, held_values.type)) as type,
        -- a checkbox that is not ticked is told as nothing, or as 0
        count(
            case
                when coalesce(custom_field.type, held_values.type) <> '4' or coalesce(flag(held_values.value), true)
                    then nullif(trim(held_values.value), '')
            end
        ) as filled
    from held_values
    left join raw.custom_field
        on held_values.field_id = custom_field.field_id
    group by held_values.object, held_values.field_id
),

field_options as (
    select
        field_id,
        string_agg(text, ', ' order by try_cast(order_by_number as bigint), text) as options
    from raw.custom_field_option
    group by field_id
),

field_categories as (
    select
        custom_field_category.field_id,
        count(*) as categories,
        string_agg(category.name, ', ' order by category.name) as names
    from raw.custom_field_category
    inner join raw.category
        on custom_field_category.category_id = category.category_id
    group by custom_field_category.field_id
),

category_count as (
    select count(*) as categories
    from raw.category
),

custom_fields as (
    select
        'custom_field' as kind,
        'custom_field' as source_type,
        concat(held_fields.object, '_', held_fields.field_id) as source_id,
        trim(held_fields.field_name) as name,
        cast(
            to_json(
                struct_pack(
                    object := held_fields.object,
                    -- codes 1 to 5 are evidenced, those above are guesses
                    type := case held_fields.type
                        when '1' then 'text'
                        when '2' then 'date'
                        when '3' then 'drop-down'
                        when '4' then 'checkbox'
                        when '5' then 'multi-line text'
                        else concat('type ', coalesce(held_fields.type, 'not told'))
                    end,
                    options := field_options.options,
                    categories := case
                        when field_categories.categories < category_count.categories then field_categories.names
                    end,
                    filled := held_fields.filled,
                    for_technicians := coalesce(flag(defined.for_techs_only), false),
                    attribute := custom_field.attribute,
                    left_out := custom_field.left_out
                )
            ) as varchar
        ) as details
    from held_fields
    cross join category_count
    left join raw.custom_field as defined
        on held_fields.field_id = defined.field_id
    left join field_options
        on held_fields.field_id = field_options.field_id
    left join field_categories
        on held_fields.field_id = field_categories.field_id
    left join mapping.custom_field
        on
            held_fields.object = custom_field.object and trim(held_fields.field_name) = custom_field.field
),

-- Values of contacts and companies that were cut; those of tickets stand in a note.
long_values as (
    select
        'long_value' as kind,
        'user' as source_type,
        concat('notes_', user_id) as source_id,
        concat('Notes on user ', user_id) as name,
        cast(to_json(struct_pack(is_long := true, text := notes)) as varchar) as details
    from raw.user
    where length(notes) > 255
    union all
    select
        'long_value' as kind,
        'company' as source_type,
        concat('notes_', company_id) as source_id,
        concat('Notes on company ', company_id) as name,
        cast(to_json(struct_pack(is_long := true, text := notes)) as varchar) as details
    from raw.company
    where length(notes) > 255
),

all_rows as (
    select * from categories
    union all
    select * from statuses
    union all
    select * from canned_responses
    union all
    select * from rules
    union all
    select * from assets
    union all
    select * from custom_fields
    union all
    select * from long_values
),

final as (
    select
        concat(options.migration, '-', all_rows.source_type, '-', all_rows.source_id) as external_id,
        all_rows.source_type,
        all_rows.source_id,
        md5(concat_ws('|', all_rows.kind, all_rows.source_type, all_rows.source_id, all_rows.details)) as source_digest,
        all_rows.kind,
        all_rows.name,
        all_rows.details
    from all_rows
    cross join options
)

select * from final
