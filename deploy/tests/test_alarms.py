"""Compares the alarms with what they refer to: the messages of the processes, and the runbooks."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import deploy

ROOT = deploy.DEPLOY.parent
OBSERVE = (deploy.DEPLOY / "stacks/observe.yaml").read_text()

# The folders with the source of processes whose logs are watched.
SOURCES = ("app/src/server", "backend/src", "worker/src")


class Alarms(unittest.TestCase):
    """What alarms refer to exists."""

    def test_messages_that_are_counted_are_written(self):
        source = "".join(path.read_text() for folder in SOURCES for path in (ROOT / folder).rglob("*.rs"))
        messages = re.findall(r'\$\.fields\.message = "([^"]+)"', OBSERVE)
        self.assertGreater(len(messages), 1)
        for message in messages:
            self.assertIn(f'"{message}"', source)

    def test_every_alarm_has_a_runbook(self):
        runbooks = (deploy.DEPLOY / "runbooks.md").read_text()
        headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"(?m)^## (.+)$", runbooks)}
        alarms = OBSERVE.count("Type: AWS::CloudWatch::Alarm\n")
        anchors = re.findall(r"AlarmDescription: .* See deploy/runbooks\.md#([a-z-]+)\.\n", OBSERVE)
        self.assertEqual(len(anchors), alarms, "every alarm names its runbook")
        self.assertEqual(set(anchors) - headings, set())


if __name__ == "__main__":
    unittest.main()
