-- Accounts that are being deleted. The row goes when all jobs are deleted, whose files follow by
-- themselves (the job table knows of them, for a day at most), and the customer at the payment provider
-- is.

alter table profiles
    -- When the user asked for it. From then on nobody can sign in to the account.
    add column deletion_requested timestamptz,
    -- Whether the payment provider has deleted the customer, or there was none.
    add column billing_closed boolean not null default false;

create index profiles_leaving on profiles (identity_id)
    where deletion_requested is not null;

-- To end all sessions of a user.
create index sessions_user on sessions ((data #>> '{signed_in,user}'));

-- To tell a user, or forget, what they were told.
create index mails_user on mails (user_id, event);
