-- Grain: one row per record of the target that was read back.
with final as (
    select
        object,
        external_id,
        intercom_id,
        fields,
        differing,
        by_ledger,
        strftime(home_window, '%Y-%m') as month,
        compared_at
    from reconcile.compared
    where target = (select max(value) filter (where name = 'target') from deliver.fact)
)

select * from final
order by object, external_id
