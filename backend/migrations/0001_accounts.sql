-- Profiles and sessions.

create table profiles (
    -- The `sub` claim of the OpenID provider.
    identity_id uuid primary key,
    name text not null,
    email text not null,
    institution text not null default '',
    role text not null default 'free_user' check (role in ('free_user', 'premium_user')),
    created timestamptz not null default now(),
    updated timestamptz not null default now()
);

create table sessions (
    -- SHA-256 of the session's id in hex: who reads the table cannot take over a session.
    id text primary key,
    data jsonb not null,
    expires timestamptz not null
);

create index sessions_expires on sessions (expires);
