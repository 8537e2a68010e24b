-- Grain: one row per size class of the files of tickets and articles, pasted pictures among them.
with buckets as (
    select cast(unnest([10240, 102400, 1048576, 5242880, 10485760, 20971520, null]) as bigint) as bucket_bytes
),

files as (
    select
        coalesce(try_cast(size_bytes as bigint), 0) as size_bytes,
        status <> 'stored' as is_missing
    from raw.file_bytes
),

classed as (
    select
        (
            select min(buckets.bucket_bytes)
            from buckets
            where buckets.bucket_bytes >= files.size_bytes
        ) as bucket_bytes,
        files.size_bytes,
        files.is_missing
    from files
),

final as (
    select
        buckets.bucket_bytes,
        count(classed.size_bytes) as files,
        cast(coalesce(sum(classed.size_bytes), 0) as bigint) as bytes,
        count(*) filter (where classed.is_missing) as missing
    from buckets
    left join classed
        on buckets.bucket_bytes is not distinct from classed.bucket_bytes
    group by buckets.bucket_bytes
)

select * from final
