"""Uploads in parts against a pretended service and its storage."""

import os
import sys
import tempfile
import threading
import unittest
import uuid
from pathlib import Path
from unittest import mock

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
from gas_client import ApiError, Client, GasError, Interrupted, JobOptions
from gas_client.unfinished import FileVersion, Record

PART = 10
TICKET = 3
"""The parts of an answer."""


class Service:
    """A service whose jobs are their idempotency keys."""

    def __init__(self, size: int, together: int = 1):
        self.size = size
        self.arrived: dict[int, bytes] = {}
        self.rejected: dict[int, int] = {}
        """The status of a PUT of each part that does not arrive."""
        self.calls: list[tuple[str, str]] = []
        self.in_parts = True
        self.status = "uploading"
        # Parts wait here for as many others.
        self.together = threading.Barrier(together, timeout=10)
        self.on_put = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        if request.url.host == "storage.example.com":
            return self.store(request, body)
        action = request.url.path.rsplit("/", 1)[1]
        if request.method == "POST" and action == "jobs":
            key = request.headers["Idempotency-Key"]
            self.calls.append(("create", key))
            return httpx.Response(201, json=self.created(key))
        job = request.url.path.split("/")[-2]
        self.calls.append((action, job))
        answer = self.parts() if action == "parts" else self.job(job, "pending")
        return httpx.Response(200, json=answer)

    def store(self, request: httpx.Request, body: bytes) -> httpx.Response:
        if request.method == "POST":
            self.arrived[-1] = body
            return httpx.Response(204)
        offset = int(request.url.path.rsplit("/", 1)[1])
        self.together.wait()
        self.on_put()
        assert "Authorization" not in request.headers and "Transfer-Encoding" not in request.headers
        assert request.headers["Content-Length"] == str(len(body))
        if offset in self.rejected:
            return httpx.Response(self.rejected[offset], text="no")
        self.arrived[offset] = body
        return httpx.Response(200)

    @staticmethod
    def job(key: str, status: str) -> dict:
        submitted_at = "2026-01-01T00:00:00Z"
        return {"id": key, "file_name": "a.vcf", "status": status, "submitted_at": submitted_at, "warnings": []}

    def parts(self) -> dict:
        missing = [at for at in range(0, self.size, PART) if at not in self.arrived]
        lengths = {at: min(PART, self.size - at) for at in missing}
        url = "https://storage.example.com/part"
        parts = [{"offset": at, "length": lengths[at], "url": f"{url}/{at}"} for at in missing[:TICKET]]
        described = {"size_bytes": self.size, "missing_bytes": sum(lengths.values()), "parts": parts}
        return described | {"expires_at": "2026-01-01T01:00:00Z"}

    def created(self, key: str) -> dict:
        job = self.job(key, self.status)
        if self.status != "uploading":
            return {"job": job, "upload": None, "parts": None}
        if self.in_parts:
            return {"job": job, "upload": None, "parts": self.parts()}
        form = {"url": "https://storage.example.com/form", "fields": [], "content_type": "text/plain"}
        return {"job": job, "upload": form | {"expires_at": "2026-01-01T01:00:00Z"}}

    def called(self) -> list[str]:
        """The kinds of calls since the last time."""
        kinds = [kind for kind, _ in self.calls]
        self.calls.clear()
        return kinds


class InParts(unittest.TestCase):
    """A file of 45 bytes in five parts; files of more than 20 bytes are sent in parts."""

    CONTENT = bytes(range(45))

    def setUp(self):
        for name, value in (("time.sleep", lambda _: None), ("gas_client.uploads.ONE_REQUEST_MAX_BYTES", 20)):
            patched = mock.patch(name, value)
            patched.start()
            self.addCleanup(patched.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "a.vcf"
        self.file.write_bytes(self.CONTENT)
        self.state = self.folder / "state"
        self.service = Service(len(self.CONTENT))

    def annotate(self, options: JobOptions | None = None, parallel: int = 4):
        transport = httpx.MockTransport(self.service)
        with Client("https://gas.example.org", "gas_t", transport=transport, state_folder=self.state) as gas:
            return gas.annotate(self.file, options, parallel_parts=parallel)

    def stored(self) -> bytes:
        return b"".join(content for _, content in sorted(self.service.arrived.items()))

    def records(self) -> list[Path]:
        return list(self.state.iterdir())

    def test_all_parts_are_sent_several_at_the_same_time(self):
        # Five parts in two answers: a part that is alone would wait for the others in vain.
        self.service = Service(60, together=3)
        self.file.write_bytes(bytes(range(60)))
        job = self.annotate(parallel=3)
        self.assertEqual((job.status, self.stored()), ("pending", bytes(range(60))))
        self.assertEqual(self.service.called(), ["create", "parts", "parts", "submit"])
        self.assertEqual(self.records(), [], "nothing is unfinished")

    def test_an_interrupted_upload_goes_on_with_the_missing_parts(self):
        self.service.rejected = {20: 503}
        with self.assertRaisesRegex(Interrupted, "annotate it again to continue"):
            self.annotate()
        self.assertNotIn("cancel", self.service.called())
        self.assertEqual(len(self.records()), 1)
        arrived = set(self.service.arrived)
        self.service.rejected = {}
        sent = []
        self.service.on_put = lambda: sent.append(1)
        self.annotate()
        self.assertEqual((self.stored(), len(sent)), (self.CONTENT, 5 - len(arrived)))
        self.assertEqual(self.records(), [])

    def test_the_same_call_has_the_same_job_and_other_options_another(self):
        self.service.rejected = {0: 500, 10: 500, 20: 500}
        keys = []
        for options in (None, None, JobOptions(hgvs=False)):
            with self.assertRaises(Interrupted):
                self.annotate(options)
            keys.append(next(key for kind, key in self.service.calls if kind == "create"))
            self.service.calls.clear()
        self.assertEqual((keys[0] == keys[1], keys[0] == keys[2]), (True, False))

    def test_a_job_that_has_ended_is_not_continued(self):
        self.service.rejected = {0: 500, 10: 500, 20: 500}
        with self.assertRaises(Interrupted):
            self.annotate()
        self.service.calls.clear()
        self.service.status = "cancelled"
        create = self.service.created
        answers = iter([create, lambda key: create(key)])

        def created(key: str) -> dict:
            answer = next(answers)(key)
            self.service.status = "uploading"
            return answer

        self.service.created, self.service.rejected = created, {}
        self.annotate()
        first, second = [key for kind, key in self.service.calls if kind == "create"]
        self.assertNotEqual(first, second)

    def test_a_submitted_job_is_not_made_again(self):
        self.service.rejected = {0: 500, 10: 500, 20: 500}
        with self.assertRaises(Interrupted):
            self.annotate()
        self.service.called()
        self.service.status = "running"
        self.assertEqual((self.annotate().status, self.service.called()), ("running", ["create"]))
        self.assertEqual(self.records(), [])

    def test_a_rejection_cancels_the_job(self):
        self.service.rejected = {10: 400}
        with self.assertRaisesRegex(ApiError, "storage answered with status 400: no"):
            self.annotate()
        self.assertEqual(self.service.called()[-1], "cancel")
        self.assertEqual(self.records(), [])

    def test_a_file_that_changes_is_not_submitted(self):
        self.service.on_put = lambda: os.utime(self.file, ns=(1, 1))
        with self.assertRaisesRegex(GasError, "has changed while it was uploaded"):
            self.annotate()
        self.assertNotIn("submit", self.service.called())

    def test_a_service_without_parts_gets_the_file_in_one_request(self):
        self.service.in_parts = False
        self.assertEqual(self.annotate().status, "pending")
        self.assertIn(self.CONTENT, self.service.arrived[-1])
        self.assertEqual(self.records(), [])

    def test_without_a_folder_an_upload_is_not_remembered(self):
        self.state.write_text("a file in place of the folder")
        self.service.rejected = {0: 500, 10: 500, 20: 500}
        with self.assertRaises(ApiError):
            self.annotate()
        self.assertEqual(self.service.called()[-1], "cancel", "nobody could continue it")


class Records(unittest.TestCase):
    def test_an_upload_is_remembered_until_it_is_forgotten(self):
        with tempfile.TemporaryDirectory() as name:
            folder, path, key = Path(name), Path(name) / "a.vcf", uuid.UUID(int=7)
            path.write_bytes(b"abc")

            def opened(service: str = "https://gas.example.org") -> Record | None:
                return Record.open(folder / "state", service, path, FileVersion(path), {})

            record = opened()
            self.assertIsNone(record.key())
            record.remember(uuid.UUID(int=0))
            record.remember(key)
            self.assertEqual(record.key(), key)
            self.assertIsNone(opened(), "it is used by one process at a time")
            record.close()
            other = opened("https://other.example.org")
            self.assertIsNone(other.key(), "another service has other jobs")
            other.close()
            record = opened()
            self.assertEqual(record.key(), key)
            record.forget()
            record = opened()
            self.assertIsNone(record.key())
            record.close()

    def test_old_records_are_removed_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as name:
            folder, path = Path(name) / "state", Path(name) / "a.vcf"
            path.write_bytes(b"abc")
            folder.mkdir()
            for old in ("old.upload", "old.txt"):
                (folder / old).write_bytes(b"")
                os.utime(folder / old, (1, 1))
            (folder / "new.upload").write_bytes(b"")
            Record.open(folder, "https://gas.example.org", path, FileVersion(path), {}).forget()
            self.assertEqual(sorted(path.name for path in folder.iterdir()), ["new.upload", "old.txt"])


class References(unittest.TestCase):
    """A reference of one's own: two files in parts of 10 bytes."""

    def setUp(self):
        patched = mock.patch("time.sleep", lambda _: None)
        patched.start()
        self.addCleanup(patched.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.fasta, self.genes = Path(folder.name) / "a.fa", Path(folder.name) / "a.gff3"
        self.fasta.write_bytes(b">1\nACGTACGTACGT\n")
        self.genes.write_bytes(b"##gff-version 3\n")
        self.arrived: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.states = ["building", "ready"]
        self.put_status = 200

    def handle(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        if request.url.host == "storage.example.com":
            if self.put_status == 200:
                self.arrived[request.url.path] = body
            return httpx.Response(self.put_status)
        path = request.url.path.removeprefix("/api/v1")
        self.requests.append(f"{request.method} {path}")
        if request.method == "DELETE":
            return httpx.Response(204)
        if path == "/references" or path.endswith("/parts"):
            wanted = [(role, at) for role in ("fasta", "gene_models") for at in (0, 10)]
            parts = [
                {
                    "file": role,
                    "offset": at,
                    "length": 10 if at == 0 else 6,
                    "url": f"https://storage.example.com{part}",
                }
                for role, at in wanted
                if (part := f"/{role}/{at:02}") not in self.arrived
            ]
            answer = {"id": "private/GRCh38/mine", "missing_bytes": 10 * len(parts), "parts": parts}
            return httpx.Response(200, json=answer | {"expires_at": "2026-01-01T01:00:00Z"})
        state = "building" if path.endswith("/submit") else self.states.pop(0)
        described = {"id": "private/GRCh38/mine", "status": state, "added_at": "2026-01-01T00:00:00Z"}
        described |= {
            "fasta": "a.fa",
            "gene_models": "a.gff3",
            "reason": "line 1: no gene" if state == "failed" else None,
        }
        return httpx.Response(200, json=described)

    def client(self) -> Client:
        gas = Client("https://gas.example.org", "gas_t", transport=httpx.MockTransport(self.handle))
        self.addCleanup(gas.close)
        return gas

    def test_a_reference_is_sent_in_parts_and_waited_for(self):
        gas = self.client()
        added = gas.add_reference("mine", "GRCh38", self.fasta, self.genes)
        self.assertEqual(gas.wait_for_reference(added).status, "ready")
        sent = b"".join(content for _, content in sorted(self.arrived.items()))
        self.assertEqual(sent, self.fasta.read_bytes() + self.genes.read_bytes())

    def test_a_reference_that_cannot_be_built_is_an_error_with_the_reason(self):
        self.states = ["failed"]
        with self.assertRaisesRegex(GasError, "private/GRCh38/mine: line 1: no gene"):
            self.client().wait_for_reference("private/GRCh38/mine")

    def test_a_reference_whose_upload_fails_is_deleted(self):
        self.put_status = 400
        with self.assertRaises(ApiError):
            self.client().add_reference("mine", "GRCh38", self.fasta, self.genes)
        self.assertEqual(self.requests[-1], "DELETE /references/private/GRCh38/mine")


if __name__ == "__main__":
    unittest.main()
