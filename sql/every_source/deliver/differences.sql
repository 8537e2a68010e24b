-- Grain: one row per field of a record that is not in the target as it was meant; digests instead of values.
with final as (
    select
        object,
        external_id,
        intercom_id,
        field,
        kind,
        expected_digest,
        found_digest,
        compared_at
    from reconcile.difference
    where target = (select max(value) filter (where name = 'target') from deliver.fact)
)

select * from final
order by object, external_id, field
