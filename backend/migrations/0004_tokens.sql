-- API tokens. A revoked one is deleted: nothing needs it any more, and the log tells who revoked it
-- when.

create table api_tokens (
    id uuid primary key,
    owner uuid not null references profiles (identity_id) on delete cascade,
    name text not null,
    -- SHA-256 of the secret in hex: who reads the table cannot use a token. The secret has more
    -- entropy than can be guessed, so no slow hash is needed.
    secret_hash text not null unique,
    -- How the secret begins, for its owner to recognise it.
    prefix text not null,
    scopes text[] not null,
    created timestamptz not null,
    expires timestamptz not null,
    last_used timestamptz
);

create index api_tokens_owner on api_tokens (owner);
