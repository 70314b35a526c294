"""The protection of busy workers, with commands of its own in the place of `aws` and `curl`."""

import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "ec2/gas-protect"

# Records its calls, and fails as long as a file says so.
AWS = """#!/bin/bash
echo "${@: -3}" >> "$CALLS"
[ ! -e "$CALLS.fail" ]
"""

CURL = """#!/bin/bash
case "${@: -1}" in
  */api/token) echo token ;;
  */meta-data/instance-id) [[ "$*" = *"X-aws-ec2-metadata-token: token"* ]] && echo i-1 ;;
esac
"""

BUSY, IDLE = "--instance-ids i-1 --protected-from-scale-in", "--instance-ids i-1 --no-protected-from-scale-in"


class Protection(unittest.TestCase):
    """A worker that runs a job and ends it."""

    def test_an_instance_is_protected_while_runs_have_folders(self):
        with tempfile.TemporaryDirectory() as folder:
            work, calls = Path(folder, "work"), Path(folder, "calls")
            work.mkdir()
            calls.touch()
            for name, text in {"aws": AWS, "curl": CURL}.items():
                Path(folder, name).write_text(text)
                Path(folder, name).chmod(0o755)
            settings = {
                "PATH": f"{folder}:{os.environ['PATH']}",
                "CALLS": str(calls),
                "GAS_PREFIX": "gas",
                "GAS_WORK_DIR": str(work),
                "GAS_PROTECT_SECS": "0.1",
                "AWS_REGION": "us-east-1",
            }
            with subprocess.Popen([SCRIPT], env=settings) as process:
                try:
                    self.expect(calls, [IDLE])
                    (work / "run").mkdir()
                    self.expect(calls, [IDLE, BUSY])
                    # A call that fails is repeated.
                    Path(f"{calls}.fail").touch()
                    (work / "run").rmdir()
                    self.expect(calls, [IDLE, BUSY, IDLE, IDLE])
                    Path(f"{calls}.fail").unlink()
                    time.sleep(1)
                    self.assertTrue(set(self.made(calls)[3:]) == {IDLE})
                    self.assertIsNone(process.poll())
                finally:
                    process.terminate()

    def made(self, calls: Path) -> list:
        """The calls so far."""
        return calls.read_text().splitlines()

    def expect(self, calls: Path, first: list):
        """Waits until the first calls are these."""
        deadline = time.monotonic() + 10
        while len(self.made(calls)) < len(first) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.made(calls)[: len(first)], first)


if __name__ == "__main__":
    unittest.main()
