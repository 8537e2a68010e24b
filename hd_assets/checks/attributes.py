"""Custom attributes: declared, of their type, within the target's lengths and names."""

from __future__ import annotations

from hd_assets.checks.base import IN_WINDOW, Check, query_check

_TYPES = """
    case json_type(value)
        when 'VARCHAR' then data_type in ('string', 'text', 'list')
            or (data_type = 'datetime' and try_cast(value ->> '$' as timestamp) is not null)
            or (data_type = 'date' and try_cast(value ->> '$' as date) is not null)
        when 'BOOLEAN' then data_type = 'boolean'
        when 'BIGINT' then data_type in ('integer', 'decimal')
        when 'UBIGINT' then data_type in ('integer', 'decimal')
        when 'DOUBLE' then data_type = 'decimal'
        else false
    end
"""
# `text` is longer only on conversations: contacts and companies know no multi-line attribute.
_LONG = "length(value ->> '$') > 255 and (data_type <> 'text' or object <> 'conversation')"
# Nothing but letters, digits, space, underscore and hyphen is accepted for every object.
_BAD_NAME = "not regexp_full_match(name, '[A-Za-z0-9_ -]{1,100}')"


def _fits(table: str, object: str, *, windowed: bool) -> Check:
    defects = f"""
        with named as (
            select external_id, custom_attributes::json as held, unnest(json_keys(custom_attributes)) as name
            from staging.{table} where custom_attributes is not null and {IN_WINDOW if windowed else "true"}
        ),
        valued as (
            select
                named.external_id, named.name, attribute.data_type, '{object}' as object,
                named.held -> concat('$."', replace(named.name, '"', '\\"'), '"') as value
            from named
            left join mapping.attribute on named.name = attribute.name and attribute.object = '{object}'
        )
        select external_id, concat(name, ' is not declared') from valued where data_type is null
        union all
        select external_id, concat(name, ' is no ', data_type) from valued
        where data_type is not null and json_type(value) <> 'NULL' and not ({_TYPES})
        union all
        select external_id, concat(name, ' is longer than 255 characters') from valued
        where data_type is not null and json_type(value) = 'VARCHAR' and {_LONG}
        union all
        select external_id, 'attributes are not one JSON object' from staging.{table}
        where json_type(custom_attributes) <> 'OBJECT' and {IN_WINDOW if windowed else "true"}
        union all
        select name, 'name has characters the target refuses' from mapping.attribute
        where object = '{object}' and {_BAD_NAME}
        union all
        select mine.name, 'name stands for contacts and companies at once' from mapping.attribute as mine
        inner join mapping.attribute as other on mine.name = other.name and other.object <> mine.object
        where mine.object = '{object}' and mine.object in ('contact', 'company')
            and other.object in ('contact', 'company')
    """
    return query_check(
        "attribute_values_fit",
        table,
        "Every attribute is declared, of its type and at most 255 characters long.",
        defects,
        good="every attribute fits",
        bad="attributes do not fit",
        windowed=windowed,
    )


CHECKS: tuple[Check, ...] = (
    _fits("conversations", "conversation", windowed=True),
    _fits("contacts", "contact", windowed=False),
    _fits("companies", "company", windowed=False),
)
