"""The client against the local stack, which `./gas test` starts, and its models against the OpenAPI document."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
import gas_client.models
from gas_client import ApiError, Client, JobFailed, JobOptions, read_table

SAMPLES = Path(__file__).parents[3] / "assets/samples"


def web_url() -> str:
    """The URL of the stack."""
    return json.loads(Path(os.environ["GAS_TEST_STACK"]).read_text())["web_url"]


def new_token(user: str) -> str:
    """Signs in a user of the local identity provider, and makes a token."""
    with httpx.Client(base_url=web_url(), follow_redirects=True) as browser:
        page = browser.get("/login")
        browser.post(page.url, data={"username": user}).raise_for_status()
        new = {"name": "python", "scopes": ["jobs:read", "jobs:write"], "days": 1}
        # Server functions accept requests of the service's own pages only.
        made = browser.post("/api/tokens", json={"new": new}, headers={"Origin": web_url()})
        return made.raise_for_status().json()["secret"]


class OnTheStack(unittest.TestCase):
    """A user with a token."""

    def setUp(self):
        self.gas = Client(web_url(), new_token(f"python-{self._testMethodName[-20:].strip('_')}".replace("_", "-")))
        self.addCleanup(self.gas.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_a_file_becomes_a_table(self):
        self.assertEqual(self.gas.account().plan, "free")
        job = self.gas.annotate(SAMPLES / "free.vcf", JobOptions(selection="most-severe"))
        done = self.gas.wait(job, timeout=120)
        self.assertIn(done.id, [listed.id for listed in self.gas.jobs("completed")])
        self.assertEqual(done.options["selection"], "most-severe")
        reference = done.result.provenance.reference
        self.assertIn(reference, [reference.id for reference in self.gas.references()])

        path = self.gas.download(done, self.folder)
        self.assertTrue(path.name.startswith("free.annot.vcf"), path)
        self.assertEqual(path.stat().st_size, done.result.size_bytes)
        table = read_table(path)
        records = [line for line in (SAMPLES / "free.vcf").read_text().splitlines() if not line.startswith("#")]
        self.assertEqual(len(table), done.result.records, "one annotation of each record")
        self.assertEqual(len(table), len(records))
        self.assertIn("missense_variant", table.to_pandas()["Consequence"].unique())

        text = self.gas.download(done, self.folder / "plain.vcf", plain=True)
        self.assertEqual(read_table(text).columns, table.columns)
        self.assertIn("annotate", self.gas.log(done))

        again = self.gas.wait(self.gas.rerun(done, JobOptions(layout="ann")), timeout=120)
        self.assertNotEqual(again.id, done.id)
        self.assertEqual(again.options["layout"], "ann")
        self.gas.delete(done)
        with self.assertRaises(ApiError) as raised:
            self.gas.job(done)
        self.assertEqual(raised.exception.code, "not_found")

    def test_a_file_with_an_error(self):
        path = self.folder / "broken.vcf"
        path.write_text(
            "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n20\tx\t.\tA\tG\t.\t.\t.\n"
        )
        with self.assertRaisesRegex(JobFailed, "line 3") as raised:
            self.gas.wait(self.gas.annotate(path), timeout=120)
        self.assertEqual(raised.exception.job.failure.kind, "input")


class Contract(unittest.TestCase):
    """Every field of a model is in the document, and required fields are always sent."""

    def test_models_agree_with_the_openapi_document(self):
        schemas = httpx.get(f"{web_url()}/api/v1/openapi.json").raise_for_status().json()["components"]["schemas"]
        models = [
            model
            for model in vars(gas_client.models).values()
            if isinstance(model, type) and issubclass(model, gas_client.models.BaseModel)
        ]
        compared = 0
        for model in models:
            if model.__name__ in ("BaseModel", "Model"):
                continue
            schema = schemas[model.__name__]
            self.assertEqual(set(model.model_fields) - set(schema["properties"]), set(), model.__name__)
            needed = {name for name, field in model.model_fields.items() if field.is_required()}
            self.assertEqual(needed - set(schema.get("required", [])), set(), f"{model.__name__} may lack these")
            compared += 1
        self.assertGreater(compared, 15)


if __name__ == "__main__":
    unittest.main()
