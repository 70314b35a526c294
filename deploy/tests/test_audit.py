"""A restore of the table of jobs, and the audit after it, on the emulator at AWS_ENDPOINT_URL. `./gas test` runs it."""

import sys
import time
import unittest
from pathlib import Path

from botocore.session import get_session

sys.path.insert(0, str(Path(__file__).parents[1]))
import audit

USER = "11111111-1111-4111-8111-111111111111"
INPUTS, RESULTS, ARCHIVE = "gas-audit-inputs", "gas-audit-results", "gas-audit-archive"
OUTPUTS = {
    "Prefix": "gas",
    "AnnotationsTable": "gas-audit_annotations",
    "InputsBucket": INPUTS,
    "ResultsBucket": RESULTS,
    "ArchiveBucket": ARCHIVE,
}


def job(number: int) -> str:
    """The id of a job."""
    return f"00000000-0000-4000-8000-{number:012}"


def key(number: int, name: str) -> str:
    """The key of a file of a job."""
    return f"gas/{USER}/{job(number)}~{name}"


class Audit(unittest.TestCase):
    """Three jobs: one with its result in S3, one archived, one deleted."""

    def setUp(self):
        session = get_session()
        self.s3 = session.create_client("s3")
        self.dynamodb = session.create_client("dynamodb")
        for bucket in (INPUTS, RESULTS, ARCHIVE):
            self.s3.create_bucket(Bucket=bucket)
        self.dynamodb.create_table(
            TableName=OUTPUTS["AnnotationsTable"],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "job_id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}],
        )
        self.dynamodb.update_continuous_backups(
            TableName=OUTPUTS["AnnotationsTable"],
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        self.stored(1, s3_key_result_file=key(1, "a.annot.vcf"))
        self.stored(2, results_file_archive_id=key(2, "a.annot.vcf.copy"))
        self.write_row(3, delete_time=5)
        self.put(RESULTS, key(1, "a.annot.vcf"))
        self.put(RESULTS, key(1, "a.annot.idx"))
        self.put(ARCHIVE, key(2, "a.annot.vcf.copy"))
        self.put(INPUTS, f"gas/{USER}/reference~7~fasta")
        self.put(INPUTS, "other/file")

    def tearDown(self):
        for bucket in (INPUTS, RESULTS, ARCHIVE):
            for item in self.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                self.s3.delete_object(Bucket=bucket, Key=item["Key"])
            self.s3.delete_bucket(Bucket=bucket)
        for table in self.dynamodb.list_tables()["TableNames"]:
            if table.startswith("gas-audit_"):
                self.dynamodb.delete_table(TableName=table)

    def put(self, bucket: str, name: str):
        """Stores a file."""
        self.s3.put_object(Bucket=bucket, Key=name, Body=b"x")

    def write_row(self, number: int, **attributes):
        """Writes a row, whose numbers are times."""
        item = {"job_id": {"S": job(number)}, "submit_time": {"N": "1"}}
        for name, value in attributes.items():
            item[name] = {"N": str(value)} if isinstance(value, int) else {"S": value}
        self.dynamodb.put_item(TableName=OUTPUTS["AnnotationsTable"], Item=item)

    def stored(self, number: int, **result):
        """Writes the row of a completed job, and stores its input and log."""
        files = {"s3_key_input_file": key(number, "a.vcf"), "s3_key_log_file": key(number, "a.vcf.count.log")}
        self.write_row(number, upload_time=2, complete_time=3, **files, **result)
        self.put(INPUTS, files["s3_key_input_file"])
        self.put(RESULTS, files["s3_key_log_file"])

    def findings(self, table: str | None = None, before: float | None = None) -> dict:
        """What the audit finds about files and rows that were written until now."""
        storage = audit.Storage(get_session(), OUTPUTS, table)
        _, _, findings = audit.audit(storage, time.time() + 60 if before is None else before)
        return dict(findings)

    def test_every_file_with_a_row_and_every_row_with_its_files_are_right(self):
        self.assertEqual(self.findings(), {})

    def test_files_that_are_missing_are_named_with_their_job(self):
        self.s3.delete_object(Bucket=RESULTS, Key=key(1, "a.annot.vcf"))
        self.s3.delete_object(Bucket=ARCHIVE, Key=key(2, "a.annot.vcf.copy"))
        self.s3.delete_object(Bucket=INPUTS, Key=key(2, "a.vcf"))
        missing = {
            "row without its result": [f"{job(1)}: {key(1, 'a.annot.vcf')}"],
            "row without its archived result": [f"{job(2)}: {key(2, 'a.annot.vcf.copy')}"],
            "row without its input": [f"{job(2)}: {key(2, 'a.vcf')}"],
        }
        self.assertEqual(self.findings(), missing)
        self.assertEqual(self.findings(before=1), {}, "younger rows are left out")
        self.write_row(2, upload_time=2, complete_time=3, s3_key_input_file=key(2, "a.vcf"), input_delete_time=9)
        self.assertNotIn("row without its input", self.findings())

    def test_files_whose_row_is_lost_are_found_after_a_restore(self):
        self.dynamodb.restore_table_to_point_in_time(
            SourceTableName=OUTPUTS["AnnotationsTable"],
            TargetTableName="gas-audit_annotations_restored",
            UseLatestRestorableTime=True,
        )
        self.assertEqual(self.findings("gas-audit_annotations_restored"), {})
        # A job that was submitted after the point in time.
        self.stored(4, s3_key_result_file=key(4, "b.annot.vcf"))
        self.put(RESULTS, key(4, "b.annot.vcf"))
        self.assertEqual(self.findings(), {})
        lost = {
            "input without a row": [key(4, "a.vcf")],
            "result without a row": [key(4, "a.vcf.count.log"), key(4, "b.annot.vcf")],
        }
        self.assertEqual(self.findings("gas-audit_annotations_restored"), lost)
        self.assertEqual(self.findings("gas-audit_annotations_restored", before=1), {}, "younger files are left out")


if __name__ == "__main__":
    unittest.main()
