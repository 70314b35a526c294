-- Stripe's events are stored before they are acknowledged, and handled afterwards.

alter table stripe_events
    -- The fields of the event that GAS uses. Null in rows of older versions, whose event is handled when
    -- Stripe delivers it again.
    add column body jsonb,
    -- How often the handling was started.
    add column attempts integer not null default 0,
    -- When the handling may be started next. A process that starts it moves this time into the future,
    -- so that others take the event only if that process dies.
    add column due timestamptz,
    -- Why the last attempt failed.
    add column last_error text;

create index stripe_events_due on stripe_events (due) where processed is null;

-- For the removal of old events.
create index stripe_events_received on stripe_events (received);
