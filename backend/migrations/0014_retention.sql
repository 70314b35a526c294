-- Whether the ended jobs of a user have a deadline, from which retention looks at them. Jobs that ended before
-- retention existed have none; the reconciler gives them one, user by user.

alter table profiles add column has_retention boolean not null default false;

alter table profiles alter column has_retention set default true;

create index profiles_without_retention on profiles (identity_id) where not has_retention;
