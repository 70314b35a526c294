-- Which mails about jobs a user does not want.

alter table profiles
    -- The kinds that are off while mail_results is true: completed, failed, archive. The rights on the table cover it.
    -- If mail_results is false, all are off, as older versions have it.
    add column mail_muted text[] not null default '{}';
