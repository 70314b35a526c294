"""Downloads of results, their indexes, exports and run logs."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from email.message import Message
from pathlib import Path
from typing import BinaryIO

import httpx

from .connection import ATTEMPTS, Connected, Connection, is_transient, job_id, job_path, pause
from .errors import GasError, Interrupted, StorageError
from .locks import CAN_LOCK, try_lock
from .models import Job

_DEFAULT_NAME = "result.annot.vcf"


class Downloads(Connected):
    """What saves files."""

    def download(
        self, job: Job | uuid.UUID | str, to: str | Path, *, plain: bool = False, overwrite: bool = False
    ) -> Path:
        """Saves the annotated file: BGZF, or plain text for small plain inputs and with `plain`.

        `to` is a file, or a folder in which the file gets its own name. The file appears when it is complete. A
        broken connection is continued where it ended. If that fails, Interrupted is raised, and the same call continues
        the download later; with `plain`, it begins again. Raises FileExistsError unless `overwrite` is set.
        """
        path = f"{job_path(job)}/result"
        if plain:
            return _save(self._connection, path, {"plain": "true"}, Path(to), overwrite)
        return _save_in_steps(self._connection, path, job_id(job), Path(to), overwrite)

    def download_index(self, job: Job | uuid.UUID | str, to: str | Path, *, overwrite: bool = False) -> Path:
        """Saves the index of a compressed result: `.tbi`, or `.csi` for long contigs. `to` is as in `download`."""
        with closing(self._connection.open_link(f"{job_path(job)}/result/index")) as answer:
            return _write_new(answer, Path(to), overwrite)

    def export(
        self,
        job: Job | uuid.UUID | str,
        formats: str | Iterable[str],
        to: str | Path,
        *,
        filter: Mapping[str, object] | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Saves the records that match a filter, in one or more formats; several become a ZIP archive.

        The formats are `vcf`, `vcf_gz`, `vcf_gz_index`, `tsv`, `csv`, `xlsx`, `json_lines`, `parquet` and `maf`. The
        filter is what the address of the results explorer has after `filter=`, such as `{"impacts": ["high"]}`, or the
        `filter` of a saved one. `to` is as in `download`.
        """
        names = formats if isinstance(formats, str) else ",".join(formats)
        params = {"format": names}
        if filter:
            params["filter"] = json.dumps(filter)
        return _save(self._connection, f"{job_path(job)}/export", params, Path(to), overwrite)

    def download_differences(
        self,
        first: Job | uuid.UUID | str,
        second: Job | uuid.UUID | str,
        to: str | Path,
        *,
        kind: str | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Saves the differences of two results, those of a kind or all, as a table with tabs. `to` is as in `download`."""
        params = {"other": job_id(second)} | ({"kind": kind} if kind else {})
        return _save(self._connection, f"{job_path(first)}/comparison/differences", params, Path(to), overwrite)

    def log(self, job: Job | uuid.UUID | str) -> str:
        """The run log of a job."""
        return self._connection.request("GET", f"{job_path(job)}/log").text


def _save(connection: Connection, path: str, params: dict[str, str], to: Path, overwrite: bool) -> Path:
    """Saves what the service itself sends, which has no ranges."""
    _check_target(to, overwrite)
    # The bytes are saved as they are sent, and the service compresses what it sends if the client accepts that.
    headers = {"Accept-Encoding": "identity"}
    with closing(connection.request("GET", path, params=params, headers=headers, stream=True)) as answer:
        return _write_new(answer, to, overwrite)


def _write_new(answer: httpx.Response, to: Path, overwrite: bool) -> Path:
    """Writes a response to a file that appears when it is complete."""
    target = _target(answer, to)
    _check_target(target, overwrite)
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            _write(answer, file)
            _check_size(answer, 0, file.tell())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _save_in_steps(connection: Connection, path: str, job: str, to: Path, overwrite: bool) -> Path:
    """Saves a stored file. An incomplete one of an earlier call is continued if the stored file is the same."""
    _check_target(to, overwrite)
    part = to / f".{job}.part" if to.is_dir() else to.with_name(f".{_shortened(to.name)}.{job}.part")
    with _locked(part) as file:
        incomplete = _Incomplete(part, file)
        try:
            target = incomplete.receive(connection, path, to, overwrite)
        except Exception as error:
            if is_transient(error):
                raise Interrupted(
                    f"the download of the result of job {job} was interrupted: {error}; download it again to continue"
                ) from error
            incomplete.remove()
            raise
        if CAN_LOCK:
            # While it is locked, so that no other process takes the complete file for an incomplete one.
            part.replace(target)
    if not CAN_LOCK:
        part.replace(target)
    return target


@contextmanager
def _locked(part: Path) -> Iterator[BinaryIO]:
    """An incomplete file, which no other process can write at the same time."""
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as file:
        # If it is gone, the other process has completed it.
        if not try_lock(file) or not part.exists():
            raise GasError(f"another process downloads to {part}; wait for it, or choose another folder")
        yield file


class _Incomplete:
    """An incomplete file, and beside it the entity tag of the stored file that it is of."""

    def __init__(self, part: Path, file: BinaryIO):
        self._part = part
        self._file = file
        self._tag = part.with_name(f"{part.name}.etag")

    def remove(self) -> None:
        """Removes the file, which cannot be continued."""
        # What cannot be removed is written again by the next call.
        with suppress(OSError):
            self._tag.unlink(missing_ok=True)
            self._part.unlink(missing_ok=True)

    def receive(self, connection: Connection, path: str, to: Path, overwrite: bool) -> Path:
        """Writes the missing bytes, and returns where the file belongs."""
        answer, offset = self._open(connection, path)
        with closing(answer):
            tag = answer.headers.get("ETag")
            target = _target(answer, to)
            _check_target(target, overwrite)
            self._begin(offset, tag)
            error: Exception | None = self._write(answer)
        failures = 1
        while error is not None:
            if failures == ATTEMPTS:
                raise error
            pause(failures)
            at = self._file.tell()
            try:
                with closing(connection.open_link(path, at)) as rest:
                    if rest.headers.get("ETag") != tag or (at and rest.status_code != httpx.codes.PARTIAL_CONTENT):
                        raise GasError("the result has changed while it was downloaded; download it again")
                    error = self._write(rest)
            except (httpx.TransportError, StorageError) as failure:
                if not is_transient(failure):
                    raise
                error = failure
            failures = 1 if self._file.tell() > at else failures + 1
        _check_size(answer, offset, self._file.tell())
        self._tag.unlink(missing_ok=True)
        return target

    def _open(self, connection: Connection, path: str) -> tuple[httpx.Response, int]:
        """The response with the missing bytes, and their offset."""
        tag, size = self._known()
        if size:
            try:
                answer = connection.open_link(path, size)
            except StorageError as error:
                # All bytes are there already, or the file has fewer now.
                if error.status != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                    raise
            else:
                if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                    return answer, 0
                if answer.headers.get("ETag") == tag:
                    return answer, size
                answer.close()
        return connection.open_link(path), 0

    def _known(self) -> tuple[str | None, int]:
        """The entity tag and the number of bytes of an earlier call."""
        try:
            tag = self._tag.read_text()
        except OSError:
            return None, 0
        return tag, self._file.seek(0, os.SEEK_END)

    def _begin(self, offset: int, tag: str | None) -> None:
        self._file.seek(offset)
        if offset:
            return
        self._tag.unlink(missing_ok=True)
        # The file is emptied before its tag is written, so that the tag is never that of other bytes.
        self._file.truncate()
        if tag:
            self._tag.write_text(tag)

    def _write(self, answer: httpx.Response) -> httpx.TransportError | None:
        """Writes what arrives, and returns why it is not all."""
        try:
            _write(answer, self._file)
        except httpx.TransportError as error:
            return error
        finally:
            self._file.flush()
        return None


def _write(answer: httpx.Response, file: BinaryIO) -> None:
    """Writes the bytes as they are sent: a result that is gzip must stay so."""
    for piece in answer.iter_raw():
        file.write(piece)


def _check_size(answer: httpx.Response, offset: int, size: int) -> None:
    expected = answer.headers.get("Content-Length")
    if expected is not None and size != offset + int(expected):
        raise GasError(f"the file has {offset + int(expected)} bytes, and {size} have arrived; download it again")


def _check_target(path: Path, overwrite: bool) -> None:
    if not overwrite and path.exists() and not path.is_dir():
        raise FileExistsError(f"{path} exists; set overwrite to replace it")


def _target(answer: httpx.Response, to: Path) -> Path:
    """The file to save: in a folder, it has the name that the response states (RFC 6266)."""
    if not to.is_dir():
        return to
    message = Message()
    message["Content-Disposition"] = answer.headers.get("Content-Disposition", "")
    return to / _file_name(message.get_filename(_DEFAULT_NAME))


def _file_name(stated: str) -> str:
    """A stated name without folders and control characters, of a length that file systems accept."""
    name = "".join(c for c in re.split(r"[/\\]", stated)[-1] if c.isprintable())
    return _shortened(name) if name.strip(". ") else _DEFAULT_NAME


def _shortened(name: str) -> str:
    """A name of at most 200 bytes: the beginning of a longer one, and its end, which has the endings. File systems accept
    255 bytes, with what incomplete files have in addition."""
    data = name.encode(errors="replace")
    if len(data) <= 200:
        return name
    return data[:140].decode(errors="ignore") + data[-60:].decode(errors="ignore")
