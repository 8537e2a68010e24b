-- Grain: one row per place that names a language and language; of messages one per language that they seem to be in.
-- Up to 2,000 messages are looked at, the same ones each time; short ones say nothing and are not counted.
with vocabularies as (
    select
        'en' as language,
        'the and you for is not have with this that can please we our it are was my hello thanks' as words
    union all
    select
        'de' as language,
        'der die und das ist nicht ich wir sie mit ein eine für bitte haben kann auf wird hallo danke' as words
    union all
    select
        'fr' as language,
        'le les et vous est pas nous je une pour avec dans sur bonjour merci votre des que notre ce' as words
    union all
    select
        'es' as language,
        'el los y es para con una por que en no se hola gracias nuestro mi su del las tengo' as words
    union all
    select
        'it' as language,
        'il di che per con una non è sono gli della buongiorno grazie nostro mi del ho questo nel anche' as words
    union all
    select
        'nl' as language,
        'het een en van ik is niet dat wij op met voor zijn wordt hallo bedankt onze de kan mijn' as words
    union all
    select
        'pl' as language,
        'i w na jest nie się że do proszę dziękuję mam nasz dla jak czy to po od już dzień' as words
    union all
    select
        'pt' as language,
        'que não para com uma em por obrigado olá nosso minha está você são pelo meu foi isso mais nos' as words
),

stop_words as (
    select
        language,
        unnest(string_split(words, ' ')) as word
    from vocabularies
),

messages as (
    select
        id,
        string_split_regex(lower(left(regexp_replace(body, '<[^>]*>|&[a-z]+;', ' ', 'g'), 2000)), '[^\p{L}]+') as words,
        left(body, 2000) as body
    from raw.thread_entry
    where type = 'M' and (coalesce(try_cast(flags as bigint), 0) & 4) = 0
    qualify row_number() over (order by md5(id), id) <= 2000
),

spoken as (
    select
        id,
        unnest(words) as word
    from messages
),

word_counts as (
    select
        spoken.id,
        stop_words.language,
        count(*) as hits
    from spoken
    inner join stop_words
        on spoken.word = stop_words.word
    group by spoken.id, stop_words.language
    having count(*) >= 3
),

guesses as (
    select
        id,
        arg_max(language, struct_pack(hits := hits, language := language)) as language
    from word_counts
    group by id
),

scripts as (
    select
        id,
        case
            when len(regexp_extract_all(body, '[\p{Hiragana}\p{Katakana}]')) >= 5 then 'ja'
            when len(regexp_extract_all(body, '\p{Hangul}')) >= 5 then 'ko'
            when len(regexp_extract_all(body, '\p{Han}')) >= 5 then 'zh'
            when len(regexp_extract_all(body, '\p{Arabic}')) >= 10 then 'ar'
            when len(regexp_extract_all(body, '\p{Hebrew}')) >= 10 then 'he'
            when len(regexp_extract_all(body, '\p{Greek}')) >= 10 then 'el'
            when len(regexp_extract_all(body, '\p{Cyrillic}')) >= 10 then 'ru'
        end as language
    from messages
),

languages as (
    select
        'setting' as source,
        unnest(string_split(value, ',')) as language
    from raw.config
    where namespace = 'core' and key in ('system_language', 'secondary_langs')
    union all
    select
        'contact' as source,
        lang as language
    from raw.user_account
    union all
    select
        'agent' as source,
        lang as language
    from raw.staff
    union all
    select
        'article' as source,
        lang as language
    from raw.translation
    where type = 'article'
    union all
    select
        'label' as source,
        lang as language
    from raw.translation
    where type is distinct from 'article'
    union all
    select
        'canned response' as source,
        lang as language
    from raw.canned_response
    union all
    select
        'mail template' as source,
        lang as language
    from raw.email_template_group
    union all
    select
        'message' as source,
        coalesce(scripts.language, guesses.language) as language
    from scripts
    left join guesses
        on scripts.id = guesses.id
),

final as (
    select
        source,
        trim(language) as language,
        count(*) as rows
    from languages
    where nullif(trim(language), '') is not null
    group by source, trim(language)
)

select * from final
