-- Grain: one row per size class of the files that hang on thread entries and articles; a file counts at each place.
-- The text of a long entry is stored as a file as well; it is not a file to anybody and is not counted.
with buckets as (
    select cast(unnest([10240, 102400, 1048576, 5242880, 10485760, 20971520, null]) as bigint) as bucket_bytes
),

bytes_read as (
    select
        file_id,
        max(status) as status,
        max(try_cast(size_bytes as bigint)) as size_bytes
    from raw.file_bytes
    group by file_id
),

sizes as (
    select
        id,
        max(try_cast(size as bigint)) as size_bytes,
        max(type) as content_type,
        max(name) as name
    from raw.file
    group by id
),

placed as (
    select
        coalesce(sizes.size_bytes, bytes_read.size_bytes, 0) as size_bytes,
        coalesce(bytes_read.status, '') <> 'stored' as is_missing
    from raw.attachment
    left join sizes
        on attachment.file_id = sizes.id
    left join bytes_read
        on attachment.file_id = bytes_read.file_id
    where
        attachment.type in ('H', 'F')
        and not (
            attachment.inline = '1'
            and coalesce(sizes.content_type, '') = 'text/html'
            and regexp_full_match(coalesce(sizes.name, ''), '[0-9a-f]{32}\.txt')
        )
),

classed as (
    select
        (
            select min(buckets.bucket_bytes)
            from buckets
            where buckets.bucket_bytes >= placed.size_bytes
        ) as bucket_bytes,
        placed.size_bytes,
        placed.is_missing
    from placed
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
