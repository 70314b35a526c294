-- Why a user has Premium, if not for a subscription: the deployment gives it to everyone.

alter table profiles
    -- Null for users with a subscription, and for users on Free. The rights on the table cover it.
    add column premium_basis text check (premium_basis in ('everyone', 'grant'));
