-- What users save for the results explorer: filters and gene panels. They go with the profile.

create table saved_items (
    id uuid primary key,
    owner uuid not null references profiles (identity_id) on delete cascade,
    kind text not null check (kind in ('filter', 'panel')),
    name text not null,
    -- JSON as in the API.
    content jsonb not null,
    updated timestamptz not null,
    unique (owner, kind, name)
);

grant select, insert, update, delete on saved_items to gas_runtime;
