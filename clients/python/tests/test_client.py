"""The client against answers of a pretended service."""

import json
import sys
import tempfile
import unittest
import uuid
from pathlib import Path
from unittest import mock

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
from gas_client import ApiError, Client, GasError, Interrupted, JobFailed, JobOptions, WaitTimeout
from gas_client.connection import ATTEMPTS
from gas_client.locks import try_lock

JOB = str(uuid.UUID(int=7))
TOKEN = "gas_secret"
CONTENT = bytes(range(256)) * 40


def job(status: str, **more) -> dict:
    """A job as the service describes it."""
    described = {"id": JOB, "file_name": "one.vcf", "status": status, "submitted_at": "2026-01-01T00:00:00Z"}
    return described | {"warnings": [], "added_later": 1} | more


def problem(status: int, code: str, **headers) -> httpx.Response:
    """An error of the API."""
    body = {"code": code, "detail": "because", "request_id": JOB, "status": status, "title": "t", "type": "about:blank"}
    return httpx.Response(status, json=body, headers=headers)


class Broken(httpx.SyncByteStream):
    """A body whose connection ends too early."""

    def __init__(self, start: bytes):
        self.start = start

    def __iter__(self):
        yield self.start
        raise httpx.ReadError("connection reset")


class Service:
    """Answers requests in order, and keeps them."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class ClientTest(unittest.TestCase):
    """A client whose pauses take no time."""

    def setUp(self):
        self.pauses = []
        patched = mock.patch("time.sleep", self.pauses.append)
        patched.start()
        self.addCleanup(patched.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def client(self, *answers) -> Client:
        self.service = Service(*answers)
        client = Client("https://gas.example.org/", TOKEN, transport=httpx.MockTransport(self.service))
        self.addCleanup(client.close)
        return client


class Requests(ClientTest):
    def test_a_limit_is_waited_for(self):
        client = self.client(
            problem(429, "rate_limited", **{"Retry-After": "3"}), httpx.Response(200, json=job("running"))
        )
        self.assertEqual(client.job(JOB).status, "running")
        self.assertEqual(self.pauses, [3.0])

    def test_a_limit_that_lasts_for_long_is_reported(self):
        client = self.client(problem(429, "rate_limited", **{"Retry-After": "3600"}))
        with self.assertRaises(ApiError) as raised:
            client.job(JOB)
        self.assertEqual((raised.exception.status, raised.exception.code, self.pauses), (429, "rate_limited", []))

    def test_other_errors_are_reported_at_once(self):
        client = self.client(problem(404, "not_found"))
        with self.assertRaisesRegex(ApiError, r"because \(not_found\)"):
            client.job(JOB)

    def test_an_answer_of_another_server_has_no_code(self):
        client = self.client(httpx.Response(404, text="<html>"))
        with self.assertRaises(ApiError) as raised:
            client.job(JOB)
        self.assertIsNone(raised.exception.code)

    def test_all_pages_of_jobs_are_read(self):
        first, second = {"jobs": [job("running")], "next_cursor": "c"}, {"jobs": [job("failed")], "next_cursor": None}
        client = self.client(httpx.Response(200, json=first), httpx.Response(200, json=second))
        self.assertEqual([found.status for found in client.jobs("running")], ["running", "failed"])
        self.assertEqual(
            [dict(request.url.params) for request in self.service.requests],
            [{"status": "running"}, {"status": "running", "cursor": "c"}],
        )

    def test_jobs_are_edited_and_found_by_labels_and_project(self):
        edited = job("running", title="Patient 7", labels=["a", "b"], project="P", note=None)
        page = {"jobs": [edited], "next_cursor": None}
        client = self.client(httpx.Response(200, json=edited), httpx.Response(200, json=page))
        after = client.edit(JOB, title="Patient 7", labels=["a", "b"], note="")
        self.assertEqual((after.title, after.labels, after.project, after.note), ("Patient 7", ("a", "b"), "P", None))
        self.assertEqual([found.title for found in client.jobs(labels=["a", "b"], project="P")], ["Patient 7"])
        change, listing = self.service.requests
        self.assertEqual((change.method, change.url.path), ("PATCH", f"/api/v1/jobs/{JOB}"))
        self.assertEqual(json.loads(change.content), {"title": "Patient 7", "note": "", "labels": ["a", "b"]})
        self.assertEqual(dict(listing.url.params), {"label": "a,b", "project": "P"})
        with self.assertRaises(TypeError):
            client.edit(JOB, labels="a,b")

    def test_a_limit_of_jobs_ends_the_list(self):
        page = {"jobs": [job("failed")] * 3, "next_cursor": "c"}
        client = self.client(httpx.Response(200, json=page), httpx.Response(200, json=page))
        self.assertEqual(len(list(client.jobs(limit=4))), 4)
        self.assertEqual([request.url.params["limit"] for request in self.service.requests], ["4", "1"])

    def test_a_deletion_whose_response_was_lost_succeeds(self):
        self.client(httpx.Response(502), problem(404, "not_found")).delete_webhook(JOB)
        with self.assertRaises(ApiError):
            self.client(problem(404, "not_found")).delete_webhook(JOB)

    def test_secrets_are_not_printed(self):
        webhook = {"id": JOB, "url": "https://lab.example.org", "events": ["job.failed"], "deliveries": []}
        webhook |= {"created_at": "2026-01-01T00:00:00Z", "health": {"state": "active"}}
        client = self.client(httpx.Response(201, json={"webhook": webhook, "secret": "whsec_S3cret"}))
        created = client.add_webhook("https://lab.example.org")
        self.assertEqual(created.secret, "whsec_S3cret")
        self.assertNotIn("S3cret", f"{created!r} {created}")
        self.assertIn("lab.example.org", repr(created))

    def test_an_id_is_one_part_of_a_path(self):
        self.client(httpx.Response(204)).delete_gene_panel("../jobs/7?a")
        self.assertEqual(self.service.requests[0].url.raw_path, b"/api/v1/gene-panels/..%2Fjobs%2F7%3Fa")

    def test_texts_are_not_lists_of_characters(self):
        for call in (
            lambda gas: gas.add_webhook("https://a", "job.failed"),
            lambda gas: gas.save_gene_panel("a", "TP53"),
        ):
            with self.assertRaises(TypeError):
                call(self.client())

    def test_settings_are_needed(self):
        with mock.patch.dict("os.environ", clear=True), self.assertRaisesRegex(ValueError, "GAS_URL"):
            Client()


class Annotating(ClientTest):
    def created(self) -> httpx.Response:
        upload = {
            "url": "https://storage.example.com/inputs",
            "fields": [{"name": "key", "value": "k"}, {"name": "policy", "value": "p"}],
            "content_type": "text/x-vcf",
            "expires_at": "2026-01-01T01:00:00Z",
        }
        return httpx.Response(201, json={"job": job("uploading"), "upload": upload})

    def file(self) -> Path:
        path = self.folder / "one.vcf"
        path.write_bytes(b"##fileformat=VCFv4.2\n")
        return path

    def test_a_file_is_created_sent_and_submitted(self):
        client = self.client(self.created(), httpx.Response(201), httpx.Response(200, json=job("pending")))
        done = client.annotate(self.file(), JobOptions(selection="pick", hgvs=False))
        self.assertEqual(done.status, "pending")
        create, send, submit = self.service.requests
        self.assertEqual(
            json.loads(create.content),
            {"file_name": "one.vcf", "size_bytes": 21, "options": {"selection": "pick", "hgvs": False}},
        )
        self.assertEqual(submit.url.path, f"/api/v1/jobs/{JOB}/submit")
        self.assertNotIn("Authorization", send.headers, "storage does not get the token")
        # S3 ignores fields after the file.
        self.assertLess(send.content.index(b'name="policy"'), send.content.index(b'name="file"'))

    def test_a_file_at_a_url_is_submitted_without_an_upload(self):
        url = "https://lab.example.org/one.vcf?X-Amz-Signature=1"
        client = self.client(
            problem(503, "unavailable"),
            httpx.Response(201, json=job("uploading")),
            httpx.Response(201, json=job("uploading")),
        )
        self.assertEqual(client.annotate_url(url).status, "uploading")
        first, second = self.service.requests
        self.assertEqual((second.method, second.url.path), ("POST", "/api/v1/jobs/from-url"))
        self.assertEqual(json.loads(second.content), {"url": url})
        self.assertEqual(first.headers["Idempotency-Key"], second.headers["Idempotency-Key"])
        client.annotate_url(url, "two.vcf", JobOptions(selection="pick"))
        sent = json.loads(self.service.requests[-1].content)
        self.assertEqual((sent["file_name"], sent["options"]["selection"]), ("two.vcf", "pick"))

    def test_a_repeated_creation_has_the_same_key(self):
        client = self.client(
            httpx.ConnectError("down"), self.created(), httpx.Response(201), httpx.Response(200, json=job("pending"))
        )
        client.annotate(self.file())
        keys = {request.headers["Idempotency-Key"] for request in self.service.requests[:2]}
        self.assertEqual(len(keys), 1)

    def test_a_broken_upload_is_sent_again_as_a_whole(self):
        client = self.client(
            self.created(),
            httpx.WriteError("reset"),
            httpx.Response(503),
            httpx.Response(201),
            httpx.Response(200, json=job("pending")),
        )
        client.annotate(self.file())
        self.assertIn(b"##fileformat=VCFv4.2", self.service.requests[-2].content)

    def test_waiting_ends_with_the_reason_of_a_failure(self):
        failure = {"kind": "input", "reason": "line 3, column POS: not a number", "code": "bad_position"}
        client = self.client(
            httpx.Response(200, json=job("running")), httpx.Response(200, json=job("failed", failure=failure))
        )
        with self.assertRaisesRegex(JobFailed, "one.vcf: line 3, column POS"):
            client.wait(JOB)

    def test_waiting_ends_after_its_time(self):
        client = self.client(httpx.Response(200, json=job("running")))
        with self.assertRaisesRegex(WaitTimeout, "one.vcf is still running"):
            client.wait(JOB, timeout=0)


class Downloads(ClientTest):
    HEADERS = {
        "Content-Disposition": "attachment; filename*=UTF-8''one.annot.vcf.gz",
        "Content-Length": str(len(CONTENT)),
        "ETag": '"1"',
    }

    def link(self) -> httpx.Response:
        return httpx.Response(200, json={"url": "https://storage.example.com/result"})

    def whole(self) -> httpx.Response:
        return httpx.Response(200, headers=self.HEADERS, stream=httpx.ByteStream(CONTENT))

    def broken(self) -> httpx.Response:
        return httpx.Response(200, headers=self.HEADERS, stream=Broken(CONTENT[:1000]))

    def rest(self, etag: str) -> httpx.Response:
        return httpx.Response(206, headers={"ETag": etag}, stream=httpx.ByteStream(CONTENT[1000:]))

    def files(self) -> list:
        return sorted(path.name for path in self.folder.iterdir())

    def test_a_result_gets_its_own_name_in_a_folder(self):
        path = self.client(self.link(), self.whole()).download(JOB, self.folder)
        self.assertEqual((path.name, path.read_bytes()), ("one.annot.vcf.gz", CONTENT))
        self.assertNotIn("Authorization", self.service.requests[1].headers)

    def test_a_broken_download_continues_with_a_new_link(self):
        client = self.client(self.link(), self.broken(), self.link(), self.rest('"1"'))
        self.assertEqual(client.download(JOB, self.folder / "r").read_bytes(), CONTENT)
        self.assertEqual(self.service.requests[3].headers["Range"], "bytes=1000-")

    def test_a_later_call_continues_a_file_of_the_same_version_only(self):
        down = [httpx.ConnectError("down")] * ATTEMPTS
        for etag, is_continued in (('"1"', True), ('"2"', False)):
            with self.assertRaisesRegex(Interrupted, "download it again to continue"):
                self.client(self.link(), self.broken(), *down * ATTEMPTS).download(JOB, self.folder)
            self.assertEqual(self.files(), [f".{JOB}.part", f".{JOB}.part.etag"])
            headers = self.HEADERS | {"ETag": etag, "Content-Length": str(len(CONTENT) - 1000)}
            rest = httpx.Response(206, headers=headers, stream=httpx.ByteStream(CONTENT[1000:]))
            answers = [self.link(), rest] if is_continued else [self.link(), rest, self.link(), self.whole()]
            path = self.client(*answers).download(JOB, self.folder)
            self.assertEqual(self.service.requests[1].headers["Range"], "bytes=1000-")
            self.assertEqual((path.read_bytes(), self.files()), (CONTENT, ["one.annot.vcf.gz"]))
            path.unlink()

    def test_a_complete_file_whose_name_was_not_set_is_received_again(self):
        (self.folder / f".{JOB}.part").write_bytes(CONTENT)
        (self.folder / f".{JOB}.part.etag").write_text('"1"')
        client = self.client(self.link(), httpx.Response(416), self.link(), self.whole())
        self.assertEqual(client.download(JOB, self.folder).read_bytes(), CONTENT)

    def test_two_processes_do_not_write_one_incomplete_file(self):
        with (self.folder / f".{JOB}.part").open("wb") as other:
            self.assertTrue(try_lock(other))
            with self.assertRaisesRegex(GasError, "another process"):
                self.client().download(JOB, self.folder)

    def test_an_export_that_breaks_off_leaves_nothing(self):
        headers = {"Content-Disposition": 'attachment; filename="one.annot.tsv"'}
        client = self.client(httpx.Response(200, headers=headers, stream=Broken(b"a\tb")))
        with self.assertRaises(httpx.ReadError):
            client.export(JOB, "tsv", self.folder)
        self.assertEqual(self.files(), [])
        client = self.client(httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"a\tb")))
        path = client.export(JOB, ["tsv"], self.folder, filter={"impacts": ["high"]})
        self.assertEqual((path.name, path.read_bytes()), ("one.annot.tsv", b"a\tb"))
        self.assertEqual(json.loads(self.service.requests[0].url.params["filter"]), {"impacts": ["high"]})

    def test_a_busy_export_is_repeated(self):
        whole = httpx.Response(200, stream=httpx.ByteStream(b"a"))
        client = self.client(problem(503, "unavailable", **{"Retry-After": "2"}), whole)
        self.assertEqual(client.export(JOB, "tsv", self.folder / "a.tsv").read_bytes(), b"a")
        self.assertEqual(self.pauses, [2.0])

    def test_two_versions_are_not_mixed(self):
        client = self.client(self.link(), self.broken(), self.link(), self.rest('"2"'))
        with self.assertRaisesRegex(GasError, "has changed"):
            client.download(JOB, self.folder / "r")
        self.assertEqual(self.files(), [], "nothing incomplete is left")

    def test_a_file_is_not_overwritten(self):
        (self.folder / "r").write_text("mine")
        with self.assertRaises(FileExistsError):
            self.client(self.link(), self.whole()).download(JOB, self.folder / "r")
        self.client(self.link(), self.whole()).download(JOB, self.folder / "r", overwrite=True)
        self.assertEqual((self.folder / "r").read_bytes(), CONTENT)

    def test_the_name_of_a_file_has_no_folder(self):
        hostile = self.HEADERS | {"Content-Disposition": 'attachment; filename="../../etc/passwd"'}
        answer = httpx.Response(200, headers=hostile, stream=httpx.ByteStream(CONTENT))
        self.assertEqual(self.client(self.link(), answer).download(JOB, self.folder).parent, self.folder)

    def test_any_stated_name_is_that_of_a_file_in_the_folder(self):
        long = "%E6%9F%93" * 90
        for stated, name in (
            ('filename=".."', "result.annot.vcf"),
            ('filename=""', "result.annot.vcf"),
            ('filename="C:\\\\lab\\\\a.vcf"', "a.vcf"),
            ("filename*=UTF-8''a%1B%0A.vcf", "a.vcf"),
            (f"filename*=UTF-8''{long}.annot.vcf.gz", "\u67d3" * 46 + "\u67d3" * 15 + ".annot.vcf.gz"),
        ):
            for call in ("download", "export"):
                headers = self.HEADERS | {"Content-Disposition": f"attachment; {stated}"}
                answer = httpx.Response(200, headers=headers, stream=httpx.ByteStream(CONTENT))
                with self.subTest(stated=stated, call=call):
                    if call == "download":
                        path = self.client(self.link(), answer).download(JOB, self.folder)
                    else:
                        path = self.client(answer).export(JOB, "tsv", self.folder)
                    self.assertEqual((path.parent, path.name), (self.folder, name))
                    path.unlink()
                    self.assertEqual(self.files(), [])

    def test_a_long_name_of_the_user_is_kept(self):
        path = self.folder / ("\u67d3" * 84)
        self.assertEqual(self.client(self.link(), self.whole()).download(JOB, path), path)

    def test_a_closed_window_is_reported(self):
        client = self.client(problem(402, "upgrade_required"))
        with self.assertRaises(ApiError) as raised:
            client.download(JOB, self.folder)
        self.assertEqual((raised.exception.code, self.files()), ("upgrade_required", []))


if __name__ == "__main__":
    unittest.main()
