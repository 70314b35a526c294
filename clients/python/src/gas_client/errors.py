"""The errors of the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import Job, PrivateReference, Problem


class GasError(Exception):
    """An error of the service or the client."""


class ApiError(GasError):
    """The service has rejected a request (RFC 9457)."""

    def __init__(self, status: int, problem: Problem | None, attempts: int = 1):
        self.status = status
        """The HTTP status."""
        self.attempts = attempts
        """How often the request was sent."""
        self.code = problem.code if problem else None
        """The kind of error, such as `rate_limited`; None if the response is not from the API."""
        self.request_id = problem.request_id if problem else None
        """The id of the request in the service's log. Quote it when you report a problem."""
        super().__init__(
            f"{problem.detail} ({problem.code})"
            if problem
            else f"the service answered with status {status}, and not as the API does; check its URL"
        )


class StorageError(ApiError):
    """Storage has rejected an upload or a download."""

    def __init__(self, status: int, text: str):
        super().__init__(status, None)
        self.text = text[:300]
        """The response, shortened."""
        self.args = (f"storage answered with status {status}: {self.text}",)


class Interrupted(GasError):
    """A transfer was interrupted, and what has arrived is kept. Call the method again to continue."""


class JobFailed(GasError):
    """A job has failed or was cancelled."""

    def __init__(self, job: Job):
        self.job = job
        """The job."""
        reason = job.failure.reason if job.failure else f"the job is {job.status}"
        super().__init__(f"{job.file_name}: {reason}")


class ReferenceFailed(GasError):
    """A private reference could not be built."""

    def __init__(self, reference: PrivateReference):
        self.reference = reference
        """The reference."""
        super().__init__(f"{reference.id}: {reference.reason or f'the reference is {reference.status}'}")


class WaitTimeout(GasError):
    """A job has not ended, or a reference is not built, in time. It continues; wait for it again."""

    def __init__(self, job: Job | PrivateReference):
        self.job = job
        """The job or the reference in its last known state."""
        name = job.file_name if hasattr(job, "file_name") else job.id
        super().__init__(f"{name} is still {job.status}")


class InvalidMessage(GasError):
    """A message is not one of the webhook."""


class NoResult(GasError):
    """A file has no annotations that could be loaded."""
