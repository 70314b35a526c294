"""Uploads of files to storage: in one request, or in parts of which several are sent at the same time."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Protocol, TypeVar

from .connection import ATTEMPTS, Connection, is_transient, pause
from .errors import ApiError, GasError, Interrupted
from .models import CreatedJob, Job, JobParts, Upload
from .unfinished import FileVersion, Record

ONE_REQUEST_MAX_BYTES = 64 * 1024 * 1024
"""Larger files are sent in parts."""

PARALLEL_PARTS = 4
"""How many parts are sent at the same time by default."""

# The bytes of a part that are in memory at a time.
PIECE_BYTES = 256 * 1024


class Part(Protocol):
    """A part of a file."""

    @property
    def offset(self) -> int: ...
    @property
    def length(self) -> int: ...
    @property
    def url(self) -> str: ...


P = TypeVar("P", bound=Part)


def annotate_file(
    connection: Connection, path: Path, new: dict[str, object], state_folder: Path | None, parallel: int
) -> Job:
    """Creates a job, uploads its file, and submits the job. A large file is sent in parts; an earlier call that was
    interrupted is continued."""
    version = FileVersion(path)
    if version.size <= ONE_REQUEST_MAX_BYTES:
        return _in_one_request(connection, path, _create(connection, new, uuid.uuid4(), in_parts=False))
    record = None
    if state_folder is not None:
        record = Record.open(state_folder, connection.url, path, version, new)
    try:
        return _in_parts(connection, path, new, version, record, parallel)
    finally:
        if record is not None:
            record.close()


def _in_parts(
    connection: Connection,
    path: Path,
    new: dict[str, object],
    version: FileVersion,
    record: Record | None,
    parallel: int,
) -> Job:
    def check() -> None:
        # Parts of two versions of a file would be a file that nobody has.
        if FileVersion(path) != version:
            raise GasError(f"{path} has changed while it was uploaded; upload it again")

    created: CreatedJob | None = None
    try:
        created = _continued(connection, new, record)
        if created is None:
            key = uuid.uuid4()
            if record is not None:
                _remember(record, key)
            created = _create(connection, new, key, in_parts=True)
        parts, submit = created.parts, f"/jobs/{created.job.id}/submit"
        if parts is None:
            # The service has the file already, or is of a version that knows no parts.
            job = _in_one_request(connection, path, created) if created.upload else created.job
        else:
            next_parts = f"/jobs/{created.job.id}/parts"
            send_parts(
                connection,
                parts.parts,
                lambda _: path,
                lambda: JobParts.model_validate(connection.request("POST", next_parts).json()).parts,
                parallel,
                check,
            )
            job = Job.model_validate(connection.request("POST", submit).json())
    except Exception as error:
        if record is not None and is_transient(error):
            raise Interrupted(
                f"the upload of {path} was interrupted: {error}; annotate it again to continue"
            ) from error
        if record is not None:
            record.forget()
        if created is not None:
            _cancel(connection, created.job)
        raise
    if record is not None:
        record.forget()
    return job


def _remember(record: Record, key: uuid.UUID) -> None:
    try:
        record.remember(key)
    except OSError:
        # The upload cannot be continued by a later call, which is no reason not to begin it.
        pass


def _continued(connection: Connection, new: dict[str, object], record: Record | None) -> CreatedJob | None:
    """The job of an earlier call, if it still waits for its file or that call has submitted it."""
    key = record.key() if record is not None else None
    if key is None:
        return None
    try:
        created = _create(connection, new, key, in_parts=True)
    except ApiError as error:
        # The job was deleted, or its upload has expired.
        if error.code in ("conflict", "idempotency_key_reused"):
            return None
        raise
    is_waiting = created.upload is not None or created.parts is not None
    # Another job would annotate the file of a submitted one twice.
    is_submitted = created.job.status in ("pending", "running", "completed")
    return created if is_waiting or is_submitted else None


def _create(connection: Connection, new: dict[str, object], key: uuid.UUID, in_parts: bool) -> CreatedJob:
    # With a key, the request can be repeated without making a second job.
    headers = {"Idempotency-Key": str(key)}
    params = {"in_parts": "true"} if in_parts else None
    answer = connection.request("POST", "/jobs", json=new, headers=headers, params=params)
    return CreatedJob.model_validate(answer.json())


def _cancel(connection: Connection, job: Job) -> None:
    """Otherwise the job would wait for its file for a day."""
    try:
        connection.request("POST", f"/jobs/{job.id}/cancel")
    except Exception:
        # The service ends it later. The error that is reported is the cause.
        pass


def _in_one_request(connection: Connection, path: Path, created: CreatedJob) -> Job:
    if created.upload:
        _send_form(connection, path, created.upload)
    return Job.model_validate(connection.request("POST", f"/jobs/{created.job.id}/submit").json())


def _send_form(connection: Connection, path: Path, upload: Upload) -> None:
    fields = {field.name: field.value for field in upload.fields}
    for attempt in range(1, ATTEMPTS + 1):
        try:
            connection.post_form(upload.url, fields, path, upload.content_type)
        except Exception as error:
            # The form is not renewed, so that 403 is no reason to send it again.
            is_rejected = isinstance(error, ApiError) and error.status == 403
            if attempt == ATTEMPTS or is_rejected or not is_transient(error):
                raise
            pause(attempt)
        else:
            return


def send_parts(
    connection: Connection,
    parts: Sequence[P],
    path_of: Callable[[P], Path],
    next_parts: Callable[[], Sequence[P]],
    parallel: int,
    check: Callable[[], None],
) -> None:
    """Sends parts until storage lacks none. `check` raises if the files are not the same any more."""
    stop = threading.Event()
    pool = ThreadPoolExecutor(max_workers=parallel)
    failures = 0
    try:
        while parts:
            check()
            sent = [pool.submit(_put, connection, path_of(part), part, stop) for part in parts]
            arrived, interruption = 0, None
            for part in as_completed(sent):
                error = part.exception()
                if error is None:
                    arrived += 1
                elif is_transient(error):
                    interruption = error
                else:
                    raise error
            if interruption is None:
                failures = 0
            else:
                # On a slow connection, the later parts of each answer expire before they are sent.
                failures = 0 if arrived else failures + 1
                if failures == ATTEMPTS:
                    raise interruption
                pause(failures + 1)
            # Storage is asked what has arrived, and signs what is missing.
            parts = next_parts()
        # The files may have changed while the last parts were sent, which are all of a file with a few.
        check()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _put(connection: Connection, path: Path, part: Part, stop: threading.Event) -> None:
    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(part.offset)
            left = part.length
            while left:
                if stop.is_set():
                    raise GasError(f"the upload of {path} was stopped")
                piece = file.read(min(left, PIECE_BYTES))
                if not piece:
                    raise GasError(f"{path} has become shorter while it was uploaded; upload it again")
                left -= len(piece)
                yield piece

    connection.put(part.url, pieces, part.length)
