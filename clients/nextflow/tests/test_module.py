"""The Nextflow module: its description, and its script as Nextflow would run it, with the demo reference of the local stack.

Nextflow itself is not run: its package on PyPI is a launcher that downloads the program. The script is taken from the module, and its
variables are replaced as Groovy does.
"""

import gzip
import json
import os
import re
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

import yaml

FOLDER = Path(__file__).parents[1]
ROOT = FOLDER.parents[1]
MODULE = FOLDER / "modules/gas/annotate"
INPUT = ROOT / "clients/galaxy/test-data/mitochondrial.vcf"


def stack() -> dict:
    """The description of the local stack."""
    return json.loads(Path(os.environ["GAS_TEST_STACK"]).read_text())


def section(name: str) -> str:
    """A section of the process, such as `script`."""
    sections = re.split(r"^    (input|output|when|script|stub):\n", (MODULE / "main.nf").read_text(), flags=re.MULTILINE)
    return sections[sections.index(name) + 1]


def script(name: str, values: dict[str, str]) -> str:
    """The script of a section with values for its variables. Like Groovy, fails if one has no value."""
    [text] = re.findall(r'"""\n(.*?)"""', section(name), flags=re.DOTALL)
    text = re.sub(r"(?<!\\)\$\{([a-z_.0-9]+)\}", lambda found: values[found[1]], text)
    if re.search(r"(?<!\\)\$", text):
        raise ValueError("the script has a variable that is not in braces")
    # Groovy's escapes, then the common indentation, which Nextflow removes.
    return textwrap.dedent(re.sub(r"\\(.)", r"\1", text))


class Module(unittest.TestCase):
    """The module."""

    def test_the_description_has_the_inputs_and_outputs(self):
        described = yaml.safe_load((MODULE / "meta.yml").read_text())
        inputs = [list(entry)[0] for group in described["input"] for entry in (group if isinstance(group, list) else [group])]
        self.assertEqual(inputs, re.findall(r"(?:val|path)\((\w+)", section("input")))
        emitted = re.findall(r'path[( ]"([^"]+)".*emit: (\w+)', section("output"))
        outputs = {}
        for name, channel in described["output"].items():
            last = channel[0][-1] if isinstance(channel[0], list) else channel[0]
            outputs[name] = list(last)[0]
        self.assertEqual(outputs, {name: path for path, name in emitted})

    def test_every_option_is_one_of_the_engine(self):
        annotator = Path(os.environ["GAS_PROGRAMS"], "gas-annotate")
        usage = subprocess.run([annotator, "annotate", "--help"], capture_output=True, text=True, check=True).stdout
        options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", usage, re.MULTILINE))
        used = re.findall(r"(--[a-z-]+)", section("script").replace("gas-annotate --version", ""))
        self.assertGreater(len(used), 5)
        self.assertLessEqual(set(used), options)

    def test_the_script_annotates(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            run = self.run_section("script", folder, args="--transcripts coding --select pick")
            self.assertEqual(run.returncode, 0, run.stderr)
            text = gzip.decompress((folder / "one.annotated.vcf.gz").read_bytes()).decode()
            records = [line for line in text.splitlines() if not line.startswith("#")]
            self.assertEqual(len(records), 2)
            self.assertTrue(all("missense_variant" in record for record in records), records)
            self.assertIn("gas/demo/1", text)
            self.assertEqual(json.loads((folder / "one.annotated.summary.json").read_text())["records"], 2)
            self.assertTrue((folder / "one.annotated.vcf.gz.tbi").exists())
            self.check_versions(folder)

    def test_the_stub_writes_every_output(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            run = self.run_section("stub", folder)
            self.assertEqual(run.returncode, 0, run.stderr)
            for ending in ("vcf.gz", "vcf.gz.tbi", "summary.json"):
                self.assertTrue((folder / f"one.annotated.{ending}").exists(), ending)
            self.check_versions(folder)

    def test_what_is_wrong_with_a_file_ends_the_task_with_the_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            letter = folder / "letter.vcf"
            letter.write_text("##fileformat=VCFv4.2\nno header\n")
            run = self.run_section("script", folder, variants=str(letter))
            self.assertNotEqual(run.returncode, 0)
            self.assertIn("line 2", run.stderr)
            self.assertFalse((folder / "versions.yml").exists(), "the script ends at the first command that fails")

    def run_section(self, name: str, folder: Path, **values: str) -> subprocess.CompletedProcess:
        """Runs a script in a folder, with the shell options of Nextflow."""
        (folder / "one.vcf").write_bytes(INPUT.read_bytes())
        values = {
            "variants": "one.vcf",
            "reference": stack()["worker"]["GAS_REFERENCE_BUNDLE"],
            "reference_id": "--reference-id 'gas/demo/1'",
            "source_args": "",
            "args": "",
            "prefix": "one.annotated",
            "task.cpus": "2",
            "task.process": "GAS_ANNOTATE",
        } | values
        path = {"PATH": f"{os.environ['GAS_PROGRAMS']}:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script(name, values)], cwd=folder, env=path, capture_output=True, text=True, check=False
        )

    def check_versions(self, folder: Path) -> None:
        """Checks the file with the version of the engine."""
        version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
        versions = yaml.safe_load((folder / "versions.yml").read_text())
        self.assertEqual(versions, {"GAS_ANNOTATE": {"gas-annotate": version[1]}})


if __name__ == "__main__":
    unittest.main()
