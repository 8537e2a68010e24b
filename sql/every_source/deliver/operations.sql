-- Grain: one row per write to the target that was planned or made.
with final as (
    select
        object,
        kind,
        external_id,
        state,
        origin,
        intercom_id,
        attempts,
        run_no,
        applied_at,
        status,
        error_code,
        remark,
        key
    from publish.operations
)

select * from final
order by object, kind, external_id, key
