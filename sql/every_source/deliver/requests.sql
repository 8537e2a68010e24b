-- Grain: one row per step of publishing and kind of request it made.
with final as (
    select
        requests.run_no,
        runs.step,
        runs.purpose,
        runs.started_at,
        requests.method,
        requests.route,
        requests.status,
        requests.number
    from publish.requests
    left join publish.runs
        on requests.run_no = runs.run_no
)

select * from final
order by run_no, method, route, status
