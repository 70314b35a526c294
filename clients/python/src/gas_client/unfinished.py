"""Remembers unfinished uploads in parts, so that the same call continues them.

An upload is recognized by the service, the path, the size and the modification time of the file, and the options of the
job. Its record has the idempotency key that the job was created with; the service knows which parts have arrived.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from .locks import try_lock

MAX_AGE_SECS = 7 * 24 * 3600.0
"""After this time, no record is of use: the service ends a job whose file does not arrive after a day."""


def default_folder() -> Path | None:
    """The folder of the records: that of the state of programs of the XDG base directory specification, or of local
    application data on Windows. None if the user has no home folder."""
    state, local = os.environ.get("XDG_STATE_HOME", ""), os.environ.get("LOCALAPPDATA", "")
    if os.path.isabs(state):
        return Path(state) / "gas-client"
    try:
        return Path(local) / "gas-client" if os.path.isabs(local) else Path.home() / ".local/state/gas-client"
    except RuntimeError:
        return None


class FileVersion:
    """A file as it was when its upload began."""

    def __init__(self, path: Path):
        about = path.stat()
        self.size = about.st_size
        """The size in bytes."""
        self.modified = about.st_mtime_ns
        """The modification time in nanoseconds."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileVersion) and vars(self) == vars(other)


class Record:
    """The record of one upload, which other processes cannot use at the same time."""

    def __init__(self, path: Path, file: BinaryIO, upload: str):
        self._path = path
        self._file = file
        self._upload = upload

    @classmethod
    def open(
        cls, folder: Path, service: str, path: Path, version: FileVersion, options: Mapping[str, object]
    ) -> Record | None:
        """Opens the record of an upload.

        None if it cannot be remembered: the folder cannot be written, or another process uploads the same file.
        """
        known = [service, str(path.resolve()), version.size, version.modified, options]
        upload = json.dumps(known, sort_keys=True)
        name = hashlib.sha256(upload.encode()).hexdigest()[:32] + ".upload"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _remove_old(folder)
            file = os.fdopen(os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        except OSError:
            return None
        if not try_lock(file):
            file.close()
            return None
        return cls(folder / name, file, upload)

    def key(self) -> uuid.UUID | None:
        """The idempotency key of an earlier attempt to upload the file."""
        self._file.seek(0)
        try:
            content = json.loads(self._file.read())
            return uuid.UUID(content["key"]) if content["upload"] == self._upload else None
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def remember(self, key: uuid.UUID) -> None:
        """Remembers the key of a new upload. Raises OSError."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps({"upload": self._upload, "key": str(key)}).encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Keeps the record for a later call."""
        self._file.close()

    def forget(self) -> None:
        """Removes the record of an upload that is complete or cannot be continued."""
        self._file.close()
        # What remains is removed after some days.
        _remove(self._path)


def _remove_old(folder: Path) -> None:
    """Removes records that are of no use any more."""
    for path in folder.glob("*.upload"):
        try:
            is_old = time.time() - path.stat().st_mtime > MAX_AGE_SECS
        except OSError:
            continue
        if is_old:
            _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass
