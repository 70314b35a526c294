-- Whether the message of a sent job is published. A process that dies in between leaves a job that is sent and
-- not published, which the reconciler sends again. An older version does not set it, so that its jobs are sent
-- twice; a job is claimed once.

alter table dispatches add column published boolean not null default false;

update dispatches set published = true where sent is not null;
