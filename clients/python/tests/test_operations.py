"""Every operation of the OpenAPI document has a method of the client, which understands its answer."""

import json
import re
import sys
import tempfile
import unittest
import uuid
from itertools import islice
from pathlib import Path
from unittest import mock

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
from gas_client import ApiError, Client, JobOptions

SNAPSHOTS = Path(__file__).parents[3] / "app/src/server/rest/snapshots"
NAME = "gas_web__server__rest__tests__the_openapi_document_matches_the_published_contract.snap"
"""The document as the web server publishes it, after the head of the snapshot."""

ONE, TWO = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
REFERENCE = "private/GRCh38/mine"


def document() -> dict:
    """The OpenAPI document."""
    return json.loads((SNAPSHOTS / NAME).read_text().split("---", 2)[2])


class Paths:
    """Files and a folder for the calls."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.small, self.large = folder / "small.vcf", folder / "large.vcf"
        self.small.write_bytes(b"##fileformat=VCFv4.2\n")
        with self.large.open("wb") as file:
            # A file with holes, of more than 64 MiB.
            file.truncate(64 * 1024 * 1024 + 1)
        self.out = folder / "out"
        self.out.mkdir()


def add_reference(gas: Client, at: Paths):
    return gas.add_reference("mine", "GRCh38", at.small, at.small)


METHODS = {
    "get_account": lambda gas, at: gas.account(),
    "list_audit_log": lambda gas, at: gas.admin.audit(ONE, before=7),
    "set_banner": lambda gas, at: gas.admin.set_banner("text"),
    "set_intake": lambda gas, at: gas.admin.set_intake("open"),
    "redrive_queue": lambda gas, at: gas.admin.redrive("mail"),
    "get_service_state": lambda gas, at: gas.admin.state(),
    "get_statistics": lambda gas, at: gas.admin.statistics(),
    "find_users": lambda gas, at: gas.admin.users("ada"),
    "act_on_user": lambda gas, at: gas.admin.act_on_user(ONE, "block"),
    "list_gene_panels": lambda gas, at: gas.gene_panels(),
    "save_gene_panel": lambda gas, at: gas.save_gene_panel("epilepsy", ["SCN1A"]),
    "delete_gene_panel": lambda gas, at: gas.delete_gene_panel(ONE),
    "rename_gene_panel": lambda gas, at: gas.rename_gene_panel(ONE, "hearts"),
    "list_jobs": lambda gas, at: list(islice(gas.jobs("failed", labels=["a"], project="b", limit=7), 2)),
    "create_job": lambda gas, at: gas.annotate(at.large, JobOptions(selection="pick")),
    "create_job_from_url": lambda gas, at: gas.annotate_url(
        "https://lab.example.org/a", "a.vcf", JobOptions(selection="pick")
    ),
    "get_job": lambda gas, at: gas.job(ONE),
    "delete_job": lambda gas, at: gas.delete(ONE),
    "change_job": lambda gas, at: gas.edit(ONE, title="a", labels=["b"], project="c", note="d"),
    "cancel_job": lambda gas, at: gas.cancel(ONE),
    "compare_results": lambda gas, at: gas.compare(ONE, TWO, kind="impact"),
    "export_differences": lambda gas, at: gas.download_differences(ONE, TWO, at.out, kind="impact"),
    "export_result": lambda gas, at: gas.export(ONE, ["tsv", "maf"], at.out, filter={"impacts": ["high"]}),
    "list_share_links": lambda gas, at: gas.share_links(ONE),
    "create_share_link": lambda gas, at: gas.share(ONE, 30, allows_downloads=False),
    "revoke_share_link": lambda gas, at: gas.revoke_share_link(TWO, ONE),
    "get_log": lambda gas, at: gas.log(ONE),
    "next_job_parts": lambda gas, at: gas.annotate(at.large),
    "rerun_job": lambda gas, at: gas.rerun(ONE, JobOptions(layout="ann")),
    "get_result": lambda gas, at: (gas.download(ONE, at.out), gas.download(ONE, at.out / "text", plain=True)),
    "get_result_index": lambda gas, at: gas.download_index(ONE, at.out),
    "submit_job": lambda gas, at: gas.annotate(at.small),
    "list_references": lambda gas, at: gas.references(),
    "add_reference": add_reference,
    "list_private_references": lambda gas, at: gas.private_references(),
    "get_private_reference": lambda gas, at: gas.private_reference(REFERENCE),
    "delete_private_reference": lambda gas, at: gas.delete_reference(REFERENCE),
    "next_reference_parts": add_reference,
    "submit_reference": add_reference,
    "list_saved_filters": lambda gas, at: gas.saved_filters(),
    "save_saved_filter": lambda gas, at: gas.save_filter("high", {}, sort={"key": "gene"}, columns="all"),
    "delete_saved_filter": lambda gas, at: gas.delete_saved_filter(ONE),
    "rename_saved_filter": lambda gas, at: gas.rename_saved_filter(ONE, "low"),
    "list_sources": lambda gas, at: gas.sources(),
    "list_webhooks": lambda gas, at: gas.webhooks(),
    "create_webhook": lambda gas, at: gas.add_webhook("https://lab.example.org/gas", ["job.failed"]),
    "delete_webhook": lambda gas, at: gas.delete_webhook(ONE),
    "enable_webhook": lambda gas, at: gas.enable_webhook(ONE),
    "test_webhook": lambda gas, at: gas.test_webhook(ONE),
}
"""Each operation with a call that sends all of its parameters and fields."""


class Example:
    """Answers with all fields, as the schemas of the document say."""

    def __init__(self, schemas: dict):
        self.schemas = schemas

    def of(self, schema: dict) -> object:
        if "$ref" in schema:
            return self.of(self.schemas[schema["$ref"].rsplit("/", 1)[1]])
        if "allOf" in schema:
            return {key: value for part in schema["allOf"] for key, value in self.of(part).items()}
        if "oneOf" in schema:
            return self.of(next(one for one in schema["oneOf"] if one.get("type") != "null"))
        if "enum" in schema:
            return schema["enum"][0]
        kinds = schema.get("type", "object")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if kind == "array":
            return [self.of(schema["items"])]
        if kind == "object":
            return {name: self.of(field) for name, field in schema.get("properties", {}).items()}
        by_format = {"uuid": ONE, "date-time": "2026-01-01T00:00:00Z", "uri": "https://storage.example.com/part"}
        return {"string": by_format.get(schema.get("format"), "text"), "boolean": True}.get(kind, 1)


class Operations(unittest.TestCase):
    """A service that answers as its document says."""

    def setUp(self):
        self.document = document()
        self.operations = {
            operation["operationId"]: (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        }
        example = Example(self.document["components"]["schemas"])
        self.answers = {name: self.answer(operation, example) for name, (_, _, operation) in self.operations.items()}
        # Otherwise, parts would be missing forever.
        for name in ("next_job_parts", "next_reference_parts"):
            self.answers[name][1]["parts"] = []
        for name in ("add_reference", "next_reference_parts"):
            self.answers[name][1]["id"] = REFERENCE
        self.answers["list_jobs"][1]["next_cursor"] = "c"

    @staticmethod
    def answer(operation: dict, example: Example) -> tuple[int, object]:
        """The status of the first success, and its object; None if it has none."""
        status, described = next((at, one) for at, one in operation["responses"].items() if at.startswith("2"))
        content = described.get("content", {}).get("application/json")
        return int(status), example.of(content["schema"]) if content else None

    def operation_of(self, request: httpx.Request) -> str | None:
        for name, (method, path, _) in self.operations.items():
            if method == request.method and path.match(request.url.path):
                return name
        return None

    def called(self, name: str) -> list[httpx.Request]:
        """Calls the method of an operation, and returns the requests of that operation."""
        requests = []

        def handle(request: httpx.Request) -> httpx.Response:
            request.read()
            found = self.operation_of(request) if request.url.host == "gas.example.org" else None
            if found == name:
                requests.append(request)
            status, answer = self.answers[found] if found else (200, None)
            content = b"text" if answer is None else json.dumps(answer).encode()
            return httpx.Response(status, stream=httpx.ByteStream(content))

        with tempfile.TemporaryDirectory() as folder:
            paths = Paths(Path(folder))
            state = Path(folder) / "state"
            transport = httpx.MockTransport(handle)
            with Client("https://gas.example.org", "gas_t", transport=transport, state_folder=state) as gas:
                METHODS[name](gas, paths)
        return requests

    def test_every_operation_has_a_method(self):
        missing = self.operations.keys() - METHODS.keys()
        self.assertEqual(missing, set(), "operations without a method of the client")
        self.assertEqual(METHODS.keys() - self.operations.keys(), set(), "methods of unknown operations")
        self.assertGreaterEqual(len(METHODS), 48)

    def test_methods_call_their_operations_with_all_parameters_and_fields(self):
        with mock.patch("time.sleep"):
            for name, (_, _, operation) in self.operations.items():
                with self.subTest(name):
                    requests = self.called(name)
                    self.assertTrue(requests, f"{name} was not called")
                    self.check_parameters(name, operation, requests)
                    self.check_fields(operation, requests)

    def check_parameters(self, name: str, operation: dict, requests: list[httpx.Request]):
        sent = {key for request in requests for key in request.url.params}
        documented = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        self.assertEqual(documented - sent, set(), "parameters that are not sent")
        self.assertEqual(sent - documented, set(), "unknown parameters")
        headers = {one["name"] for one in operation.get("parameters", []) if one["in"] == "header"}
        for request in requests:
            self.assertLessEqual({header.lower() for header in headers}, set(request.headers))

    def check_fields(self, operation: dict, requests: list[httpx.Request]):
        body = operation.get("requestBody")
        if body is None:
            return
        schema = body["content"]["application/json"]["schema"]
        options = [one for one in schema.get("oneOf", [schema]) if "$ref" in one]
        fields = self.document["components"]["schemas"][options[0]["$ref"].rsplit("/", 1)[1]]["properties"]
        sent = {key for request in requests for key in json.loads(request.content)}
        self.assertEqual(sent, set(fields), "fields of the body")

    def test_the_contents_of_errors_are_understood(self):
        problem = Example(self.document["components"]["schemas"]).of({"$ref": "#/components/schemas/Problem"})
        transport = httpx.MockTransport(lambda _: httpx.Response(404, json=problem))
        with Client("https://gas.example.org", "gas_t", transport=transport) as gas:
            with self.assertRaises(ApiError) as raised:
                gas.account()
        self.assertEqual(raised.exception.code, problem["code"])


if __name__ == "__main__":
    unittest.main()
