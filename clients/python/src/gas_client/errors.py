"""The errors of the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import Job, Problem


class GasError(Exception):
    """An error of the service or the client."""


class ApiError(GasError):
    """The service has rejected a request (RFC 9457)."""

    def __init__(self, status: int, problem: Problem | None):
        self.status = status
        """The HTTP status."""
        self.code = problem.code if problem else None
        """The kind of error, such as `rate_limited`; None if the response is not from the API."""
        self.request_id = problem.request_id if problem else None
        """The id of the request in the service's log. Quote it when you report a problem."""
        super().__init__(
            f"{problem.detail} ({problem.code})" if problem else f"the service answered with status {status}"
        )


class JobFailed(GasError):
    """A job has failed or was cancelled."""

    def __init__(self, job: Job):
        self.job = job
        """The job."""
        reason = job.failure.reason if job.failure else f"the job is {job.status}"
        super().__init__(f"{job.file_name}: {reason}")


class WaitTimeout(GasError):
    """A job has not ended in time. It continues; wait for it again."""

    def __init__(self, job: Job):
        self.job = job
        """The job in its last known state."""
        super().__init__(f"{job.file_name} is still {job.status}")


class NoResult(GasError):
    """A file has no annotations that could be loaded."""
