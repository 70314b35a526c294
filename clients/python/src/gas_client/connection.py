"""Requests to the service and to its storage, repeated where that may help."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx

from .errors import ApiError, StorageError
from .models import Job, Link, Model, Problem

M = TypeVar("M", bound=Model)

ATTEMPTS = 6
"""How often a request is sent that may be repeated."""

MAX_PAUSE_SECS = 60.0
"""The longest pause between two attempts, and before a limit that allows a request again."""

# Statuses after which a request may succeed.
TRANSIENT = frozenset({429, 502, 503, 504})


class Connection:
    """A service and its storage, which gets links only, never the token."""

    def __init__(self, url: str, token: str, timeout: float, transport: httpx.BaseTransport | None):
        self.url = url.rstrip("/")
        self._api = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            transport=transport,
        )
        # The time limit is one without progress: files take as long as they need.
        self._storage = httpx.Client(timeout=timeout, transport=transport)

    def close(self) -> None:
        """Closes the connections."""
        self._api.close()
        self._storage.close()

    def get(self, path: str, model: type[M], params: dict[str, str] | None = None) -> M:
        """An object."""
        return model.model_validate(self.request("GET", path, params=params).json())

    def list(self, path: str, model: type[M], params: dict[str, str] | None = None) -> tuple[M, ...]:
        """All objects of a list without pages."""
        return tuple(model.model_validate(item) for item in self.request("GET", path, params=params).json())

    def remove(self, path: str) -> None:
        """Deletes what a path names."""
        try:
            self.request("DELETE", path)
        except ApiError as error:
            # An earlier attempt deleted it, and its response was lost.
            if error.code != "not_found" or error.attempts == 1:
                raise

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
        stream: bool = False,
    ) -> httpx.Response:
        """Sends a request, again if the service is busy or cannot be reached.

        Requests may be repeated: those that create a job have a key, and to submit, change or delete something again
        changes nothing. A share link or a webhook may be created twice. With `stream`, the caller reads and closes the
        response.
        """
        for attempt in range(1, ATTEMPTS + 1):
            pause = min(2.0**attempt / 4, MAX_PAUSE_SECS)
            try:
                request = self._api.build_request(method, path, json=json, headers=headers, params=params)
                answer = self._api.send(request, stream=stream)
                if not answer.is_success:
                    answer.read()
            except httpx.TransportError:
                if attempt == ATTEMPTS:
                    raise
            else:
                if answer.is_success:
                    return answer
                wait = _retry_after(answer, pause)
                if attempt == ATTEMPTS or answer.status_code not in TRANSIENT or wait > MAX_PAUSE_SECS:
                    raise ApiError(answer.status_code, _problem(answer), attempt)
                pause = wait
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def open_link(self, path: str, offset: int = 0) -> httpx.Response:
        """The file that a path links to, from a byte on. The caller reads and closes the response."""
        link = self.get(path, Link, {"redirect": "false"}).url
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        answer = self._storage.send(self._storage.build_request("GET", link, headers=headers), stream=True)
        return _stored(answer)

    def put(self, url: str, pieces: Callable[[], Iterator[bytes]], size: int) -> None:
        """Sends `size` bytes to storage, once."""
        # The length is that of the part; storage does not take chunks.
        _stored(self._storage.put(url, content=pieces(), headers={"Content-Length": str(size)}))

    def post_form(self, url: str, fields: dict[str, str], path: Path, content_type: str) -> None:
        """Sends a file to storage with a form, once. It is read while it is sent."""
        with path.open("rb") as file:
            _stored(self._storage.post(url, data=fields, files={"file": (path.name, file, content_type)}))


class Connected:
    """A part of the client."""

    _connection: Connection


def job_path(job: Job | uuid.UUID | str) -> str:
    """The path of a job."""
    return f"/jobs/{job_id(job)}"


def job_id(job: Job | uuid.UUID | str) -> str:
    """The id of a job, as a part of a path."""
    return part_of_path(job.id if isinstance(job, Job) else job)


def part_of_path(text: object) -> str:
    """A text as one part of a path."""
    return quote(str(text), safe="")


def is_transient(error: BaseException) -> bool:
    """Whether a transfer that has failed may succeed later."""
    if isinstance(error, StorageError):
        # A link that expires is 403. S3 answers 400 with this code if a connection was idle for too long.
        return error.status in (403, 408, 429) or error.status >= 500 or "RequestTimeout" in error.text
    if isinstance(error, ApiError):
        return error.status in TRANSIENT
    return isinstance(error, httpx.TransportError)


def pause(failures: int) -> None:
    """Waits after a number of failures without progress."""
    time.sleep(min(2.0**failures / 4, MAX_PAUSE_SECS))


def _stored(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    answer.read()
    raise StorageError(answer.status_code, answer.text)


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
