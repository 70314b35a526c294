-- Rate limits of users, tokens and client addresses. A row is a leaky bucket: it is full if busy_until is
-- a whole period in the future, and empty, as if the row did not exist, if it is in the past. Unlogged:
-- a crash of the database empties the table, which gives everyone a fresh start.

create unlogged table rate_limits (
    -- The action and whom it counts for. Client addresses are hashed.
    key text primary key,
    -- In microseconds since 1970.
    busy_until bigint not null
);

create index rate_limits_busy_until on rate_limits (busy_until);
