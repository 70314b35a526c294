"""Kills MiniStack and starts it again. `./gas test deploy` runs it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from botocore.session import get_session

LAUNCHER = Path(__file__).parents[1] / "emulators/ministack_launcher.py"
TRUST = '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}'
RIGHTS = '{"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}'


def free_port() -> int:
    """A port that no process listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Restart(unittest.TestCase):
    """What MiniStack still knows after `kill -9`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.port = free_port()
        self.environment = os.environ | {
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": folder.name,
            "GAS_SNAPSHOT_SECS": "0.2",
        }
        self.state = Path(folder.name)
        self.start()

    def start(self):
        """Starts MiniStack and waits until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, LAUNCHER],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_ministack/health").close()
                return
            except OSError:
                time.sleep(0.1)
        self.fail("MiniStack does not answer")

    def client(self, service: str, **credentials: str):
        """A client of a service, as the root user unless credentials are given."""
        url = f"http://127.0.0.1:{self.port}"
        return get_session().create_client(service, endpoint_url=url, **credentials)

    def test_a_session_and_its_queue_survive_a_kill(self):
        iam = self.client("iam")
        role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.put_role_policy(RoleName="worker", PolicyName="rights", PolicyDocument=RIGHTS)
        session = self.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
        credentials = session["Credentials"]
        queues = self.client(
            "sqs",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )
        url = queues.create_queue(QueueName="jobs")["QueueUrl"]
        queues.send_message(QueueUrl=url, MessageBody="a job")
        self.wait_until_saved()

        self.process.kill()
        self.process.wait()
        self.start()
        received = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)
        self.assertEqual([message["Body"] for message in received["Messages"]], ["a job"])

    def wait_until_saved(self):
        """Waits for a save that begins after now: the second one that ends after now."""
        saved = self.state / "sts.json"
        for _ in range(2):
            before = saved.stat().st_mtime_ns if saved.exists() else 0
            deadline = time.monotonic() + 30
            while not saved.exists() or saved.stat().st_mtime_ns == before:
                self.assertLess(time.monotonic(), deadline, "no state is saved")
                time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
