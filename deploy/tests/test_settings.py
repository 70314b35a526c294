"""Compares the settings of the processes, in their source, with what the stacks, the secrets and the units give them."""

import re
import sys
import unittest
from dataclasses import dataclass
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))
import deploy
import doctor

ROOT = deploy.DEPLOY.parent
SHARED = [
    "backend/src/deployment.rs",
    "backend/src/retention.rs",
    "backend/src/references/settings.rs",
    "backend/src/sources/settings.rs",
]

# The files with the settings of each process.
SOURCES = {
    "web": [
        *SHARED,
        "app/src/server/settings.rs",
        "app/src/server/billing_settings.rs",
        "backend/src/webhooks/settings.rs",
        "backend/src/imports/settings.rs",
        "app/src/server/price_settings.rs",
    ],
    "worker": [*SHARED, "worker/src/settings.rs", "worker/src/references.rs"],
    "utility": [
        *SHARED,
        "worker/src/utility/settings.rs",
        "backend/src/mail/composer.rs",
        "backend/src/webhooks/settings.rs",
        "backend/src/imports/settings.rs",
    ],
    "restore": ["restore-lambda/src/settings.rs", "backend/src/retention.rs"],
}

SECRETS = {"web": doctor.WEB_KEYS + doctor.STRIPE_KEYS, "utility": doctor.UTILITY_KEYS}

# Of the database's owner, whom no process knows: `gas-web migrate`. And of workers, which have no database.
NOT_OF_PROCESSES = {"GAS_MIGRATION_DATABASE_URL"}
NOT_OF_WORKERS = {"DATABASE_URL"}

# A field of a struct that clap reads: its attribute, its name and its type.
FIELD = re.compile(
    r'#\[arg\((?P<attribute>(?:[^()]|\([^()]*\))*?env = "(?P<name>[A-Z0-9_]+)"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\]\s*'
    r"(?:pub(?:\([a-z]+\))? )?[a-z0-9_]+: (?P<type>[^,\n]+),"
)

# The ends of the names of settings that name a resource of a stack.
RESOURCES = ("_ARN", "_QUEUE_URL", "_DLQ_URL", "_TABLE", "_BUCKET")


@dataclass(frozen=True)
class Setting:
    """A setting: its environment variable, and whether the process can do without."""

    name: str
    is_required: bool


def settings(process: str) -> list:
    """The settings of a process, from its source."""
    found = []
    for path in SOURCES[process]:
        for field in FIELD.finditer((ROOT / path).read_text()):
            has_default = "default_value" in field["attribute"] or field["type"].startswith(("Option<", "Vec<", "bool"))
            found.append(Setting(field["name"], not has_default))
    return found


def template(path: str) -> dict:
    """A template without its functions."""
    return yaml.load((deploy.DEPLOY / path).read_text(), Loader=deploy.TemplateLoader)


def outputs() -> set:
    """The variables that `ec2/gas-env` makes of the outputs of the application's stack."""
    names = template("template.yaml")["Outputs"]
    return {"GAS_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper() for name in names}


def given(process: str) -> set:
    """The variables that a process gets."""
    if process == "restore":
        function = template("template.yaml")["Resources"]["RestoreFunction"]["Properties"]
        return set(function["Environment"]["Variables"])
    compute = (deploy.DEPLOY / "stacks/compute.yaml").read_text()
    # The line that starts the role, and those that it is continued on.
    start = re.search(rf"GAS_ROLE={process} (?:.*\\\n)*.*", compute)
    unit = (deploy.DEPLOY / f"ec2/gas-{process}.service").read_text()
    own = set(re.findall(r"\b((?:GAS|AWS)_[A-Z0-9_]+)=", f"{start[0]}\n{unit}"))
    return outputs() | own | set(SECRETS.get(process, ()))


class Given(unittest.TestCase):
    """What the processes get."""

    def test_every_process_gets_what_it_needs(self):
        for process in SOURCES:
            needed = {setting.name for setting in settings(process) if setting.is_required}
            needed -= NOT_OF_PROCESSES | (NOT_OF_WORKERS if process == "worker" else set())
            self.assertGreater(len(needed), 5, f"settings of {process} are found in the source")
            self.assertEqual(needed - given(process), set(), process)

    def test_every_resource_that_a_process_can_use_is_named(self):
        for process in SOURCES:
            resources = {setting.name for setting in settings(process) if setting.name.endswith(RESOURCES)}
            self.assertGreater(len(resources), 4, process)
            self.assertEqual(resources - given(process), set(), process)

    def test_secrets_have_only_settings_of_their_process(self):
        for process, keys in SECRETS.items():
            known = {setting.name for setting in settings(process)}
            self.assertEqual(set(keys) - known, set(), process)

    def test_every_setting_of_the_source_is_read(self):
        for process, paths in SOURCES.items():
            text = "\n".join((ROOT / path).read_text() for path in paths)
            named = set(re.findall(r'env = "([A-Z0-9_]+)"', text))
            self.assertEqual(named, {setting.name for setting in settings(process)}, process)


class Limits(unittest.TestCase):
    """What the units allow."""

    def test_a_web_server_may_open_more_files_than_it_has_connections(self):
        source = (ROOT / "app/src/server/connections.rs").read_text()
        connections = int(re.search(r"connections: ([0-9_]+),", source)[1].replace("_", ""))
        unit = (deploy.DEPLOY / "ec2/gas-web.service").read_text()
        # Besides connections: the event queue, PostgreSQL, AWS and the files of the pages.
        self.assertGreater(int(re.search(r"(?m)^LimitNOFILE=([0-9]+)$", unit)[1]), connections + 1000)


if __name__ == "__main__":
    unittest.main()
