"""The client against the local stack, which `./gas test` starts, and its models against the OpenAPI document."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
import gas_client.admin
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

    def test_a_file_in_parts(self):
        state = self.folder / "state"
        with (
            mock.patch("gas_client.uploads.ONE_REQUEST_MAX_BYTES", 100),
            Client(web_url(), new_token("python-in-parts"), state_folder=state) as gas,
        ):
            job = gas.wait(gas.annotate(SAMPLES / "free.vcf"), timeout=120)
        self.assertEqual(job.size_bytes, (SAMPLES / "free.vcf").stat().st_size)
        self.assertEqual(list(state.iterdir()), [], "nothing is unfinished")

    def test_results_are_compared_shared_and_exported(self):
        one = self.gas.wait(self.gas.annotate(SAMPLES / "free.vcf"), timeout=120)
        two = self.gas.wait(self.gas.rerun(one, JobOptions(selection="pick")), timeout=120)
        compared = self.gas.compare(one, two)
        self.assertEqual((compared.both, compared.only_first), (one.result.records, 0))
        self.assertEqual(compared.notes, ("The options differ.",))
        table = self.gas.download_differences(one, two, self.folder)
        self.assertEqual(table.name, "free.free.differences.tsv")
        self.assertTrue(table.read_text().startswith("difference\tchrom"), table.read_text()[:80])

        made = self.gas.share(one, 1, allows_downloads=False)
        self.assertTrue(httpx.get(made.url, follow_redirects=True).is_success)
        self.assertEqual([link.id for link in self.gas.share_links(one)], [made.link.id])
        self.gas.revoke_share_link(made.link)
        self.assertEqual(self.gas.share_links(one), ())

        self.gas.save_filter("high", {"impacts": ["high"]})
        saved = self.gas.saved_filters()[0]
        self.gas.rename_saved_filter(saved, "severe")
        self.assertEqual([known.name for known in self.gas.saved_filters()], ["severe"])
        exported = self.gas.export(one, ["tsv", "csv"], self.folder, filter=saved.filter)
        self.assertTrue(exported.name.endswith(".zip"), exported.name)
        self.gas.delete_saved_filter(saved)
        self.assertEqual(self.gas.saved_filters(), ())

    def test_gene_panels_and_webhooks(self):
        self.gas.save_gene_panel("epilepsy", ["SCN1A", "KCNQ2"])
        panel = self.gas.gene_panels()[0]
        self.assertEqual(sorted(panel.genes), ["KCNQ2", "SCN1A"])
        self.gas.rename_gene_panel(panel, "seizures")
        self.gas.delete_gene_panel(panel)
        self.assertEqual(self.gas.gene_panels(), ())

        created = self.gas.add_webhook("http://127.0.0.1:9/gas", ["job.completed"])
        self.assertTrue(created.secret.startswith("whsec_"))
        self.gas.test_webhook(created.webhook)
        self.gas.enable_webhook(created.webhook)
        webhook = self.gas.webhooks()[0]
        self.assertEqual((webhook.id, webhook.deliveries[0].event), (created.webhook.id, "webhook.test"))
        self.gas.delete_webhook(webhook)
        self.assertEqual(self.gas.webhooks(), ())
        self.assertFalse(self.gas.private_references().is_usable, "the Free plan has none")
        with self.assertRaises(ApiError) as raised:
            self.gas.admin.state()
        self.assertEqual(raised.exception.code, "insufficient_scope")


def fields(schema: dict, schemas: dict) -> tuple[set[str], set[str]]:
    """The fields of a schema, and those that are always sent."""
    if "$ref" in schema:
        return fields(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    every, always = set(schema.get("properties", {})), set(schema.get("required", []))
    for part in schema.get("allOf", []):
        more, required = fields(part, schemas)
        every, always = every | more, always | required
    choices = [fields(part, schemas) for part in schema.get("oneOf", [])]
    if choices:
        every = every.union(*(choice for choice, _ in choices))
        always |= set.intersection(*(required for _, required in choices))
    return every, always


class Contract(unittest.TestCase):
    """Every field of a model is in the document, and required fields are always sent."""

    def test_models_agree_with_the_openapi_document(self):
        schemas = httpx.get(f"{web_url()}/api/v1/openapi.json").raise_for_status().json()["components"]["schemas"]
        models = [
            model
            for module in (gas_client.models, gas_client.admin)
            for model in vars(module).values()
            if isinstance(model, type) and issubclass(model, gas_client.models.BaseModel)
        ]
        compared = 0
        for model in models:
            if model.__name__ in ("BaseModel", "Model"):
                continue
            every, always = fields(schemas[model.__name__], schemas)
            self.assertEqual(set(model.model_fields) - every, set(), model.__name__)
            needed = {name for name, field in model.model_fields.items() if field.is_required()}
            self.assertEqual(needed - always, set(), f"{model.__name__} may lack these")
            compared += 1
        self.assertGreater(compared, 50)


if __name__ == "__main__":
    unittest.main()
