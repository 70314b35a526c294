"""Runs MiniStack and saves its state every few seconds, with the sessions of assumed roles.

MiniStack by itself saves only when it is asked to end, so a crash or `kill -9`
would lose every table, queue and topic made since its start. It never saves
sessions. All settings come from the environment, as MiniStack documents them;
GAS_SNAPSHOT_SECS is ours.
"""

import logging
import os
import threading

from ministack import app
from ministack.services import sts

log = logging.getLogger("snapshot")


def save_every(seconds: float, stop: threading.Event) -> None:
    """Saves the state of all services periodically until `stop` is set."""
    while not stop.wait(seconds):
        try:
            app.save_all(app._build_persistence_save_dict())
        except Exception:  # The next round may well succeed, so this thread must live on.
            log.exception("failed to save the state; trying again in %s s", seconds)


def save_sessions() -> None:
    """Makes the sessions of assumed roles part of the saved state.

    STS of AWS knows a session until it expires. MiniStack forgets them when it
    is started again, and then rejects the credentials that all running processes
    hold for up to an hour.
    """
    sts.get_state = lambda: {"sessions": dict(sts._sessions)}
    sts.load_persisted_state = lambda state: sts._sessions.update(state.get("sessions", {}))


def main() -> None:
    """Serves until SIGTERM. MiniStack saves its state once more when it stops."""
    seconds = float(os.environ.get("GAS_SNAPSHOT_SECS", "3"))
    save_sessions()
    stop = threading.Event()
    threading.Thread(target=save_every, args=(seconds, stop), daemon=True).start()
    try:
        app.main()
    finally:
        stop.set()


if __name__ == "__main__":
    main()
