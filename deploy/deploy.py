"""Deploys the stacks of an environment in order, and prints every change before it is made.

For each stack a change set is created and printed. It is refused if it replaces or deletes a resource
that holds data. With --plan it is deleted again; otherwise it is executed. Parameters come from the file of
the environment, from the release, and from the outputs of earlier stacks, by their names.
"""

import argparse
import hashlib
import json
import sys
import time
import tomllib
from pathlib import Path

import yaml
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

DEPLOY = Path(__file__).parent

# In the order of their deployment.
TEMPLATES = {
    "network": DEPLOY / "stacks/network.yaml",
    "database": DEPLOY / "stacks/database.yaml",
    "app": DEPLOY / "template.yaml",
    "compute": DEPLOY / "stacks/compute.yaml",
    "observe": DEPLOY / "stacks/observe.yaml",
}

# Types of resources whose loss loses data of users, or the only way to it.
STATEFUL = {
    "AWS::Backup::BackupVault",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
}

# States of a stack that an update can start from.
STEADY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")

# States of a stack whose creation failed. Nothing of it is left, and it can only be deleted.
NEVER_CREATED = ("ROLLBACK_COMPLETE", "CREATE_FAILED")

DEADLINE_SECS = 3600

# Alarms of the stack `observe` that undo an update of the machines, until so many minutes after it.
UNDOING_ALARMS = ("ServerErrorsAlarm", "BalancerErrorsAlarm", "NoWebServerAlarm", "CanaryAlarm")
WATCHED_MINUTES = 5

# The parameters that name a release.
RELEASE = ("ReleaseKey", "ReleaseSha256", "RestoreCodeKey")

# How many releases before the current one web servers have the pages of.
EARLIER_RELEASES = 2

# What `./gas release` writes: the list of its files with their SHA-256, and the ends of their names.
CHECKSUMS = "SHA256SUMS"
PROGRAMS_END = ".tar.gz"
RESTORE_END = ".zip"


class TemplateLoader(yaml.SafeLoader):
    """Reads templates. Functions such as !Ref are of no interest here."""


TemplateLoader.add_multi_constructor("!", lambda _loader, _tag, _node: None)


class Refused(Exception):
    """The environment cannot be deployed; the text says why and what to do."""


class Environment:
    """The settings of an environment, and what its stacks have put out so far."""

    def __init__(self, path: Path, session, release: Path | None = None, rollback: bool = False):
        self.settings = read_settings(path)
        unknown = set(self.settings) - set(TEMPLATES) - {"prefix", "artifacts", "without", "shared"}
        if unknown:
            raise Refused(f"{path}: unknown key {sorted(unknown)[0]}; stacks are {', '.join(TEMPLATES)}")
        for key in ("prefix", "artifacts"):
            if not isinstance(self.settings.get(key), str):
                raise Refused(f"{path}: set {key} to a text, as in deploy/env/example.toml")
        if unknown := set(self.settings.get("without", [])) - set(TEMPLATES):
            raise Refused(f"{path}: there is no stack {sorted(unknown)[0]} to leave out; stacks are {', '.join(TEMPLATES)}")
        every = set().union(*map(declared, TEMPLATES))
        if unknown := set(self.settings.get("shared", {})) - every:
            raise Refused(f"{path}: no stack has the parameter {sorted(unknown)[0]} of [shared]")
        self.prefix = self.settings["prefix"]
        self.artifacts = self.settings["artifacts"]
        identity = session.create_client("sts").get_caller_identity()
        _, partition, *_ = identity["Arn"].split(":")
        region = session.get_config_variable("region")
        if not region:
            raise Refused("set AWS_REGION to the region of GAS")
        topic = f"arn:{partition}:sns:{region}:{identity['Account']}:{self.prefix}_operators"
        self.shared = {
            "Prefix": self.prefix,
            "AppStack": self.stack_name("app"),
            "AlarmTopicArn": topic,
            "ReleaseBucket": self.artifacts,
            "RestoreCodeBucket": self.artifacts,
        }
        self.shared.update(self.settings.get("shared", {}))
        self.releases = Releases(session.create_client("s3"), self.artifacts, self.prefix)
        named = [name for name in RELEASE if name in self.shared]
        if named and (release or rollback):
            raise Refused(f"{path} names its release; remove {', '.join(named)} first")
        if release:
            self.releases.publish(release)
        elif rollback:
            self.releases.roll_back()
        if not named and self.releases.current():
            self.shared.update(self.releases.parameters())
        if "Domain" in self.shared:
            self.shared.setdefault("WebOrigin", f"https://{self.shared['Domain']}")
        self.check_architecture()

    def check_architecture(self) -> None:
        """Refuses a release whose programs do not run on the image of the machines or in the restore function. A release
        and an image that name no architecture are not checked."""
        release = architecture(self.shared.get("ReleaseKey", ""))
        places = {
            "ImageId in [compute]": self.settings.get("compute", {}).get("ImageId", default_of("compute", "ImageId")),
            "RestoreArchitecture in [app]": self.settings.get("app", {}).get(
                "RestoreArchitecture", default_of("app", "RestoreArchitecture")
            ),
        }
        for place, value in places.items():
            if release and architecture(value) not in (None, release):
                raise Refused(f"the release is for {release}, but {place} is {value}; see deploy/README.md#architectures")

    def stacks(self) -> list:
        """The stacks of the environment, in order."""
        return [stack for stack in TEMPLATES if stack not in self.settings.get("without", [])]

    def stack_name(self, stack: str) -> str:
        """The name of a stack in CloudFormation."""
        return f"{self.prefix}-{stack}"

    def parameters(self, stack: str) -> tuple:
        """Returns the parameters of a stack, and the names of those that have no value yet."""
        own = self.settings.get(stack, {})
        known = declared(stack)
        if unknown := set(own) - set(known):
            raise Refused(f"[{stack}] has no parameter {sorted(unknown)[0]}")
        values = {name: own.get(name, self.shared.get(name)) for name in known}
        missing = [name for name, value in values.items() if value is None and "Default" not in known[name]]
        given = [
            {"ParameterKey": name, "ParameterValue": text_of(value)}
            for name, value in sorted(values.items())
            if value is not None
        ]
        return given, sorted(missing)


class Releases:
    """The releases that an environment has run. An object in the bucket of artifacts lists them, the newest one last."""

    def __init__(self, s3, bucket: str, prefix: str):
        self.s3 = s3
        self.bucket = bucket
        self.key = f"{prefix}/releases.json"
        self.run = self.read()

    def read(self) -> list:
        """Reads the list. It is empty before the first release, and if there is no bucket yet."""
        try:
            return json.load(self.s3.get_object(Bucket=self.bucket, Key=self.key)["Body"])
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
                return []
            raise

    def current(self) -> dict | None:
        """The parameters that name the release to deploy."""
        return self.run[-1] if self.run else None

    def parameters(self) -> dict:
        """The parameters of the release to deploy, and of those whose pages browsers still have."""
        *earlier, current = [release["ReleaseKey"] for release in self.run[-1 - EARLIER_RELEASES :]]
        return self.run[-1] | {"EarlierReleaseKeys": [key for key in earlier if key != current]}

    def publish(self, folder: Path) -> None:
        """Uploads the release in a folder, and makes it the current one. Files that are there stay as they are, since
        their keys contain their SHA-256."""
        release = {}
        incomplete = Refused(f"{folder} has no complete release; run ./gas release, whose last lines name the folder")
        if not (folder / CHECKSUMS).is_file():
            raise incomplete
        if not self.has_bucket():
            raise Refused(f"there is no bucket {self.bucket}; create it: aws s3 mb s3://{self.bucket}")
        for line in (folder / CHECKSUMS).read_text().splitlines():
            expected, name = line.split(maxsplit=1)
            body = (folder / name).read_bytes()
            if hashlib.sha256(body).hexdigest() != expected:
                raise Refused(f"{folder / name} differs from its line in {CHECKSUMS}; run ./gas release again")
            key = f"releases/{expected}/{name}"
            if name.endswith(PROGRAMS_END):
                release |= {"ReleaseKey": key, "ReleaseSha256": expected}
            elif name.endswith(RESTORE_END):
                release["RestoreCodeKey"] = key
            if not self.has(key):
                print(f"uploading {name}, {len(body) / 1e6:.1f} MB")
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        if set(release) != set(RELEASE):
            raise incomplete
        if release != self.current():
            self.run.append(release)

    def has_bucket(self) -> bool:
        """Whether the bucket exists."""
        try:
            self.s3.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            match error.response["Error"]["Code"]:
                case "404" | "NoSuchBucket":
                    return False
                case "403":
                    raise Refused(f"bucket {self.bucket} belongs to another account, or its policy forbids you to use it") from error
            raise
        return True

    def has(self, key: str) -> bool:
        """Whether the bucket has an object."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=key)
        return any(item["Key"] == key for item in listed.get("Contents", []))

    def roll_back(self) -> None:
        """Makes the release before the current one the current one."""
        if len(self.run) < 2:
            raise Refused("there is no release to go back to: fewer than two were deployed with --release")
        self.run.pop()

    def save(self) -> None:
        """Writes the list if it has changed."""
        if self.run != self.read():
            self.s3.put_object(Bucket=self.bucket, Key=self.key, Body=json.dumps(self.run, indent=1).encode())


def read_settings(path: Path) -> dict:
    """Reads the file of an environment."""
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise Refused(f"there is no environment {path}; copy deploy/env/example.toml to deploy/env/NAME.toml") from None
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path} is not valid TOML: {error}") from error


def architecture(text: str) -> str | None:
    """The architecture that a name contains, by the name that Rust has for it."""
    names = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
    return next((own for name, own in names.items() if name in text), None)


def declared(stack: str) -> dict:
    """The parameters that the template of a stack declares."""
    return yaml.load(TEMPLATES[stack].read_text(), Loader=TemplateLoader)["Parameters"]


def default_of(stack: str, parameter: str) -> str:
    """The default of a parameter."""
    return declared(stack)[parameter]["Default"]


def text_of(value) -> str:
    """Returns the text of a parameter: lists are separated by commas, as in CloudFormation."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def upload(s3, bucket: str, prefix: str, template: Path) -> str:
    """Uploads a template, since one can exceed the 51,200 bytes of a request, and returns its URL."""
    key = f"{prefix}/templates/{template.name}"
    s3.put_object(Bucket=bucket, Key=key, Body=template.read_bytes())
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def describe(cloudformation, name: str):
    """Returns the description of a stack; None if it does not exist or has never been created."""
    try:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def wait_for(what: str, ask, is_done, within: float = DEADLINE_SECS, longest_pause: float = 5):
    """Asks until the answer is final, and returns it. Times are in seconds."""
    deadline = time.monotonic() + within
    pause = 0.1
    while time.monotonic() < deadline:
        answer = ask()
        if is_done(answer):
            return answer
        time.sleep(pause)
        pause = min(longest_pause, 1.5 * pause)
    raise Refused(f"{what} is still in progress after {within} s; look at it in the AWS console")


def create_change_set(cloudformation, name: str, kind: str, url: str, parameters: list, watch: dict) -> tuple:
    """Creates a change set of a stack, whose execution `watch` can undo. Returns its name and its changes."""
    # Change sets that a killed process has left behind do not get in the way.
    change_set = f"gas-{time.time_ns()}"
    request = {"StackName": name, "ChangeSetName": change_set}
    cloudformation.create_change_set(
        **request,
        ChangeSetType=kind,
        TemplateURL=url,
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        RollbackConfiguration=watch,
    )
    found = wait_for(
        f"the change set of {name}",
        lambda: cloudformation.describe_change_set(**request),
        lambda answer: not answer["Status"].endswith(("_PENDING", "_IN_PROGRESS")),
    )
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "")
        if "didn't contain changes" in reason or "No updates" in reason:
            return change_set, []
        raise Refused(f"{name}: {reason}")
    changes = found["Changes"]
    while token := found.get("NextToken"):
        found = cloudformation.describe_change_set(**request, NextToken=token)
        changes += found["Changes"]
    return change_set, [change["ResourceChange"] for change in changes]


def undoing_alarms(session, environment: Environment) -> list:
    """Returns the ARNs of the alarms that undo an update of the machines. One that is on already does not: an update may
    be what ends it."""
    cloudformation, name = session.create_client("cloudformation"), environment.stack_name("observe")
    if not describe(cloudformation, name):
        return []
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    names = [item["PhysicalResourceId"] for item in resources if item["LogicalResourceId"] in UNDOING_ALARMS]
    if not names:
        return []
    alarms = session.create_client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return [alarm["AlarmArn"] for alarm in alarms if alarm["StateValue"] != "ALARM"]


def delete_change_set(cloudformation, name: str, kind: str, change_set: str) -> None:
    """Deletes a change set, and the empty stack that it has created."""
    cloudformation.delete_change_set(StackName=name, ChangeSetName=change_set)
    if kind == "CREATE":
        cloudformation.delete_stack(StackName=name)


def settled(cloudformation, name: str, **times):
    """Waits until nothing changes a stack, and returns its description; None if it was deleted."""
    return wait_for(
        f"stack {name}",
        lambda: describe(cloudformation, name),
        lambda stack: stack is None or not stack["StackStatus"].endswith("_IN_PROGRESS"),
        **times,
    )


def delete(cloudformation, name: str):
    """Deletes a stack that has nothing, and returns None."""
    cloudformation.delete_stack(StackName=name)
    return settled(cloudformation, name)


def require_success(cloudformation, name: str, found) -> dict:
    """Returns the description of a stack that was created or updated; refuses another one with the reasons."""
    if found is None or found["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        status = found["StackStatus"] if found else "gone"
        raise Refused(f"stack {name} is {status}:\n{reasons(cloudformation, name)}")
    return found


def report(stack: str, changes: list) -> None:
    """Prints the changes of a stack."""
    if not changes:
        print(f"{stack}: no changes")
        return
    print(f"{stack}: {len(changes)} changes")
    for change in changes:
        replacement = {"True": ", replaced", "Conditional": ", perhaps replaced"}
        note = replacement.get(change.get("Replacement", ""), "")
        print(f"  {change['Action'].lower()} {change['LogicalResourceId']} ({change['ResourceType']}{note})")


def dangers(changes: list) -> list:
    """Returns the stateful resources that the changes replace or delete."""
    return [
        change["LogicalResourceId"]
        for change in changes
        if change["ResourceType"] in STATEFUL
        and (
            change["Action"] == "Remove"
            or change["Action"] == "Modify"
            and change.get("Replacement") in ("True", "Conditional")
        )
    ]


def index_changes(before: dict, after: dict) -> dict:
    """Returns the indexes that are created or deleted, by table, where there are more than one: DynamoDB makes one such
    change in an update. Both are resources of a template. An index that is changed is deleted and created."""
    many = {}
    for name, resource in before.items():
        if resource["Type"] != "AWS::DynamoDB::Table" or name not in after:
            continue
        old, new = (
            {index["IndexName"]: index for index in found["Properties"].get("GlobalSecondaryIndexes", [])}
            for found in (resource, after[name])
        )
        gone = [index for index, found in old.items() if new.get(index) != found]
        made = [index for index, found in new.items() if old.get(index) != found]
        if len(gone) + len(made) > 1:
            many[name] = sorted({*gone, *made})
    return many


def require_few_index_changes(cloudformation, stack: str, name: str) -> None:
    """Refuses an update that DynamoDB would not make, half an hour before CloudFormation says so."""
    body = cloudformation.get_template(StackName=name)["TemplateBody"]
    before = body if isinstance(body, dict) else yaml.load(body, Loader=TemplateLoader)
    after = yaml.load(TEMPLATES[stack].read_text(), Loader=TemplateLoader)
    for table, indexes in index_changes(before["Resources"], after["Resources"]).items():
        raise Refused(
            f"{stack}: {table} has more than one change of its indexes ({', '.join(indexes)}), and DynamoDB makes one in an "
            "update; deploy a commit in between that has one of them"
        )


def events_of_last_change(cloudformation, name: str) -> list:
    """The events of the last creation or update of a stack, oldest first."""
    events = []
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=name):
        for event in page["StackEvents"]:
            events.insert(0, event)
            is_stack = event.get("PhysicalResourceId") == event.get("StackId")
            if is_stack and event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
                return events
    return events


def reasons(cloudformation, name: str) -> str:
    """Returns why the last change of a stack failed, oldest reason first: resources that failed, and what made
    CloudFormation go back, such as an alarm."""
    lines = []
    for event in events_of_last_change(cloudformation, name):
        reason = event.get("ResourceStatusReason", "")
        has_failed = event["ResourceStatus"].endswith("FAILED") and "cancelled" not in reason
        goes_back = event["ResourceStatus"].endswith("ROLLBACK_IN_PROGRESS") and reason
        if has_failed or goes_back:
            line = f"  {event['LogicalResourceId']}: {reason or 'no reason given'}"
            lines += [line] if line not in lines else []
    if any("signal" in line for line in lines):
        lines.append(
            "  instances did not become ready; /var/log/cloud-init-output.log of one, or the log group of its role, says why: see "
            "deploy/runbooks.md#no-web-server"
        )
    return "\n".join(lines)


def deploy(session, environment: Environment, plan: bool) -> None:
    """Deploys all stacks, or prints what that would change."""
    cloudformation = session.create_client("cloudformation")
    s3 = session.create_client("s3")
    for stack in environment.stacks():
        name = environment.stack_name(stack)
        parameters, missing = environment.parameters(stack)
        if missing and plan:
            print(f"{stack}: new; it needs {', '.join(missing)} of stacks that do not exist yet, or of the environment")
            continue
        if set(missing) & set(RELEASE):
            raise Refused("no release was deployed yet; run ./gas release and give its folder with --release")
        if missing:
            raise Refused(f"set {', '.join(missing)} in [{stack}] of the environment's file")
        found = describe(cloudformation, name)
        if found and found["StackStatus"] in NEVER_CREATED and not plan:
            found = delete(cloudformation, name)
        if found and found["StackStatus"].endswith("_IN_PROGRESS"):
            raise Refused(f"stack {name} is {found['StackStatus']}; wait until that has ended")
        if found and found["StackStatus"] in NEVER_CREATED:
            print(f"{stack}: its creation has failed before; without --plan, what is left of it is deleted first")
            continue
        if found and found["StackStatus"] not in STEADY:
            raise Refused(f"stack {name} is {found['StackStatus']}; repair or delete it in the AWS console first")
        if found:
            require_few_index_changes(cloudformation, stack, name)
        kind = "UPDATE" if found else "CREATE"
        url = upload(s3, environment.artifacts, environment.prefix, TEMPLATES[stack])
        alarms = undoing_alarms(session, environment) if stack == "compute" else []
        triggers = [{"Arn": arn, "Type": "AWS::CloudWatch::Alarm"} for arn in alarms]
        watch = {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": WATCHED_MINUTES if triggers else 0}
        change_set, changes = create_change_set(cloudformation, name, kind, url, parameters, watch)
        report(stack, changes)
        lost = dangers(changes)
        if plan or lost or not changes:
            delete_change_set(cloudformation, name, kind, change_set)
        else:
            execute(cloudformation, name, change_set)
        if lost:
            raise Refused(f"{stack}: refused, because data of {', '.join(lost)} would be lost")
        if described := describe(cloudformation, name):
            for output in described.get("Outputs", []):
                environment.shared.setdefault(output["OutputKey"], output["OutputValue"])
    # Not before all stacks run it. CloudFormation has rolled back a stack that failed.
    if not plan:
        environment.releases.save()


def execute(cloudformation, name: str, change_set: str) -> None:
    """Makes the changes and waits for their end."""
    started = time.monotonic()
    cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set)
    # A stack that is to be created does not exist until its creation has begun.
    found = wait_for(
        f"stack {name}",
        lambda: describe(cloudformation, name) or {"StackStatus": "REVIEW_IN_PROGRESS"},
        lambda stack: not stack["StackStatus"].endswith("_IN_PROGRESS"),
    )
    require_success(cloudformation, name, found)
    print(f"  done after {time.monotonic() - started:.0f} s")


def main() -> None:
    """Parses the command line and deploys."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("environment", type=Path, help="a file such as deploy/env/example.toml")
    arguments.add_argument("--plan", action="store_true", help="print the changes only")
    which = arguments.add_mutually_exclusive_group()
    which.add_argument("--release", type=Path, help="the folder of a release; by default the current one stays")
    which.add_argument("--rollback", action="store_true", help="go back to the release before the current one")
    options = arguments.parse_args()
    try:
        session = get_session()
        environment = Environment(options.environment, session, options.release, options.rollback)
        deploy(session, environment, options.plan)
    except (Refused, BotoCoreError, ClientError, OSError) as error:
        sys.exit(f"deploy: {error}")


if __name__ == "__main__":
    main()
