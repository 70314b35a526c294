"""The client of the REST API. The service documents it at `/api/docs`."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import httpx

from .admin import Admin
from .comparison import Comparisons
from .connection import Connection, job_path
from .downloads import Downloads
from .errors import JobFailed, WaitTimeout
from .models import Account, Job, JobList, JobOptions
from .references import References
from .saved import Saved
from .share_links import ShareLinks
from .unfinished import default_folder
from .uploads import PARALLEL_PARTS, annotate_file
from .webhooks import Webhooks

FIRST_POLL_SECS = 0.5
MAX_POLL_SECS = 10.0
"""How often the status of a job is asked for: often at first, then less."""

MAX_PAGE_SIZE = 100
"""The largest number of jobs that one request returns."""


class Client(Downloads, Comparisons, ShareLinks, Webhooks, Saved, References):
    """A client of a service.

    `url` and `token` are by default the environment variables GAS_URL and GAS_TOKEN. Make a token on the page
    Account; it needs the scope `jobs:read`, and `jobs:write` to annotate files.

    `timeout` is the number of seconds without progress after which a request is given up. `state_folder` is the folder
    in which unfinished uploads of large files are remembered, by default `gas-client` in the user's folder for the
    state of programs.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        state_folder: str | Path | None = None,
        transport: httpx.BaseTransport | None = None,
    ):
        url = url or os.environ.get("GAS_URL")
        token = token or os.environ.get("GAS_TOKEN")
        if not url or not token:
            raise ValueError("give url and token, or set GAS_URL and GAS_TOKEN")
        self._connection = Connection(url, token, timeout, transport)
        self._state_folder = Path(state_folder) if state_folder is not None else default_folder()
        self.admin = Admin(self._connection)
        """What operators of the service do."""

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._connection.close()

    def account(self) -> Account:
        """The account that owns the token."""
        return self._connection.get("/account", Account)

    def jobs(
        self,
        status: str | None = None,
        *,
        labels: Iterable[str] = (),
        project: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Job]:
        """Jobs, newest first: all or at most `limit`, those with a status, with all of some labels, or of a project."""
        label = ",".join(_labels(labels))
        cursor: str | None = None
        left = limit
        while left is None or left > 0:
            size = str(min(left, MAX_PAGE_SIZE)) if left is not None else None
            given = {"status": status, "label": label, "project": project, "limit": size, "cursor": cursor}
            page = self._connection.get("/jobs", JobList, {name: value for name, value in given.items() if value})
            yield from page.jobs[:left]
            left = left - len(page.jobs) if left is not None else None
            cursor = page.next_cursor
            if cursor is None:
                return

    def job(self, job: Job | uuid.UUID | str) -> Job:
        """A job in its current state."""
        return self._connection.get(job_path(job), Job)

    def annotate(
        self, path: str | Path, options: JobOptions | None = None, *, parallel_parts: int = PARALLEL_PARTS
    ) -> Job:
        """Uploads a file (`.vcf`, `.vcf.gz`, `.vcf.bgz` or `.bcf`) and submits it. `wait` waits for the end.

        A file of more than 64 MiB is sent in parts, several at the same time. If that is interrupted, Interrupted is
        raised, and the same call continues the upload within a day. Otherwise, a call that fails leaves at most a job
        that is never submitted, which the service removes.
        """
        path = Path(path)
        new: dict[str, object] = {"file_name": path.name, "size_bytes": path.stat().st_size}
        if options:
            new["options"] = options.model_dump(exclude_none=True)
        return annotate_file(self._connection, path, new, self._state_folder, parallel_parts)

    def annotate_url(self, url: str, name: str | None = None, options: JobOptions | None = None) -> Job:
        """Submits a file at a URL, such as a presigned URL of S3. The service copies it itself; `wait` waits for the end.

        `name` is needed if the path of the URL does not end with the name of the file.
        """
        new: dict[str, object] = {"url": url}
        if name is not None:
            new["file_name"] = name
        if options:
            new["options"] = options.model_dump(exclude_none=True)
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        answer = self._connection.request("POST", "/jobs/from-url", json=new, headers=headers)
        return Job.model_validate(answer.json())

    def wait(self, job: Job | uuid.UUID | str, timeout: float | None = None) -> Job:
        """Waits until a job is completed, for at most `timeout` seconds.

        Raises JobFailed if it fails or is cancelled, and WaitTimeout if the time is over.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = FIRST_POLL_SECS
        while True:
            current = self.job(job)
            if current.status == "completed":
                return current
            if current.is_final:
                raise JobFailed(current)
            if deadline is not None and time.monotonic() + pause > deadline:
                raise WaitTimeout(current)
            time.sleep(pause)
            pause = min(1.5 * pause, MAX_POLL_SECS)

    def edit(
        self,
        job: Job | uuid.UUID | str,
        *,
        title: str | None = None,
        labels: Iterable[str] | None = None,
        project: str | None = None,
        note: str | None = None,
    ) -> Job:
        """Renames a job, or changes its labels (all of them), its project or its note.

        What is None stays as it is, and an empty value removes one.
        """
        texts = {"title": title, "project": project, "note": note}
        change: dict[str, object] = {name: text for name, text in texts.items() if text is not None}
        if labels is not None:
            change["labels"] = _labels(labels)
        return Job.model_validate(self._connection.request("PATCH", job_path(job), json=change).json())

    def cancel(self, job: Job | uuid.UUID | str) -> Job:
        """Cancels a job that has not ended."""
        return Job.model_validate(self._connection.request("POST", f"{job_path(job)}/cancel").json())

    def rerun(self, job: Job | uuid.UUID | str, options: JobOptions | None = None) -> Job:
        """Runs the file of a job again, with the same or other options, as a new job."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        body = {"options": options.model_dump(exclude_none=True)} if options else None
        answer = self._connection.request("POST", f"{job_path(job)}/rerun", json=body, headers=headers)
        return Job.model_validate(answer.json())

    def delete(self, job: Job | uuid.UUID | str) -> None:
        """Deletes a job with all its files. This cannot be undone."""
        self._connection.remove(job_path(job))


def _labels(labels: Iterable[str]) -> list[str]:
    if isinstance(labels, str):
        raise TypeError("labels is a list of texts, not one text")
    return list(labels)
