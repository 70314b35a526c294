"""Compares the alarms with what they refer to: the messages of the processes, the runbooks and the dashboard."""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import deploy
from templates import resources

ROOT = deploy.DEPLOY.parent
OBSERVE = (deploy.DEPLOY / "stacks/observe.yaml").read_text()

# The folders with the source of processes whose logs are watched.
SOURCES = ("app/src/server", "backend/src", "worker/src")

# The metrics besides those of queues that must have an alarm.
KINDS = {
    "server errors": "AWS/ApplicationELB HTTPCode_Target_5XX_Count",
    "requests without an answer": "AWS/ApplicationELB HTTPCode_ELB_5XX_Count",
    "slow answers": "AWS/ApplicationELB TargetResponseTime",
    "silent runs": "${Prefix} SilentRuns",
    "overdue rows": "${Prefix} OverdueRows",
    "copies of files from URLs": "${Prefix} ImportFailures",
    "webhook failures": "${Prefix} StripeEventFailures",
    "bounces": "AWS/SES Reputation.BounceRate",
    "complaints": "AWS/SES Reputation.ComplaintRate",
    "connections": "AWS/RDS DatabaseConnections",
    "storage": "AWS/RDS FreeStorageSpace",
    "throttles of the restore function": "AWS/Lambda Throttles",
    "canary": "${Prefix} CanaryPasses",
}


APP = resources("app")
ALL = APP | resources("observe")
ALARMS = {name: found["Properties"] for name, found in ALL.items() if found["Type"] == "AWS::CloudWatch::Alarm"}


def named(value: str) -> str:
    """The value of a dimension as the stack `observe` can write it: without references to resources of another stack."""
    match re.fullmatch(r"\$\{(\w+)(?:\.\w+)?\}", value):
        case None:
            return value
        case found if found[1] in APP:
            properties = APP[found[1]]["Properties"]
            names = [name for kind, name in properties.items() if kind in ("QueueName", "FunctionName", "StateMachineName")]
            return names[0]
        case _:
            return value


def watched(alarm: dict) -> tuple:
    """What an alarm watches: namespace, name and values of the dimensions of its metric."""
    values = [named(item["Value"]) for item in alarm.get("Dimensions", [])]
    return alarm["Namespace"], alarm["MetricName"], *values


def shown() -> set:
    """The metrics of the dashboard, in the form of `watched`."""
    body = json.loads(ALL["Dashboard"]["Properties"]["DashboardBody"])
    found = set()
    for widget in body["widgets"]:
        last = []
        for row in widget["properties"]["metrics"]:
            row = [item for item in row if isinstance(item, str)]
            if row[:1] == ["..."]:
                row = last[: len(last) - len(row) + 1] + row[1:]
            row = [last[place] if item == "." else item for place, item in enumerate(row)]
            last = row
            # Namespace, name, then names and values of dimensions. An ARN ends with the name.
            found.add((row[0], row[1], *(value.rsplit("stateMachine:", 1)[-1] for value in row[3::2])))
    return found


def logged(source: str, message: str) -> str:
    """The calls of `tracing` that write a message, as text. Values of fields have no semicolon."""
    return "".join(re.findall(rf'tracing::\w+!\((?:(?!tracing::)[^;])*?"{re.escape(message)}"\s*\)', source))


class Alarms(unittest.TestCase):
    """What alarms refer to exists."""

    def test_messages_that_are_counted_are_written(self):
        source = "".join(path.read_text() for folder in SOURCES for path in (ROOT / folder).rglob("*.rs"))
        filters = [found["Properties"] for found in ALL.values() if found["Type"] == "AWS::Logs::MetricFilter"]
        counted = [found for found in filters if "$.fields.message" in found["FilterPattern"]]
        self.assertGreater(len(counted), 3)
        for found in counted:
            [message] = re.findall(r'\$\.fields\.message = "([^"]+)"', found["FilterPattern"])
            call = logged(source, message)
            self.assertTrue(call, message)
            [transformation] = found["MetricTransformations"]
            names = re.findall(r"\$\.fields\.(\w+)", found["FilterPattern"] + transformation["MetricValue"])
            for field in set(names) - {"message"}:
                # A field is `name = value`, or a variable by its name, `%name` or `?name`.
                self.assertRegex(call, rf"[(,]\s*[%?]?{field}\s*[=,]", message)

    def test_every_alarm_has_a_runbook(self):
        runbooks = (deploy.DEPLOY / "runbooks.md").read_text()
        headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"(?m)^## (.+)$", runbooks)}
        self.assertGreater(len(ALARMS), 30)
        for name, alarm in ALARMS.items():
            found = re.search(r" See deploy/runbooks\.md#([a-z-]+)\.$", alarm["AlarmDescription"])
            self.assertIsNotNone(found, f"{name} names its runbook")
            self.assertIn(found[1], headings, name)

    def test_each_failure_that_needs_an_operator_has_an_alarm(self):
        metrics = {f"{alarm['Namespace']} {alarm['MetricName']}" for alarm in ALARMS.values()}
        for kind, metric in KINDS.items():
            self.assertIn(metric, metrics, kind)

    def test_each_queue_has_an_alarm_on_its_age_and_each_dead_letter_queue_on_its_messages(self):
        names = [found["Properties"]["QueueName"] for found in APP.values() if found["Type"] == "AWS::SQS::Queue"]
        self.assertGreater(len(names), 10)
        metrics = {watched(alarm) for alarm in ALARMS.values()}
        for name in names:
            metric = "ApproximateNumberOfMessagesVisible" if name.endswith("_dlq") else "ApproximateAgeOfOldestMessage"
            self.assertIn(("AWS/SQS", metric, name), metrics)

    def test_the_dashboard_shows_what_alarms_watch(self):
        metrics = shown()
        for name, alarm in ALARMS.items():
            self.assertIn(watched(alarm), metrics, name)


if __name__ == "__main__":
    unittest.main()
