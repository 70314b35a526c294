"""Starts a release as instances do, and annotates a file with it.

Each of web server, worker and utility node gets a bare Debian root file system, in which the user data of
`stacks/compute.yaml` runs as cloud-init would run it: it fetches the release from S3, unpacks it and starts the unit. AWS
is the emulator of the local stack. What Debian lacks of Amazon Linux has stand-ins in `shims/`, and the database is
without TLS. `./gas release --boot` runs it, as root.
"""

import argparse
import base64
import http.cookiejar
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from botocore.session import get_session

SCRIPTS = Path(__file__).parent
sys.path.insert(0, str(SCRIPTS.parent))
import deploy

ROLES = {"web": "WebTemplate", "worker": "WorkerTemplate", "utility": "UtilityTemplate"}

# What Amazon Linux 2023 has, and the packages that `set-up-instance` installs with dnf.
PACKAGES = "bash,bubblewrap,ca-certificates,curl,jq,logrotate,procps,python3,util-linux"

SHIMS = {
    "dnf": "usr/bin/dnf",
    "aws": "usr/bin/aws",
    "systemctl": "usr/bin/systemctl",
    "curl": "usr/local/bin/curl",
    "cfn-signal": "opt/aws/bin/cfn-signal",
    "amazon-cloudwatch-agent-ctl": "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl",
}

# The version of the AWS command line interface.
AWSCLI = "awscli==1.46.3"

# The port in the user data of the web servers.
WEB_URL = "http://localhost:8080"

# In the place of the engine, so that a run lasts until a test has ended it.
SLOW_ENGINE = """#!/bin/sh
[ ! -e /usr/share/gas-slow ] || sleep 60
exec /opt/gas/bin/gas-annotate.real "$@"
"""

# Makes a folder the root of a machine with its own processes, and runs the commands of standard input.
ENTER = """set -e
mount --bind "$0" "$0"; cd "$0"; mkdir -p .outside
mount -t proc proc proc; mount --rbind /dev dev; mount --rbind /sys sys
pivot_root . .outside; cd /; umount --lazy /.outside
set +e
while read -r line; do eval "$line"; echo $? >> /var/log/commands; done
"""

WITHIN_SECS = 60


def say(text: str) -> None:
    """Prints a step."""
    print(f"boot: {text}", flush=True)


def wait_for(what: str, ask, pause: float = 0.1):
    """Asks until the answer is not None or False, and returns it."""
    deadline = time.monotonic() + WITHIN_SECS
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(pause)
    raise SystemExit(f"boot: {what}: not within {WITHIN_SECS} s")


class Aws:
    """The emulated account with the stack of the application."""

    def __init__(self, stack: dict):
        self.stack = stack
        self.session = get_session()
        self.region = stack["root"]["AWS_REGION"]
        found = deploy.describe(self.client("cloudformation"), stack["prefix"])
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def client(self, service: str):
        """A client with the rights of the account."""
        return self.session.create_client(service)

    def deploy(self, release: Path) -> dict:
        """Deploys the stack of the instances, and returns the user data of each role."""
        prefix = f"{self.stack['prefix']}-boot"
        self.client("s3").create_bucket(Bucket=f"{prefix}-artifacts")
        self.client("ssm").put_parameter(Name=f"/{prefix}/image", Value="ami-0123456789abcdef0", Type="String")
        network = self.client("ec2")
        vpc = network.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnets = [subnet["SubnetId"] for subnet in network.describe_subnets()["Subnets"][:2]]
        group = network.create_security_group(GroupName=f"{prefix}-db", Description="database", VpcId=vpc)["GroupId"]
        secrets = {"WebSecretArn": self.secret("web"), "UtilitySecretArn": self.secret("utility")}
        self.permit(secrets)
        parameters = secrets | {
            "AppStack": self.stack["prefix"],
            "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000",
            "DatabaseClientSecurityGroupId": group,
            "Domain": "gas.example.org",
            "ImageId": f"/{prefix}/image",
            "InstanceSubnetIds": subnets,
            "PublicSubnetIds": subnets,
            "VpcId": vpc,
            "WebAcl": False,
        }
        for role in ROLES:
            name = f"{role.capitalize()}RoleArn"
            parameters[name] = self.outputs[name]
        settings = [f'prefix = "{prefix}"', f'artifacts = "{prefix}-artifacts"']
        settings += ['without = ["network", "database", "app", "observe"]', "[compute]"]
        settings += [f"{name} = {json.dumps(value)}" for name, value in parameters.items()]
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write("\n".join(settings))
            file.flush()
            environment = deploy.Environment(Path(file.name), self.session, release)
            deploy.deploy(self.session, environment, plan=False)
        return {role: self.user_data(f"{prefix}-compute", template) for role, template in ROLES.items()}

    def permit(self, secrets: dict) -> None:
        """Lets the roles of the application's stack read the secrets."""
        cloudformation, name = self.client("cloudformation"), self.stack["prefix"]
        found = deploy.describe(cloudformation, name)["Parameters"]
        kept = [
            {"ParameterKey": item["ParameterKey"], "ParameterValue": item["ParameterValue"]}
            for item in found
            if item["ParameterKey"] not in secrets
        ]
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in secrets.items()]
        url = deploy.upload(self.client("s3"), f"{name}-boot-artifacts", f"{name}-boot", deploy.TEMPLATES["app"])
        cloudformation.update_stack(
            StackName=name, TemplateURL=url, Parameters=kept + given, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        wait_for(f"the update of {name}", lambda: deploy.describe(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE")

    def secret(self, role: str) -> str:
        """Creates the secret of a role, with the settings of its process in the local stack, and returns its ARN."""
        named = ("DATABASE_URL", "GAS_OIDC_", "GAS_STRIPE_", "GAS_UNSUBSCRIBE_KEY", "GAS_MAIL_FROM", "GAS_S3_", "GAS_LIMIT_")
        settings = {name: value for name, value in self.stack[role].items() if name.startswith(named)}
        # The user data has the address of the load balancer, which is not there.
        settings["GAS_PUBLIC_URL"] = WEB_URL
        name = f"{self.stack['prefix']}-boot/{role}"
        secret = self.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(settings))
        return secret["ARN"]

    def user_data(self, stack: str, template: str) -> str:
        """The user data of a launch template."""
        resource = self.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=template)
        identifier = resource["StackResourceDetail"]["PhysicalResourceId"]
        versions = self.client("ec2").describe_launch_template_versions(LaunchTemplateId=identifier)
        return base64.b64decode(versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["UserData"]).decode()

    def credentials(self, role: str) -> dict:
        """What an instance of a role gets from the metadata service, and the endpoints of the emulator."""
        arn = self.outputs[f"{role.capitalize()}RoleArn"]
        assumed = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="boot")["Credentials"]
        kept = {name: value for name, value in self.stack["root"].items() if "KEY" not in name}
        return kept | {
            "AWS_ACCESS_KEY_ID": assumed["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": assumed["SecretAccessKey"],
            "AWS_SESSION_TOKEN": assumed["SessionToken"],
        }


class Instance:
    """A machine: a root file system, in which commands run with namespaces of their own."""

    def __init__(self, role: str, root: Path, credentials: dict):
        self.role = role
        self.root = root
        self.credentials = credentials
        self.process = None

    def boot(self, user_data: str, reference: Path) -> None:
        """Runs the user data, and keeps what it has started running."""
        # The bucket of references is empty, so the image of the machine has one.
        shutil.copytree(reference, self.root / "opt/gas/reference")
        (self.root / "etc/boot.env").write_text("".join(f"{name}={value}\n" for name, value in self.credentials.items()))
        script = self.root / "var/lib/user-data"
        script.write_text(user_data)
        script.chmod(0o755)
        # The shell is the first process of the machine. It takes commands, and all ends with it. The root is changed by
        # pivot_root, because the kernel gives no user namespaces, which the worker needs, to processes in a chroot.
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "bash", "-c", ENTER, self.root]
        paths = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        log = open(self.root / "var/log/cloud-init-output.log", "ab")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=paths | self.credentials
        )
        self.run("/var/lib/user-data")
        signals = (self.root / "var/log/cfn-signal").read_text().splitlines()
        if not signals or "--exit-code 0" not in signals[-1]:
            raise SystemExit(f"boot: {self.role} does not start: {signals}; see {self.root}/var/log")

    def run(self, command: str) -> None:
        """Runs a command on the machine, which must succeed."""
        codes = self.root / "var/log/commands"
        before = len(codes.read_text().splitlines()) if codes.exists() else 0
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()

        def code():
            lines = codes.read_text().splitlines() if codes.exists() else []
            return lines[before] if len(lines) > before else None

        if wait_for(f"{command} on {self.role}", code) != "0":
            raise SystemExit(f"boot: {command} failed on {self.role}; see {self.root}/var/log")

    def halt(self) -> None:
        """Ends the machine."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


class User:
    """A user of the service with a token, who works with the released `gas-cli`."""

    def __init__(self, cli: Path):
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        browser = urllib.request.build_opener(jar)
        form = browser.open(f"{WEB_URL}/login").geturl()
        browser.open(form, urllib.parse.urlencode({"username": "boot"}).encode()).close()
        new = {"new": {"name": "boot", "scopes": ["jobs:read", "jobs:write"], "days": 1}}
        headers = {"Content-Type": "application/json", "Origin": WEB_URL}
        request = urllib.request.Request(f"{WEB_URL}/api/tokens", json.dumps(new).encode(), headers)
        with browser.open(request) as made:
            self.token = json.load(made)["secret"]
        self.cli = cli

    def gas(self, *arguments) -> str:
        """Runs `gas-cli`, and returns what it prints."""
        settings = os.environ | {"GAS_URL": WEB_URL, "GAS_TOKEN": self.token}
        command = [self.cli, *map(str, arguments)]
        try:
            done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=WITHIN_SECS)
        except subprocess.TimeoutExpired as slow:
            raise SystemExit(f"boot: gas-cli {arguments[0]}: not within {WITHIN_SECS} s: {slow.stdout}") from slow
        if done.returncode:
            raise SystemExit(f"boot: gas-cli {arguments[0]}: {done.stderr}")
        return done.stdout

    def wait_for(self, what: str, job: str, status: str) -> None:
        """Waits until a job has a status. A token may be used twice in a second for long."""
        wait_for(what, lambda: self.status(job) == status, pause=0.7)

    def status(self, job: str) -> str:
        """The status of a job."""
        request = urllib.request.Request(f"{WEB_URL}/api/v1/jobs/{job}", headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["status"]


def bare_root(cache: Path) -> Path:
    """Makes a bare root file system with the stand-ins, or takes the one of the last time."""
    root = cache / "debian"
    if not (root / "ready").exists():
        shutil.rmtree(root, ignore_errors=True)
        site = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"],
            capture_output=True, text=True, check=True,
        ).stdout.split()
        mirror, release = site[:2]
        say(f"debootstrap of Debian {release}")
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", release, root, mirror],
                       check=True, stdout=subprocess.DEVNULL)
        target = root / "opt/awscli"
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", target, AWSCLI], check=True)
        (root / "ready").touch()
    for name, place in SHIMS.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SCRIPTS / "shims" / name, root / place)
    return root


def start_all(instances: dict, aws: Aws, release: Path, bare: Path, folder: Path, reference: Path) -> None:
    """Starts an instance of each role, and adds it to the instances."""
    for role, user_data in aws.deploy(release).items():
        root = folder / role
        subprocess.run(["cp", "--archive", "--reflink=auto", bare, root], check=True)
        instances[role] = instance = Instance(role, root, aws.credentials(role))
        started = time.monotonic()
        instance.boot(user_data, reference)
        say(f"{role} started after {time.monotonic() - started:.1f} s")


def try_release(instances: dict, folder: Path) -> None:
    """Annotates a file, and stops a worker while it runs a job."""
    with urllib.request.urlopen(f"{WEB_URL}/readyz") as answer:
        say(f"/readyz: {answer.status}")
    # The programs of the release run on this machine, too.
    user = User(instances["web"].root / "opt/gas/bin/gas-cli")
    sample = SCRIPTS.parents[1] / "assets/samples/free.vcf"
    lines = user.gas("annotate", sample, "--output", folder / "results").splitlines()
    result = (folder / "results/free.annot.vcf").read_text()
    records = [line for line in result.splitlines() if not line.startswith("#")]
    annotated = sum("CSQ=" in record for record in records)
    say(f"{lines[-3].split()[1]}: {annotated} of {len(records)} records are annotated")
    if not annotated:
        raise SystemExit("boot: no record is annotated")

    worker = instances["worker"]
    worker.run("mv /opt/gas/bin/gas-annotate /opt/gas/bin/gas-annotate.real")
    engine = worker.root / "opt/gas/bin/gas-annotate"
    engine.write_text(SLOW_ENGINE)
    engine.chmod(0o755)
    worker.run("echo GAS_ENGINE_READ_PATHS=/opt/gas/bin/gas-annotate.real >> /etc/gas/instance.env")
    worker.run("systemctl stop gas-worker.service && systemctl start gas-worker.service")
    log = worker.root / "var/log/gas/worker.log"
    wait_for("the worker is ready again", lambda: log.read_text().count("worker ready") == 2)
    # Not before, because a worker runs the engine once when it starts.
    slow = worker.root / "usr/share/gas-slow"
    slow.touch()
    job = user.gas("annotate", sample).split()[0]
    user.wait_for("the job runs", job, "running")
    worker.run("systemctl stop gas-worker.service")
    if "job released before its run has ended" not in log.read_text():
        raise SystemExit(f"boot: the worker did not give the job back; see {log}")
    say("SIGTERM: the worker has given the running job back")
    slow.unlink()
    worker.run("systemctl start gas-worker.service")
    user.wait_for("the job is completed", job, "completed")
    say("the next worker has completed it")


def main() -> None:
    """Parses the command line, and tries a release."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("release", type=Path, help="the folder that ./gas release printed")
    arguments.add_argument("--stack", type=Path, required=True, help="the description of a local stack without processes of GAS")
    arguments.add_argument("--reference", type=Path, required=True, help="the folder of a reference")
    arguments.add_argument("--cache", type=Path, required=True, help="the folder for the bare root file system")
    options = arguments.parse_args()
    stack = json.loads(options.stack.read_text())
    os.environ.update(stack["root"])
    folder = Path(tempfile.mkdtemp(prefix="gas-boot-"))
    instances = {}
    try:
        aws = Aws(stack)
        start_all(instances, aws, options.release, bare_root(options.cache), folder, options.reference)
        try_release(instances, folder)
    finally:
        for instance in instances.values():
            instance.halt()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
