-- Mail: who wants it, and what was sent.

alter table profiles
    -- Whether the user wants mail about their jobs.
    add column mail_results boolean not null default true;

-- One row for each event that a user is told of by mail, so that it is told once.
create table mails (
    -- Names the event.
    event text primary key,
    -- Who is told. The profile may be gone by now.
    user_id uuid not null,
    -- The message that told of the event, to compose the mail from.
    message jsonb not null,
    created timestamptz not null,
    -- Since when a process is about to send it. After a while that process counts as dead.
    claimed_at timestamptz,
    attempts integer not null default 0,
    -- Why it was not sent, the last time or for good.
    last_error text,
    sent_at timestamptz,
    ses_message_id text,
    -- When it was decided that it will not be sent.
    given_up_at timestamptz
);

create index mails_unsent on mails (created) where sent_at is null and given_up_at is null;
