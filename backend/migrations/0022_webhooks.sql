-- Webhooks: URLs that GAS calls when something happens to a user's jobs, and the messages to them.

create table webhooks (
    id uuid primary key,
    owner uuid not null references profiles (identity_id) on delete cascade,
    url text not null,
    -- The types of the messages, such as job.completed. The secret is derived from the id and is not stored.
    events text[] not null,
    created timestamptz not null,
    -- The first failed attempt since the last one that succeeded.
    failing_since timestamptz,
    -- When it failed for too long. It is not called any more.
    disabled timestamptz
);

create index webhooks_owner on webhooks (owner);

create table webhook_deliveries (
    -- Also the id of the message, by which its receiver recognizes a repetition.
    id uuid primary key,
    webhook uuid not null references webhooks (id) on delete cascade,
    -- Names the event: one message for each webhook, however often the event is reported.
    event_key text not null,
    event text not null,
    -- The bytes to send, the same in every attempt.
    body text not null,
    created timestamptz not null,
    attempts integer not null default 0,
    -- When to send it; during an attempt, when the process counts as dead. Null when the delivery has ended.
    next_attempt timestamptz,
    -- Why the last attempt failed, in words for the owner.
    problem text,
    ended timestamptz,
    unique (webhook, event_key),
    check ((ended is null) = (next_attempt is not null))
);

create index webhook_deliveries_due on webhook_deliveries (next_attempt) where ended is null;
create index webhook_deliveries_ended on webhook_deliveries (ended) where ended is not null;
create index webhook_deliveries_newest on webhook_deliveries (webhook, created desc);

grant select, insert, update, delete on webhooks to gas_runtime;
grant select, insert, update, delete on webhook_deliveries to gas_runtime;
