-- Grain: one row per connection of Jitbit that stops working with it; no secrets, no addresses of customers.
with final as (
    select
        'mailbox' as kind,
        category_id as source_id,
        concat('mailbox of category ', coalesce(nullif(trim(name), ''), category_id)) as name,
        true as is_active,
        'answers of this category are sent from an address of its own' as detail
    from raw.category
    where nullif(trim(from_address), '') is not null
)

select * from final
