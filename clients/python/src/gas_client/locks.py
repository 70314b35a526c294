"""Locks of files between processes."""

from __future__ import annotations

from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CAN_LOCK = fcntl is not None
"""Whether files can be locked. Where they cannot, an open file cannot be renamed either."""


def try_lock(file: BinaryIO) -> bool:
    """Locks a file until it is closed. False if another process has the lock.

    Where there are no locks, nothing is locked.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some file systems have no locks.
        return True
    return True
