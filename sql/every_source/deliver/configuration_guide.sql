-- Grain: one row per thing the workspace needs: made by hand, or made by the migration and only listed here.
with facts as (
    select
        (select bool_or(target_kind = 'ticket') from staging.conversations) as is_needed,
        max(value) filter (where name = 'stand_in') as stand_in,
        max(value) filter (where name = 'migration_admin_name') as admin_name,
        max(value) filter (where name = 'migration_admin_email') as admin_email,
        max(value) filter (where name = 'ticket_type') as ticket_type
    from deliver.fact
),

admins as (
    select
        1 as place,
        'Teammates' as section,
        'admin' as kind,
        facts.stand_in as external_id,
        facts.admin_name as name,
        facts.admin_email as detail,
        'by hand' as made,
        'invite; stands for the system and for agents who left' as to_do
    from facts
    union all
    select
        1,
        'Teammates',
        'admin',
        teammates.external_id,
        teammates.name,
        teammates.email,
        'by hand',
        'invite, and let the invitation be accepted'
    from staging.teammates
    where teammates.is_active
),

members as (
    select
        inboxes.external_id,
        string_agg(teammates.name, ', ' order by teammates.name) as names
    from staging.inboxes
    inner join staging.teammates
        on list_contains(inboxes.members, teammates.external_id) and teammates.is_active
    group by inboxes.external_id
),

teams as (
    select
        2 as place,
        'Team inboxes' as section,
        'team' as kind,
        inboxes.external_id,
        inboxes.name,
        concat_ws(
            '; ',
            concat('members: ', coalesce(members.names, 'none')),
            case when inboxes.routing_email is not null then concat('address: ', inboxes.routing_email) end
        ) as detail,
        'by hand' as made,
        case
            when inboxes.routing_email is null then 'create a team of exactly this name and add the members'
            else 'create a team of exactly this name, add the members, forward the address to it'
        end as to_do
    from staging.inboxes
    left join members
        on inboxes.external_id = members.external_id
    where inboxes.merged_into is null
),

ticket_types as (
    select
        3 as place,
        'Ticket type' as section,
        'ticket_type' as kind,
        facts.stand_in as external_id,
        facts.ticket_type as name,
        'customer ticket' as detail,
        'by the migration' as made,
        'nothing; look at it after the first publish' as to_do
    from facts
    where facts.is_needed
),

attributes as (
    select
        4 as place,
        'Attributes' as section,
        concat(attribute.object, '_attribute') as kind,
        attribute.name as external_id,
        attribute.name,
        concat_ws(
            '; ',
            concat(attribute.object, ', ', attribute.data_type),
            nullif(array_to_string(attribute.options, ', '), ''),
            nullif(attribute.description, '')
        ) as detail,
        'by the migration' as made,
        'no attribute of this name with another type may exist' as to_do
    from mapping.attribute
),

tags as (
    select
        5 as place,
        'Tags' as section,
        'tag' as kind,
        external_id,
        name,
        concat('stands for: ', source_label) as detail,
        'by the migration' as made,
        'nothing' as to_do
    from staging.tags
),

-- a collection is made below its parents, which may hold no article themselves
depths as (
    select
        collection_path,
        unnest(generate_series(1, len(collection_path))) as depth
    from staging.articles
),

paths as (
    select
        collection_path[1:depth] as path,
        count(*) filter (where depth = len(collection_path)) as articles
    from depths
    group by collection_path[1:depth]
),

collections as (
    select
        6 as place,
        'Collections of articles' as section,
        'collection' as kind,
        -- as the ledger calls it
        array_to_string(list_transform(path, lambda name: replace(name, '/', '∕')), '/') as external_id,
        array_to_string(path, ' / ') as name,
        concat(articles, ' articles') as detail,
        'by the migration' as made,
        'nothing' as to_do
    from paths
),

saved_replies as (
    select
        7 as place,
        'Macros' as section,
        'macro' as kind,
        external_id,
        name,
        'its text is in canned_responses.csv' as detail,
        'by hand' as made,
        'create a macro; variables have other names in Intercom' as to_do
    from staging.inventory
    where kind = 'canned_response'
),

object_types as (
    select distinct
        8 as place,
        'Custom objects' as section,
        'custom_object_type' as kind,
        object_type as external_id,
        object_type as name,
        'type of custom object' as detail,
        'by hand' as made,
        'create the type with this identifier' as to_do
    from staging.custom_objects
),

switches as (
    select
        9 as place,
        'Switch off before, back on after' as section,
        'switch_off' as kind,
        cast(position as varchar) as external_id,
        item as name,
        why as detail,
        'by hand' as made,
        concat('before: ', before, '; after: ', after) as to_do
    from deliver.switch_off
),

final as (
    select * from admins
    union all
    select * from teams
    union all
    select * from ticket_types
    union all
    select * from attributes
    union all
    select * from tags
    union all
    select * from collections
    union all
    select * from saved_replies
    union all
    select * from object_types
    union all
    select * from switches
)

select * exclude (place) from final
order by place, kind, name, external_id
