"""Requests to the REST API. The service documents it at `/api/docs`."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeVar

import httpx

from .errors import ApiError, GasError, JobFailed, WaitTimeout
from .models import (
    Account,
    CreatedJob,
    Job,
    JobList,
    JobOptions,
    Link,
    Model,
    Problem,
    Reference,
    ReferenceList,
    Source,
    SourceList,
    Upload,
)

M = TypeVar("M", bound=Model)

ATTEMPTS = 6
"""How often a request is sent that may be repeated."""

MAX_PAUSE_SECS = 60.0
"""The longest pause between two attempts, and before a limit that allows a request again."""

FIRST_POLL_SECS = 0.5
MAX_POLL_SECS = 10.0
"""How often the status of a job is asked for: often at first, then less."""

# Statuses after which a request may succeed.
TRANSIENT = frozenset({429, 502, 503, 504})


class Client:
    """A client of a service.

    `url` and `token` are by default the environment variables GAS_URL and GAS_TOKEN. Make a token on the page
    Account; it needs the scope `jobs:read`, and `jobs:write` to annotate files.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ):
        url = url or os.environ.get("GAS_URL")
        token = token or os.environ.get("GAS_TOKEN")
        if not url or not token:
            raise ValueError("give url and token, or set GAS_URL and GAS_TOKEN")
        self._api = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            transport=transport,
        )
        # Storage gets the links only, never the token.
        self._storage = httpx.Client(timeout=httpx.Timeout(timeout, write=None), transport=transport)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._api.close()
        self._storage.close()

    def account(self) -> Account:
        """The account that owns the token."""
        return self._get("/account", Account)

    def references(self) -> tuple[Reference, ...]:
        """The references that jobs can choose."""
        return self._get("/references", ReferenceList).references

    def sources(self) -> tuple[Source, ...]:
        """The sources that jobs can choose."""
        return self._get("/sources", SourceList).sources

    def jobs(
        self, status: str | None = None, *, labels: Iterable[str] = (), project: str | None = None
    ) -> Iterator[Job]:
        """All jobs, newest first, or those with a status, with all of some labels, or of a project."""
        label = ",".join(_labels(labels))
        cursor: str | None = None
        while True:
            parameters = {"status": status, "label": label, "project": project, "cursor": cursor}
            page = self._get("/jobs", JobList, {name: value for name, value in parameters.items() if value})
            yield from page.jobs
            cursor = page.next_cursor
            if cursor is None:
                return

    def job(self, job: Job | uuid.UUID | str) -> Job:
        """A job in its current state."""
        return self._get(f"/jobs/{_id(job)}", Job)

    def annotate(self, path: str | Path, options: JobOptions | None = None) -> Job:
        """Uploads a file (`.vcf`, `.vcf.gz`, `.vcf.bgz` or `.bcf`) and submits it. `wait` waits for the end.

        A call that fails leaves at most a job that is never submitted, which the service removes.
        """
        path = Path(path)
        new: dict[str, object] = {"file_name": path.name, "size_bytes": path.stat().st_size}
        if options:
            new["options"] = options.model_dump(exclude_none=True)
        # With a key, the request can be repeated without making a second job.
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        created = CreatedJob.model_validate(self._request("POST", "/jobs", json=new, headers=headers).json())
        if created.upload:
            self._send(path, created.upload)
        return Job.model_validate(self._request("POST", f"/jobs/{created.job.id}/submit").json())

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
        return Job.model_validate(self._request("PATCH", f"/jobs/{_id(job)}", json=change).json())

    def cancel(self, job: Job | uuid.UUID | str) -> Job:
        """Cancels a job that has not ended."""
        return Job.model_validate(self._request("POST", f"/jobs/{_id(job)}/cancel").json())

    def rerun(self, job: Job | uuid.UUID | str, options: JobOptions | None = None) -> Job:
        """Runs the file of a job again, with the same or other options, as a new job."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        body = {"options": options.model_dump(exclude_none=True)} if options else None
        answer = self._request("POST", f"/jobs/{_id(job)}/rerun", json=body, headers=headers)
        return Job.model_validate(answer.json())

    def delete(self, job: Job | uuid.UUID | str) -> None:
        """Deletes a job with all its files. This cannot be undone."""
        self._request("DELETE", f"/jobs/{_id(job)}")

    def log(self, job: Job | uuid.UUID | str) -> str:
        """The run log of a job that has ended."""
        return self._request("GET", f"/jobs/{_id(job)}/log").text

    def download(
        self, job: Job | uuid.UUID | str, to: str | Path, *, plain: bool = False, overwrite: bool = False
    ) -> Path:
        """Saves the annotated file: BGZF, or plain text for small plain inputs and with `plain`.

        `to` is a file, or a folder in which the file gets its own name. The file appears when it is complete. A
        broken connection is continued where it ended. Raises FileExistsError unless `overwrite` is set.
        """
        job = _id(job)
        with self._open_result(job, plain) as answer:
            target = Path(to)
            if target.is_dir():
                target = target / _file_name(answer)
            if target.exists() and not overwrite:
                raise FileExistsError(f"{target} exists")
            part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
            try:
                with part.open("wb") as file:
                    self._receive(job, answer, file, is_ranged=not plain)
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        return target

    @contextmanager
    def _open_result(self, job: str, plain: bool, offset: int = 0) -> Iterator[httpx.Response]:
        """The annotated file from a byte on. The text of a compressed result comes from the service, and has no ranges."""
        path = f"/jobs/{job}/result"
        if plain:
            with self._api.stream("GET", path, params={"plain": "true"}) as answer:
                if not answer.is_success:
                    answer.read()
                    raise ApiError(answer.status_code, _problem(answer))
                yield answer
        else:
            link = self._get(path, Link, {"redirect": "false"}).url
            headers = {"Range": f"bytes={offset}-"} if offset else {}
            with self._storage.stream("GET", link, headers=headers) as answer:
                if not answer.is_success:
                    raise ApiError(answer.status_code, None)
                yield answer

    def _receive(self, job: str, answer: httpx.Response, file: BinaryIO, is_ranged: bool) -> None:
        """Writes a result to a file. A broken connection is replaced by one for the missing bytes of the same file."""
        size = answer.headers.get("Content-Length")
        version = answer.headers.get("ETag")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if attempt == 1:
                    _write(answer, file)
                else:
                    with self._open_result(job, plain=False, offset=file.tell()) as rest:
                        if rest.headers.get("ETag") != version:
                            raise GasError("the result has changed while it was downloaded; download it again")
                        _write(rest, file)
            except httpx.TransportError:
                if attempt == ATTEMPTS or not is_ranged:
                    raise
                time.sleep(min(2.0**attempt / 4, MAX_PAUSE_SECS))
            else:
                break
        if size is not None and file.tell() != int(size):
            raise GasError(f"the result has {size} bytes, and {file.tell()} have arrived")

    def _send(self, path: Path, upload: Upload) -> None:
        """Sends a file to storage with the form of an upload. It is read while it is sent."""
        fields = {field.name: field.value for field in upload.fields}
        for attempt in range(1, ATTEMPTS + 1):
            with path.open("rb") as file:
                try:
                    answer = self._storage.post(
                        upload.url, data=fields, files={"file": (path.name, file, upload.content_type)}
                    )
                except httpx.TransportError:
                    if attempt == ATTEMPTS:
                        raise
                else:
                    if answer.is_success:
                        return
                    if attempt == ATTEMPTS or answer.status_code not in TRANSIENT | {500}:
                        raise ApiError(answer.status_code, None)
            time.sleep(min(2.0**attempt / 4, MAX_PAUSE_SECS))

    def _get(self, path: str, model: type[M], parameters: dict[str, str] | None = None) -> M:
        return model.model_validate(self._request("GET", path, params=parameters).json())

    def _request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Sends a request, again if the service is busy or cannot be reached.

        Every request of the API may be repeated: those that create a job have a key, and to submit, edit, cancel or
        delete one again changes nothing.
        """
        for attempt in range(1, ATTEMPTS + 1):
            pause = min(2.0**attempt / 4, MAX_PAUSE_SECS)
            try:
                answer = self._api.request(method, path, json=json, headers=headers, params=params)
            except httpx.TransportError:
                if attempt == ATTEMPTS:
                    raise
            else:
                if answer.is_success:
                    return answer
                wait = _retry_after(answer, pause)
                if attempt == ATTEMPTS or answer.status_code not in TRANSIENT or wait > MAX_PAUSE_SECS:
                    raise ApiError(answer.status_code, _problem(answer))
                pause = wait
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")


def _write(answer: httpx.Response, file: BinaryIO) -> None:
    """Writes the bytes as they are sent: a result that is gzip must stay so."""
    for piece in answer.iter_raw():
        file.write(piece)


def _file_name(answer: httpx.Response) -> str:
    """The name of a file (RFC 6266), without folders."""
    message = Message()
    message["Content-Disposition"] = answer.headers.get("Content-Disposition", "")
    return Path(message.get_filename("result.annot.vcf")).name


def _labels(labels: Iterable[str]) -> list[str]:
    if isinstance(labels, str):
        raise TypeError("labels is a list of texts, not one text")
    return list(labels)


def _id(job: Job | uuid.UUID | str) -> str:
    return str(job.id if isinstance(job, Job) else job)


def _retry_after(answer: httpx.Response, otherwise: float) -> float:
    """The seconds after which the service wants a request again (RFC 9110, 10.2.3)."""
    try:
        return float(answer.headers.get("Retry-After", otherwise))
    except ValueError:
        return otherwise


def _problem(answer: httpx.Response) -> Problem | None:
    try:
        return Problem.model_validate_json(answer.content)
    except ValueError:
        return None
