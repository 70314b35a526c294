"""The canary with a `gas-cli` of its own in its place."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

CANARY = Path(__file__).parents[1] / "ec2/gas-canary"

# Writes what `gas-cli annotate` writes, and records its calls.
CLI = """#!/bin/bash
echo "$GAS_URL $GAS_TOKEN $*" >> "$CALLS"
[ "$1" = annotate ] || exit 0
[ -z "$FAILS" ] || { echo "gas-cli: $FAILS" >&2; exit 1; }
echo "id-1  completed  2026-11-30T10:00:00Z  canary.vcf"
printf "$RECORDS" > "$4/canary.annot.vcf"
"""

MISSENSE = "MT\\t8860\\t.\\tA\\tG\\t.\\t.\\tCSQ=G|missense_variant\\n"


class Canary(unittest.TestCase):
    """What the canary does and writes."""

    def run_canary(self, token: str = "gas_t", fails: str = "", records: str = MISSENSE * 2) -> tuple:
        """Runs the canary. Returns its exit code, its line, and the calls of `gas-cli`."""
        with tempfile.TemporaryDirectory() as folder:
            calls = Path(folder, "calls")
            calls.touch()
            cli = Path(folder, "gas-cli")
            cli.write_text(CLI)
            cli.chmod(0o755)
            settings = {
                "PATH": f"{folder}:{os.environ['PATH']}",
                "CALLS": str(calls),
                "FAILS": fails,
                "RECORDS": records,
                "GAS_CANARY_TOKEN": token,
                "GAS_PUBLIC_URL": "https://gas.example.org",
            }
            done = subprocess.run([CANARY], env=settings, capture_output=True, text=True, check=False)
            self.assertEqual(done.stdout, "")
            line = json.loads(done.stderr) if done.stderr else None
            return done.returncode, line, calls.read_text().splitlines()

    def test_a_result_with_its_annotations_passes_and_the_job_is_deleted(self):
        code, line, calls = self.run_canary()
        self.assertEqual((code, line["level"], line["fields"]["canary"]), (0, "INFO", "passed"))
        self.assertNotIn("error", line["fields"])
        self.assertTrue(calls[0].startswith("https://gas.example.org gas_t annotate /"))
        self.assertEqual(calls[1], "https://gas.example.org gas_t delete id-1")

    def test_a_failed_job_and_a_result_without_annotations_fail(self):
        for given, error in [
            ({"fails": 'GAS answered 503: "busy"'}, 'gas-cli: GAS answered 503: "busy"'),
            ({"records": MISSENSE}, "the result lacks annotations"),
        ]:
            code, line, calls = self.run_canary(**given)
            self.assertEqual((code, line["level"], line["fields"]["canary"]), (1, "ERROR", "failed"))
            self.assertEqual(line["fields"]["error"], error)
            self.assertEqual(len(calls), 1 if "fails" in given else 2)

    def test_without_a_token_nothing_is_done(self):
        self.assertEqual(self.run_canary(token=""), (0, None, []))


if __name__ == "__main__":
    unittest.main()
