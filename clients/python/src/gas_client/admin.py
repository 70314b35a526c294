"""The service, for its operators. The token needs the scope `admin`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from .connection import Connection, part_of_path
from .models import Model


class ActiveJobs(Model):
    """The jobs that have not ended."""

    pending: int
    running: int
    held_back: int
    """Those that are not sent to the workers yet, because their owners have others there or jobs are paused."""
    oldest_since: datetime | None = None


class QueueState(Model):
    """A queue."""

    name: str
    waiting: int
    in_flight: int
    oldest_secs: int | None = None
    """How long the oldest message has been there, a few minutes ago; unknown without CloudWatch."""
    dead_letters: int


class ShardCounts(Model):
    """The shards of a large job."""

    done: int
    total: int
    running: int = 0


class RunState(Model):
    """A job that runs."""

    job: UUID
    owner: UUID
    started_at: datetime
    heartbeat_at: datetime
    permille: int
    """The completed part, in thousandths."""
    cost: int
    """An estimate of what its workers have cost so far, in millionths of a US dollar."""
    shards: ShardCounts | None = None


class ServiceMode(Model):
    """Whether jobs are accepted and started, and the text on every page."""

    intake: str
    """`open`, `paused` or `draining`."""
    banner: str | None = None


class ServiceState(Model):
    """The state of the service."""

    at: datetime
    mode: ServiceMode
    jobs: ActiveJobs
    queues: tuple[QueueState, ...]
    runs: tuple[RunState, ...]


class Redriven(Model):
    """How many dead letters were moved."""

    moved: int


class UserRecord(Model):
    """A user."""

    id: UUID
    name: str
    email: str
    institution: str
    plan: str
    is_granted: bool
    """Whether an operator has granted Premium."""
    is_operator: bool
    active_jobs: int
    created_at: datetime
    blocked_at: datetime | None = None
    stored_bytes: int | None = None


class AuditItem(Model):
    """An entry of the audit log."""

    id: int
    at: datetime
    action: str
    actor: str
    user: UUID | None = None
    operator: UUID | None = None
    target: str | None = None


class Prices(Model):
    """The prices that costs are estimated from, in millionths of a US dollar."""

    worker_hour: int
    gb_month: int
    job_requests: int


class JobCosts(Model):
    """What the jobs of the last 30 days cost, as an estimate, in millionths of a US dollar."""

    jobs: int
    bytes: int
    run_secs: int
    workers: int
    storage: int
    requests: int
    total: int
    per_job: int
    prices: Prices


class DayOfJobs(Model):
    """The jobs that ended on a day with an outcome."""

    day: datetime
    outcome: str
    jobs: int
    run_secs: int
    input_bytes: int
    result_bytes: int


class UsageReport(Model):
    """The users, and the jobs of the last 30 days."""

    users: int
    premium_users: int
    blocked_users: int
    stored_bytes: int
    days: tuple[DayOfJobs, ...]
    costs: JobCosts


class Admin:
    """What operators do. They see no files, no names of files, and no results."""

    def __init__(self, connection: Connection):
        self._connection = connection

    def state(self) -> ServiceState:
        """The mode of the service, the jobs that have not ended, the queues, and the runs with their heartbeats."""
        return self._connection.get("/admin/state", ServiceState)

    def set_intake(self, intake: str) -> ServiceMode:
        """Accepts and starts jobs (`open`), accepts them only (`paused`), or runs accepted ones only (`draining`)."""
        answer = self._connection.request("PUT", "/admin/intake", json={"intake": intake})
        return ServiceMode.model_validate(answer.json())

    def set_banner(self, text: str) -> ServiceMode:
        """Shows one line on every page; an empty text removes it."""
        answer = self._connection.request("PUT", "/admin/banner", json={"text": text})
        return ServiceMode.model_validate(answer.json())

    def redrive(self, queue: str) -> int:
        """Moves at most 500 dead letters back to their queue, and returns their number."""
        answer = self._connection.request("POST", f"/admin/queues/{part_of_path(queue)}/redrive")
        return Redriven.model_validate(answer.json()).moved

    def users(self, search: str = "") -> tuple[UserRecord, ...]:
        """At most 50 users, newest first, by a part of name, email address, institution or id."""
        return self._connection.list("/admin/users", UserRecord, {"search": search})

    def act_on_user(self, user: UserRecord | UUID | str, action: str) -> None:
        """Does `block`, `unblock`, `grant_premium` or `revoke_premium`."""
        name = part_of_path(user.id if isinstance(user, UserRecord) else user)
        self._connection.request("POST", f"/admin/users/{name}", json={"action": action})

    def audit(self, user: UserRecord | UUID | str | None = None, before: int | None = None) -> tuple[AuditItem, ...]:
        """At most 100 entries of the audit log, newest first: those about a user, and those before an entry."""
        name = user.id if isinstance(user, UserRecord) else user
        given = {"user": name, "before": before}
        params = {key: str(value) for key, value in given.items() if value is not None}
        return self._connection.list("/admin/audit", AuditItem, params)

    def statistics(self) -> UsageReport:
        """The number of users, the bytes that they store, and the jobs of the last 30 days with their costs."""
        return self._connection.get("/admin/statistics", UsageReport)
