-- Jobs from the confirmation of their upload until they have ended. Only a few jobs of a user are sent to the
-- workers at a time; the others wait here.

create table dispatches (
    job_id uuid primary key,
    user_id uuid not null,
    added timestamptz not null,
    -- When the request was sent to the workers; null while the job waits.
    sent timestamptz
);

create index dispatches_user on dispatches (user_id, added);
create index dispatches_sent on dispatches (sent) where sent is not null;
