-- Share links: whoever has the secret of one may read one result. A revoked one is deleted, and so are those of a deleted
-- job, a closed account and a blocked user.

create table share_links (
    id uuid primary key,
    owner uuid not null references profiles (identity_id) on delete cascade,
    -- The job whose result it opens. Jobs are not in this database.
    job uuid not null,
    -- SHA-256 of the secret in hex, as of API tokens.
    secret_hash text not null unique,
    allows_downloads boolean not null,
    created timestamptz not null,
    expires timestamptz not null,
    -- How often its page was opened, and when last.
    opened bigint not null default 0,
    last_opened timestamptz
);

create index share_links_owner on share_links (owner, job);
create index share_links_job on share_links (job);
create index share_links_expires on share_links (expires);

grant select, insert, update, delete on share_links to gas_runtime;
