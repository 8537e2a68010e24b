-- Grain: one row per field name in a group of osTicket forms, with how many records answer it and how the answers look.
-- Forms of one group may use a name twice; the mapping decides it once, so their figures are added up.
with forms as (
    select
        id,
        max(type) as form_type
    from raw.form
    group by id
),

fields as (
    select
        form_field.id,
        form_field.form_id,
        coalesce(forms.form_type, '') as form_type,
        case coalesce(forms.form_type, '')
            when 'T' then 'ticket'
            when 'G' then 'ticket'
            when 'U' then 'user'
            when 'O' then 'organization'
            when 'A' then 'task'
            else 'helpdesk'
        end as field_group,
        coalesce(nullif(form_field.name, ''), concat('field_', form_field.id)) as field,
        nullif(trim(form_field.label), '') as label,
        coalesce(form_field.type, 'text') as native_type,
        coalesce(try_cast(form_field.flags as bigint), 1) as flags,
        case when json_valid(form_field.configuration) then form_field.configuration end as settings,
        coalesce(try_cast(form_field.sort as bigint), 0) as position
    from raw.form_field
    left join forms
        on form_field.form_id = forms.id
    qualify row_number() over (partition by form_field.id order by form_field.updated desc, form_field.label asc) = 1
),

-- Records that are there: answers of a ticket that was deleted say nothing about the tickets that move.
records as (
    select
        'T' as object_type,
        ticket_id as object_id
    from raw.ticket
    union
    select
        'U' as object_type,
        id as object_id
    from raw.user
    union
    select
        'O' as object_type,
        id as object_id
    from raw.organization
    union
    select
        'A' as object_type,
        id as object_id
    from raw.task
),

entries as (
    select distinct
        form_entry.id,
        form_entry.form_id,
        form_entry.object_type,
        form_entry.object_id
    from raw.form_entry
    left join records
        on form_entry.object_type = records.object_type and form_entry.object_id = records.object_id
    where records.object_id is not null or form_entry.object_type not in ('T', 'U', 'O', 'A')
),

record_counts as (
    select
        form_id,
        count(distinct concat(object_type, object_id)) as rows
    from entries
    group by form_id
),

stored as (
    select
        fields.id as field_id,
        fields.native_type,
        concat(entries.object_type, entries.object_id) as record,
        form_entry_values.value,
        case when json_valid(form_entry_values.value) then form_entry_values.value end as selection,
        json_extract_string(fields.settings, '$.choices') as choices
    from raw.form_entry_values
    inner join entries
        on form_entry_values.entry_id = entries.id
    inner join fields
        on form_entry_values.field_id = fields.id
    where
        nullif(trim(form_entry_values.value), '') is not null
        and fields.native_type not in ('thread', 'break', 'info')
),

answered as (
    select
        field_id,
        record,
        case
            when
                json_type(selection) = 'OBJECT'
                and (native_type in ('choices', 'files') or starts_with(native_type, 'list-'))
                then json_extract_string(selection, '$.*')
            when native_type = 'files' or json_type(selection) = 'ARRAY' then cast([] as varchar[])
            when native_type = 'datetime' and value = '0' then cast([] as varchar[])
            when native_type = 'choices'
                then [
                    coalesce(
                        nullif(regexp_extract(choices, concat('(?m)^', regexp_escape(value), ':(.*?)\r?$'), 1), ''),
                        value
                    )
                ]
            else [trim(regexp_replace(value, '<[^>]*>', '', 'g'))]
        end as labels
    from stored
),

answers as (
    select
        field_id,
        record,
        labels,
        array_to_string(labels, ', ') as answer
    from answered
    where len(labels) > 0 and array_to_string(labels, ', ') <> ''
),

-- What people and organisations are called is not among the answers.
kept_elsewhere as (
    select
        'U' as form_type,
        'name' as field,
        count(*) filter (where trim(name) <> '') as filled
    from raw.user
    union all
    select
        'U' as form_type,
        'email' as field,
        count(distinct user_id) filter (where trim(address) <> '') as filled
    from raw.user_email
    union all
    select
        'O' as form_type,
        'name' as field,
        count(*) filter (where trim(name) <> '') as filled
    from raw.organization
),

answer_counts as (
    select
        field_id,
        count(distinct record) as filled,
        count(distinct answer) as distinct_values,
        max(length(answer)) as max_length,
        count(distinct record) filter (where regexp_full_match(answer, '[+-]?\d+([.,]\d+)?')) as numeric,
        count(distinct record) filter (where regexp_full_match(answer, '[+-]?\d+[.,]\d+')) as fractions,
        count(distinct record) filter (
            where regexp_full_match(answer, '\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[./-]\d{1,2}[./-](\d{2}|\d{4})')
        ) as dates,
        count(distinct record) filter (
            where
            regexp_matches(answer, '^\d{4}-\d\d-\d\d \d\d:') and not regexp_matches(answer, '^.{10} 0[0-2]:00:00')
        ) as clock_times,
        count(distinct record) filter (
            where lower(answer) in (
                '0', '1', 'yes', 'no', 'y', 'n', 'true', 'false', 'on', 'off', 'ja', 'nein', 'nee', 'oui', 'non',
                'sí', 'si', 'sì', 'да', 'нет', 'tak', 'nie', 'sim', 'não', 'nao'
            )
        ) as flags
    from answers
    group by field_id
),

-- Labels an answer was saved with outlive the choice they came from.
seen_labels as (
    select
        field_id,
        label,
        count(*) as uses
    from (
        select
            answers.field_id,
            unnest(answers.labels) as label
        from answers
        inner join fields
            on answers.field_id = fields.id
        where fields.native_type = 'choices' or starts_with(fields.native_type, 'list-')
    ) as unnested
    where nullif(trim(label), '') is not null
    group by field_id, label
),

choice_lines as (
    select
        fields.id as field_id,
        unnest(string_split(replace(json_extract_string(fields.settings, '$.choices'), chr(13), ''), chr(10))) as line,
        generate_subscripts(
            string_split(replace(json_extract_string(fields.settings, '$.choices'), chr(13), ''), chr(10)), 1
        ) as position
    from fields
    where fields.native_type = 'choices'
),

declared_labels as (
    select
        field_id,
        trim(case when contains(line, ':') then regexp_replace(line, '^[^:]*:', '') else line end) as label,
        position
    from choice_lines
    union all
    select
        fields.id as field_id,
        list_items.value as label,
        coalesce(try_cast(list_items.sort as bigint), 0) * 1000000 + coalesce(try_cast(list_items.id as bigint), 0)
            as position
    from fields
    inner join raw.list_items
        on fields.native_type = concat('list-', list_items.list_id)
    union all
    select
        fields.id as field_id,
        ticket_priority.priority_desc as label,
        -coalesce(try_cast(ticket_priority.priority_urgency as bigint), 0) as position
    from fields
    cross join raw.ticket_priority
    where fields.native_type = 'priority'
),

all_labels as (
    select
        field_id,
        label,
        0 as rank,
        min(position) as position
    from declared_labels
    where nullif(trim(label), '') is not null
    group by field_id, label
    union all
    select
        seen_labels.field_id,
        seen_labels.label,
        1 as rank,
        -seen_labels.uses as position
    from seen_labels
    anti join declared_labels
        on seen_labels.field_id = declared_labels.field_id and seen_labels.label = declared_labels.label
),

options as (
    select
        field_id,
        list(label order by rank asc, position asc, label asc) as labels
    from all_labels
    group by field_id
),

described as (
    select
        fields.field_group,
        fields.field,
        fields.id as source_id,
        fields.label,
        fields.native_type,
        case
            when fields.native_type in ('thread', 'break', 'info') then 'nothing'
            when fields.native_type = 'memo' then 'long_text'
            when fields.native_type = 'bool' then 'boolean'
            when fields.native_type = 'datetime'
                then case
                    when lower(json_extract_string(fields.settings, '$.time')) in ('true', '1') then 'datetime'
                    when json_extract_string(fields.settings, '$.time') is null and answer_counts.clock_times > 0
                        then 'datetime'
                    else 'date'
                end
            when fields.native_type = 'priority' then 'choice'
            when fields.native_type = 'choices' or starts_with(fields.native_type, 'list-')
                then case
                    when
                        lower(coalesce(json_extract_string(fields.settings, '$.multiselect'), 'false'))
                        in ('true', '1')
                        then 'multichoice'
                    else 'choice'
                end
            when fields.native_type = 'phone' then 'phone'
            when fields.native_type = 'files' then 'file'
            when fields.native_type in ('department', 'assignee', 'sla', 'topic', 'user', 'timezone') then 'reference'
            when json_extract_string(fields.settings, '$.validator') = 'email' then 'email'
            when json_extract_string(fields.settings, '$.validator') = 'phone' then 'phone'
            when json_extract_string(fields.settings, '$.validator') = 'url' then 'url'
            when
                json_extract_string(fields.settings, '$.validator') = 'number'
                and coalesce(answer_counts.numeric, 0) = coalesce(answer_counts.filled, 0)
                then case when coalesce(answer_counts.fractions, 0) = 0 then 'integer' else 'decimal' end
            else 'text'
        end as field_type,
        case
            when fields.form_type = 'T' and fields.field in ('subject', 'message', 'priority') then fields.field
            when fields.form_type = 'U' and fields.field in ('name', 'email', 'phone', 'notes') then fields.field
            when
                fields.form_type = 'O' and fields.field in ('name', 'address', 'phone', 'website', 'notes')
                then fields.field
            when fields.form_type = 'A' and fields.field in ('title', 'description') then fields.field
            when fields.form_type = 'C' and fields.field in ('name', 'address', 'phone', 'website') then fields.field
            when starts_with(fields.form_type, 'L') and fields.field in ('state', 'description') then fields.field
        end as role,
        options.labels as options,
        (fields.flags & 1) > 0 as is_active,
        (fields.flags & (4 | 1024 | 16384)) > 0 as is_required,
        case
            when (fields.flags & 256) > 0 and (fields.flags & 4096) > 0 then 'everybody'
            when (fields.flags & 256) > 0 then 'contacts'
            when (fields.flags & 4096) > 0 then 'agents'
            else 'nobody'
        end as visibility,
        coalesce(record_counts.rows, 0) as rows,
        coalesce(nullif(answer_counts.filled, 0), kept_elsewhere.filled, 0) as filled,
        coalesce(answer_counts.distinct_values, 0) as distinct_values,
        coalesce(answer_counts.max_length, 0) as max_length,
        coalesce(answer_counts.numeric, 0) as numeric,
        coalesce(answer_counts.dates, 0) as dates,
        coalesce(answer_counts.flags, 0) as flags
    from fields
    left join record_counts
        on fields.form_id = record_counts.form_id
    left join answer_counts
        on fields.id = answer_counts.field_id
    left join kept_elsewhere
        on fields.form_type = kept_elsewhere.form_type and fields.field = kept_elsewhere.field
    left join options
        on fields.id = options.field_id
),

final as (
    select
        field_group,
        field,
        source_id,
        label,
        native_type,
        case
            when count(distinct field_type) over same_name > 1 then 'text' else field_type
        end as field_type,
        role,
        case
            when count(*) over same_name = 1 then options
            else nullif(list_sort(list_distinct(flatten(list(options) over same_name))), [])
        end as options,
        bool_or(is_active) over same_name as is_active,
        bool_or(is_required) over same_name as is_required,
        visibility,
        cast(sum(rows) over same_name as bigint) as rows,
        cast(sum(filled) over same_name as bigint) as filled,
        cast(sum(distinct_values) over same_name as bigint) as distinct_values,
        max(max_length) over same_name as max_length,
        cast(sum(numeric) over same_name as bigint) as numeric,
        cast(sum(dates) over same_name as bigint) as dates,
        cast(sum(flags) over same_name as bigint) as flags
    from described
    window same_name as (partition by field_group, field)
    qualify
        row_number() over (
            partition by field_group, field
            order by role asc nulls last, filled desc, try_cast(source_id as bigint) asc, source_id asc
        ) = 1
)

select * from final
