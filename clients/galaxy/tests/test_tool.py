"""The Galaxy tool: Galaxy's own linter, and its command as Galaxy would run it, with the demo reference of the local stack."""

import gzip
import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

from Cheetah.Template import Template
from galaxy.tool_util.lint import LintContext, LintLevel, lint_tool_source_with
from galaxy.tool_util.parser import get_tool_source

FOLDER = Path(__file__).parents[1]
ROOT = FOLDER.parents[1]
TOOL = FOLDER / "gas_annotate.xml"
INPUT = FOLDER / "test-data/mitochondrial.vcf"


def demo_reference() -> str:
    """The folder of the reference of the stack."""
    return json.loads(Path(os.environ["GAS_TEST_STACK"]).read_text())["worker"]["GAS_REFERENCE_BUNDLE"]


def entry(value: str, path: str) -> SimpleNamespace:
    """A parameter whose value is a row of a data table."""
    return SimpleNamespace(fields=SimpleNamespace(value=value, path=path))


class Tool(unittest.TestCase):
    """The tool."""

    def setUp(self):
        self.source = get_tool_source(str(TOOL))

    def test_galaxys_linter_finds_nothing(self):
        found = LintContext(LintLevel.WARN)
        lint_tool_source_with(found, self.source)
        messages = [message.message for message in found.message_list if message.level in ("warning", "error")]
        self.assertEqual(messages, [])

    def test_the_version_is_that_of_the_engine(self):
        version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
        self.assertIn(f'<token name="@TOOL_VERSION@">{version[1]}</token>', TOOL.read_text())

    def test_every_choice_is_one_of_the_engine(self):
        annotator = Path(os.environ["GAS_PROGRAMS"], "gas-annotate")
        usage = subprocess.run([annotator, "annotate", "--help"], capture_output=True, text=True, check=True).stdout
        options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", usage, re.MULTILINE))
        values = set(re.findall(r"^ +- ([a-z-]+): ", usage, re.MULTILINE))
        text = TOOL.read_text()
        self.assertLessEqual(set(re.findall(r"(--[a-z-]+)", self.source.parse_command())), options)
        self.assertLessEqual(set(re.findall(r'value="(--[a-z-]+)"', text)), options)
        self.assertLessEqual(set(re.findall(r'<option value="([a-z-]+)"', text)), values)

    def test_the_command_annotates_plain_and_compressed(self):
        for compressed in (False, True):
            with self.subTest(compressed=compressed), tempfile.TemporaryDirectory() as folder:
                result = self.run_tool(Path(folder), compressed=compressed)
                packed = result.read_bytes()
                self.assertEqual(packed.startswith(b"\x1f\x8b"), compressed)
                text = (gzip.decompress(packed) if compressed else packed).decode()
                records = [line for line in text.splitlines() if not line.startswith("#")]
                self.assertEqual(len(records), 2)
                self.assertTrue(all("missense_variant" in record for record in records), records)
                self.assertGreater(json.loads(Path(folder, "summary.dat").read_text())["records"], 0)

    def test_what_is_wrong_with_a_file_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            letter = Path(folder, "letter.dat")
            letter.write_text("##fileformat=VCFv4.2\nno header\n")
            with self.assertRaises(subprocess.CalledProcessError) as failed:
                self.run_tool(Path(folder), input=letter, compressed=False)
            self.assertIn("line 2", failed.exception.stderr)

    def run_tool(self, folder: Path, compressed: bool, **parameters) -> Path:
        """Runs the command in a folder as Galaxy does, and returns the result."""
        values = {
            "input": INPUT,
            "format": "auto",
            "reference": entry("gas/demo/1", demo_reference()),
            "sources": [],
            "layout": "csq",
            "transcripts": "all",
            "select": "all",
            "hgvs": "",
            "allow_unannotated": "",
            "compressed": compressed,
            "summary": folder / "summary.dat",
            "annotated": folder / "result.dat",
            "annotated_bgzip": folder / "result.dat",
        } | parameters
        command = " ".join(str(Template(self.source.parse_command(), searchList=[values])).split("\n"))
        path = {"PATH": f"{os.environ['GAS_PROGRAMS']}:{os.environ['PATH']}"}
        subprocess.run(["bash", "-ec", command], cwd=folder, env=path, capture_output=True, text=True, check=True)
        return folder / "result.dat"


if __name__ == "__main__":
    unittest.main()
