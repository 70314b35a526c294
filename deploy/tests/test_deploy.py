"""Creates and updates all stacks on the emulator at AWS_ENDPOINT_URL. `./gas test` runs it."""

import base64
import contextlib
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import yaml
from botocore.exceptions import ClientError
from botocore.session import get_session

sys.path.insert(0, str(Path(__file__).parents[1]))
import deploy

LOCAL_CHECK = deploy.DEPLOY / "env/local-check.toml"


def run(settings: Path, plan: bool = False, **release) -> str:
    """Deploys an environment and returns what was printed."""
    session = get_session()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        deploy.deploy(session, deploy.Environment(settings, session, **release), plan)
    return printed.getvalue()


def write_release(folder: Path, version: str) -> Path:
    """Writes a release as `./gas release` does, with an empty restore function."""
    folder = folder / version
    folder.mkdir()
    with zipfile.ZipFile(folder / f"gas-restore-{version}.zip", "w") as file:
        file.writestr("bootstrap", f"#!/bin/sh\n# {version}\n")
    (folder / f"gas-{version}.tar.gz").write_bytes(version.encode())
    (folder / f"gas-{version}.cdx.json").write_text("{}")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(lines))
    return folder


def change(action: str, kind: str, replacement: str = "False") -> dict:
    """A change of a resource, as CloudFormation describes it."""
    return {"Action": action, "ResourceType": kind, "LogicalResourceId": kind, "Replacement": replacement}


class Stacks(unittest.TestCase):
    """The five stacks, from nothing to an update."""

    @classmethod
    def setUpClass(cls):
        session = get_session()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("bootstrap", "#!/bin/sh\n")
        s3 = session.create_client("s3")
        s3.create_bucket(Bucket="gas-check-artifacts")
        s3.put_object(Bucket="gas-check-artifacts", Key="releases/restore.zip", Body=archive.getvalue())
        session.create_client("ssm").put_parameter(
            Name="/gas-check/image", Value="ami-0123456789abcdef0", Type="String"
        )

    def test_all_stacks_are_planned_created_and_updated(self):
        planned = run(LOCAL_CHECK, plan=True)
        self.assertIn("add Vpc (AWS::EC2::VPC)", planned)
        self.assertIn("database: new; it needs DatabaseSubnetIds, VpcId", planned)
        cloudformation = get_session().create_client("cloudformation")
        self.assertIsNone(deploy.describe(cloudformation, "gas-check-network"), "a plan changes nothing")

        self.assertEqual(run(LOCAL_CHECK).count("done after"), 5)
        self.assertEqual(run(LOCAL_CHECK).count("no changes"), 5)

        larger = LOCAL_CHECK.read_text().replace("WebAcl = false", "WebAcl = false\nWorkerMax = 20")
        with environment(larger) as settings:
            modified = "modify Workers (AWS::AutoScaling::AutoScalingGroup"
            self.assertIn(modified, run(settings, plan=True))
            self.assertIn(modified, run(settings))
            self.assertEqual(run(settings).count("no changes"), 5)

        # A table that was restored from a backup takes the place of the stack's own.
        restored = LOCAL_CHECK.read_text().replace("[app]", '[app]\nRestoredAnnotationsTable = "gas-check_restored"')
        with environment(restored) as settings:
            self.assertIn("modify RestoreFunction", run(settings))
            self.assertEqual(self.output("AnnotationsTable"), "gas-check_restored")
        run(LOCAL_CHECK)
        self.assertEqual(self.output("AnnotationsTable"), "gas-check_annotations")

        # Releases instead of the one that the file names.
        named = LOCAL_CHECK.read_text().splitlines(keepends=True)
        unnamed = "".join(line for line in named if not line.startswith(deploy.RELEASE))
        with environment(unnamed) as settings, tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(deploy.Refused, "run ./gas release"):
                run(settings)
            first, second = (write_release(Path(folder), version) for version in ("1.0.0", "2.0.0"))
            self.deploys(settings, "uploading gas-1.0.0.tar.gz", release=first)
            with self.assertRaisesRegex(deploy.Refused, "fewer than two"):
                run(settings, rollback=True)
            run(settings, plan=True, release=second)
            self.assertEqual(run(settings).count("no changes"), 5, "a plan leaves the release as it is")
            self.deploys(settings, "modify Workers", release=second)
            first_key = f"releases/{hashlib.sha256(b'1.0.0').hexdigest()}/gas-1.0.0.tar.gz"
            self.assertEqual(self.parameter("EarlierReleaseKeys"), first_key)
            self.assertEqual(run(settings, release=second).count("no changes"), 5)
            self.deploys(settings, "modify RestoreFunction", rollback=True)
            self.assertEqual(self.parameter("ReleaseSha256"), hashlib.sha256(b"1.0.0").hexdigest())
            (second / "gas-2.0.0.tar.gz").write_bytes(b"other")
            with self.assertRaisesRegex(deploy.Refused, "differs from its line in SHA256SUMS"):
                run(settings, release=second)
        with self.assertRaisesRegex(deploy.Refused, "names its release"):
            run(LOCAL_CHECK, rollback=True)
        run(LOCAL_CHECK)
        self.user_data_is_a_script_for_each_group()
        self.cloudfront_is_added_and_removed()
        self.alarms_undo_an_update_unless_they_are_on()

    def user_data_is_a_script_for_each_group(self):
        """The user data of each group are one script, which signals the end to its own group."""
        ec2 = get_session().create_client("ec2")
        for template, group in (("WebTemplate", "WebServers"), ("WorkerTemplate", "Workers"), ("UtilityTemplate", "UtilityNode")):
            found = self.resource("compute", template)
            versions = ec2.describe_launch_template_versions(LaunchTemplateId=found, Versions=["$Latest"])
            data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["UserData"]
            script = base64.b64decode(data).decode()
            self.assertTrue(script.startswith(f"#!/bin/bash\nstack=gas-check-compute group={group} region="), script)
            self.assertIn(f"\nbucket=gas-check-artifacts key=releases/example.tar.gz sha256={'0' * 64}\n", script)
            self.assertIn('\necho "$sha256  /tmp/release.tar.gz" | sha256sum --check\n', script)
            self.assertTrue(script.endswith("signal 0\n"), script)
            self.assertNotIn("${", script, "all references are replaced")
            checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
            self.assertEqual((checked.returncode, checked.stderr), (0, ""), script)

    def cloudfront_is_added_and_removed(self):
        """CloudFront is in front of the load balancer while there is a certificate for it."""
        session = get_session()
        secret = session.create_client("secretsmanager").create_secret(
            Name="gas-check/edge", SecretString=json.dumps({"GAS_EDGE_KEY": "a key of the edge"})
        )["ARN"]
        edge = LOCAL_CHECK.read_text().replace(
            "[compute]", '[compute]\nEdgeCertificateArn = "arn:aws:acm:us-east-1:000000000000:certificate/edge"'
        )
        edge = edge.replace("arn:aws:secretsmanager:us-east-1:000000000000:secret:web", secret)
        with environment(edge) as settings:
            # The emulator says of what a condition adds that it is modified.
            self.assertIn(" Edge (AWS::CloudFront::Distribution", run(settings))
            self.assertEqual(run(settings).count("no changes"), 5)
        found = session.create_client("cloudfront").get_distribution_config(Id=self.resource("compute", "Edge"))
        config = found["DistributionConfig"]
        self.assertEqual(config["Aliases"]["Items"], ["gas.example.org"])
        [origin] = config["Origins"]["Items"]
        self.assertEqual(
            origin["CustomHeaders"]["Items"], [{"HeaderName": "X-Gas-Edge-Key", "HeaderValue": "a key of the edge"}]
        )
        [assets] = config["CacheBehaviors"]["Items"]
        self.assertEqual((assets["PathPattern"], assets["Compress"]), ("/assets/*", False))
        self.assertIn(" Edge (AWS::CloudFront::Distribution", run(LOCAL_CHECK))
        with self.assertRaises(ClientError):
            self.resource("compute", "Edge")

    def alarms_undo_an_update_unless_they_are_on(self):
        """An update of the machines is watched by the alarms that are off."""
        session = get_session()
        cloudwatch = session.create_client("cloudwatch")
        names = [self.resource("observe", alarm) for alarm in deploy.UNDOING_ALARMS if alarm != "CanaryAlarm"]
        for name in names:
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")
        self.assertEqual(len(self.watched(session)), 3, "the stack has no alarm of the canary")
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
        after = self.watched(session)
        self.assertEqual(len(after), 2)
        self.assertFalse(any(name in arn for arn in after), after)

    def watched(self, session) -> list:
        """The alarms that undo an update of the environment."""
        return deploy.undoing_alarms(session, deploy.Environment(LOCAL_CHECK, session))

    def resource(self, stack: str, name: str) -> str:
        """The physical id of a resource."""
        cloudformation = get_session().create_client("cloudformation")
        found = cloudformation.describe_stack_resource(StackName=f"gas-check-{stack}", LogicalResourceId=name)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def deploys(self, settings: Path, printed: str, **release):
        """Deploys a release, and checks what is printed."""
        self.assertIn(printed, run(settings, **release))

    def output(self, name: str) -> str:
        """An output of the application's stack."""
        stack = deploy.describe(get_session().create_client("cloudformation"), "gas-check-app")
        return next(item["OutputValue"] for item in stack["Outputs"] if item["OutputKey"] == name)

    def parameter(self, name: str) -> str:
        """A parameter of the stack of the instances."""
        stack = deploy.describe(get_session().create_client("cloudformation"), "gas-check-compute")
        return next(item["ParameterValue"] for item in stack["Parameters"] if item["ParameterKey"] == name)


@contextlib.contextmanager
def environment(text: str):
    """The file of an environment, which exists within the context."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        yield Path(file.name)


class Changes(unittest.TestCase):
    """Which changes are refused."""

    def test_changes_that_lose_data_are_named(self):
        table, alarm = "AWS::DynamoDB::Table", "AWS::CloudWatch::Alarm"
        for action, replacement, is_refused in [
            ("Remove", "False", True),
            ("Modify", "True", True),
            ("Modify", "Conditional", True),
            ("Modify", "False", False),
            ("Add", "False", False),
        ]:
            lost = deploy.dangers([change(action, table, replacement), change(action, alarm, replacement)])
            self.assertEqual(lost, [table] if is_refused else [], (action, replacement))


    def test_two_changes_of_the_indexes_of_a_table_are_refused(self):
        """The deployed template lacks two indexes of the new one."""
        body = deploy.TEMPLATES["app"].read_text()
        older = yaml.load(body, Loader=deploy.TemplateLoader)
        indexes = older["Resources"]["AnnotationsTable"]["Properties"]["GlobalSecondaryIndexes"]
        lacking = {index["IndexName"]: index for index in (indexes.pop(), indexes.pop())}
        cloudformation = mock.Mock()
        for deployed, is_refused in [(body, False), (older, True)]:
            cloudformation.get_template.return_value = {"TemplateBody": deployed}
            if is_refused:
                with self.assertRaisesRegex(deploy.Refused, "more than one change of its indexes .* in between") as refused:
                    deploy.require_few_index_changes(cloudformation, "app", "gas-app")
                for name in lacking:
                    self.assertIn(name, str(refused.exception))
            else:
                deploy.require_few_index_changes(cloudformation, "app", "gas-app")


class Reasons(unittest.TestCase):
    """Why a change of a stack has failed."""

    def reasons(self, *events) -> str:
        """What is said of these events, which are newest first, as CloudFormation lists them."""
        stack = "arn:stack"
        cloudformation = mock.Mock()
        cloudformation.get_paginator.return_value.paginate.return_value = [
            {
                "StackEvents": [
                    {
                        "LogicalResourceId": name,
                        "PhysicalResourceId": stack if name == "gas-compute" else name,
                        "StackId": stack,
                        "ResourceStatus": status,
                        **({"ResourceStatusReason": reason} if reason else {}),
                    }
                ]
            }
            for name, status, reason in events
        ]
        return deploy.reasons(cloudformation, "gas-compute")

    def test_only_the_last_change_counts_and_cancelled_resources_do_not(self):
        said = self.reasons(
            ("gas-compute", "UPDATE_ROLLBACK_IN_PROGRESS", None),
            ("WebServers", "UPDATE_FAILED", "Resource update cancelled"),
            ("Workers", "UPDATE_FAILED", "the type is not offered here"),
            ("gas-compute", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("LoadBalancer", "CREATE_FAILED", "an error of last year"),
        )
        self.assertEqual(said, "  Workers: the type is not offered here")

    def test_an_alarm_that_undoes_an_update_is_named(self):
        said = self.reasons(
            ("gas-compute", "UPDATE_ROLLBACK_IN_PROGRESS", "Alarm ServerErrorsAlarm went to ALARM"),
            ("gas-compute", "UPDATE_IN_PROGRESS", None),
        )
        self.assertEqual(said, "  gas-compute: Alarm ServerErrorsAlarm went to ALARM")

    def test_instances_that_do_not_become_ready_lead_to_their_log(self):
        said = self.reasons(
            ("WebServers", "UPDATE_FAILED", "Received 1 FAILURE signal(s) out of 2"),
            ("gas-compute", "UPDATE_IN_PROGRESS", None),
        )
        self.assertIn("FAILURE signal", said)
        self.assertIn("cloud-init-output.log", said)


class Architectures(unittest.TestCase):
    """A release runs on the processors that it was built on."""

    def test_a_release_for_other_processors_is_refused(self):
        head = 'prefix = "gas-check"\nartifacts = "gas-check-artifacts"\n[shared]\n'
        arm = head + 'ReleaseKey = "releases/0/gas-0.1.0-0123-aarch64.tar.gz"\n'
        image = '[compute]\nImageId = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"\n'
        session = get_session()
        for text, refused in [
            (head + 'ReleaseKey = "releases/0/gas-0.1.0-0123-x86_64.tar.gz"\n', None),
            (arm, "for aarch64, but ImageId"),
            (arm + image, "for aarch64, but RestoreArchitecture in \\[app\\] is x86_64"),
            (arm + image + '[app]\nRestoreArchitecture = "arm64"\n', None),
        ]:
            with environment(text) as settings, self.subTest(text):
                if refused is None:
                    deploy.Environment(settings, session)
                else:
                    with self.assertRaisesRegex(deploy.Refused, refused):
                        deploy.Environment(settings, session)


class Settings(unittest.TestCase):
    """What is wrong with the file of an environment."""

    def refusal(self, text: str) -> str:
        """Returns why an environment is refused."""
        with environment(text) as settings, self.assertRaises(deploy.Refused) as refused:
            run(settings, plan=True)
        return str(refused.exception)

    def test_unknown_keys_and_parameters_are_named(self):
        head = 'prefix = "gas-check"\nartifacts = "gas-check-artifacts"\n'
        self.assertIn("unknown key netwrok", self.refusal(head + "[netwrok]\n"))
        self.assertIn("[network] has no parameter Cidr", self.refusal(head + '[network]\nCidr = "x"\n'))
        self.assertIn("set artifacts", self.refusal('prefix = "gas-check"\n'))
        self.assertIn("no stack computes to leave out", self.refusal(head + 'without = ["computes"]\n'))
        self.assertIn("no stack has the parameter MailIdentiy", self.refusal(head + '[shared]\nMailIdentiy = "x"\n'))
        self.assertIn("not valid TOML", self.refusal("prefix gas\n"))
        with self.assertRaisesRegex(deploy.Refused, "copy deploy/env/example.toml"):
            run(deploy.DEPLOY / "env/no-such-environment.toml")

    def test_a_release_needs_its_folder_and_the_bucket(self):
        head = 'prefix = "gas-check"\nartifacts = "gas-check-no-such-bucket"\n'
        with environment(head) as settings, tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(deploy.Refused, "has no complete release; run ./gas release"):
                run(settings, release=Path(folder))
            release = write_release(Path(folder), "1.0.0")
            with self.assertRaisesRegex(deploy.Refused, "aws s3 mb s3://gas-check-no-such-bucket"):
                run(settings, release=release)


if __name__ == "__main__":
    unittest.main()
