"""The pages of earlier releases on a web server, with an `aws` of its own in the place of the real one."""

import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "ec2/add-earlier-pages"

# `aws s3 cp --only-show-errors --region REGION s3://BUCKET/KEY FILE` from a folder.
AWS = """#!/bin/bash
exec cp "$BUCKETS/${6#s3://}" "$7"
"""


def archive(files: dict) -> bytes:
    """A release with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, text in files.items():
            info = tarfile.TarInfo(f"gas-1.0.0-x86_64/{name}")
            info.size = len(text)
            packed.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


class EarlierPages(unittest.TestCase):
    """Two earlier releases beside the current one."""

    def test_parts_of_earlier_pages_are_added_and_nothing_else_changes(self):
        earlier = [
            archive({"public/assets/a-1.js": "one", "public/assets/same.css": "old", "bin/gas-web": "old"}),
            archive({"public/assets/b-2.js": "two"}),
        ]
        with tempfile.TemporaryDirectory() as folder:
            installed = Path(folder, "gas")
            (installed / "public/assets").mkdir(parents=True)
            (installed / "public/assets/same.css").write_text("new")
            keys = [self.store(folder, packed) for packed in earlier]
            done = self.add(folder, keys)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            files = {str(path.relative_to(installed)): path.read_text() for path in installed.rglob("*") if path.is_file()}
            expected = {"public/assets/a-1.js": "one", "public/assets/b-2.js": "two", "public/assets/same.css": "new"}
            self.assertEqual(files, expected)
            self.assertEqual(self.add(folder, []).returncode, 0, "the first release has none before it")

    def test_a_release_that_was_changed_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "gas").mkdir()
            key = self.store(folder, archive({"public/a.js": "one"}))
            Path(folder, "buckets/artifacts", key).write_bytes(archive({"public/a.js": "another"}))
            self.assertNotEqual(self.add(folder, [key]).returncode, 0)
            self.assertEqual(list(Path(folder, "gas").iterdir()), [])

    def store(self, folder: str, packed: bytes) -> str:
        """Stores a release and returns its key."""
        key = f"releases/{hashlib.sha256(packed).hexdigest()}/gas.tar.gz"
        path = Path(folder, "buckets/artifacts", key)
        path.parent.mkdir(parents=True)
        path.write_bytes(packed)
        return key

    def add(self, folder: str, keys: list) -> subprocess.CompletedProcess:
        """Runs the script."""
        aws = Path(folder, "aws")
        aws.write_text(AWS)
        aws.chmod(0o755)
        settings = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "AWS_REGION": "us-east-1",
            "BUCKETS": f"{folder}/buckets",
            "GAS_FOLDER": f"{folder}/gas",
        }
        command = [SCRIPT, "artifacts", *keys]
        return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    unittest.main()
