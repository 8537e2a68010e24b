-- Grain: one row per article.
with final as (
    select
        external_id,
        title,
        case source_type when 'known_error' then 'known error' else 'FAQ' end as kind,
        array_to_string(collection_path, ' / ') as collection,
        word_count as words,
        case
            when list_contains(flags, 'empty') then 'empty'
            when list_contains(flags, 'under_100_words') then 'too short'
            when list_contains(flags, 'over_500_words') then 'too long'
            else 'fits'
        end as length,
        concat(
            case
                when list_contains(flags, 'empty') then 'write it or drop it'
                when list_contains(flags, 'under_100_words') then 'complete it or join it with another'
                when list_contains(flags, 'over_500_words') then 'split it, one question an article'
                else 'read it'
            end,
            case when list_contains(flags, 'internal_in_source') then '; decide whether customers may see it' end
        ) as to_do
    from staging.articles
)

select * from final
order by length, title, external_id
