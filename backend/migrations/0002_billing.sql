-- Plans and their payment.

alter table profiles
    -- The customer at Stripe; made at the first checkout.
    add column stripe_customer text unique,
    -- The subscription that decided the plan, and its status as Stripe spells it.
    add column stripe_subscription text,
    add column subscription_status text,
    -- When the plan last changed.
    add column plan_since timestamptz,
    -- When to ask Stripe even if it sends no event.
    add column billing_check timestamptz,
    -- Counts the writes of these columns: what was found out is written over what it was found
    -- out from, or not at all.
    add column billing_version bigint not null default 0,
    -- The version that last changed the plan, and the one that the rest of GAS was told of.
    add column plan_version bigint not null default 0,
    add column plan_announced bigint not null default 0;

create index profiles_billing_check on profiles (billing_check) where billing_check is not null;

create index profiles_plan_unannounced on profiles (identity_id)
    where plan_version <> plan_announced;

-- Which events of Stripe's were seen. One that is not processed is worked on at its next delivery.
create table stripe_events (
    id text primary key,
    type text not null,
    received timestamptz not null,
    processed timestamptz
);
