-- Grain: one row per article with something a person has to look at.
with final as (
    select
        external_id,
        title,
        array_to_string(collection_path, ' / ') as collection,
        state as arrives_as,
        word_count as words,
        array_to_string(flags, ', ') as look_at,
        concat_ws(
            '; ',
            case when list_contains(flags, 'empty') then 'write it or drop it' end,
            case when list_contains(flags, 'short') then 'complete it or join it with another' end,
            case when list_contains(flags, 'files_by_hand') then 'bring its files in, then publish it' end,
            case when list_contains(flags, 'internal') then 'was for technicians: decide who may see it' end,
            case when list_contains(flags, 'no_category') then 'choose a collection' end
        ) as to_do
    from staging.articles
    where len(flags) > 0
)

select * from final
order by look_at, title, external_id
