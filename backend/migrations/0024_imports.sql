-- Files that the service copies from URLs of users. A row exists only while its file is copied or waits for it: the URL may
-- be a secret.

create table imports (
    -- The job, which is in state UPLOADING. Jobs are not in this database.
    job uuid primary key,
    owner uuid not null references profiles (identity_id) on delete cascade,
    url text not null,
    -- What shows that the file is still the same: the entity tag, or the time of the last change as the server writes it.
    etag text,
    last_modified text,
    created timestamptz not null,
    -- The number of processes that have begun or continued the copy. Only the last one may change the row.
    attempts integer not null default 0,
    -- Failures since the last part arrived.
    failures integer not null default 0,
    -- When to copy it; while a process copies it, when the process counts as dead.
    next_attempt timestamptz not null,
    check ((etag is null) <> (last_modified is null))
);

create index imports_due on imports (next_attempt);
create index imports_owner on imports (owner);

grant select, insert, update, delete on imports to gas_runtime;
