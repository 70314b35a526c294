"""Compares the jobs of an environment with their files in S3 and in the archive. Nothing is changed.

It is the last step of a restore (deploy/runbooks.md), and can run at any time. Files and rows that are younger than an
hour are left out, because uploads and runs are between two steps. The exit code is 1 if something is missing.
"""

import argparse
import datetime
import sys
import uuid
from collections import defaultdict
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from deploy import Environment, Refused, describe

# The attributes of a row that name files, the time at which it was written last, and the mark of a deleted job
# (backend/src/aws/dynamo).
ATTRIBUTES = (
    "job_id",
    "job_status",
    "submit_time",
    "upload_time",
    "complete_time",
    "s3_key_input_file",
    "input_delete_time",
    "s3_key_result_file",
    "s3_key_log_file",
    "logs_delete_time",
    "results_file_archive_id",
    "delete_time",
)

# How many examples of a finding are printed.
EXAMPLES = 10


class Storage:
    """What an environment stores, as the outputs of its application's stack name it."""

    def __init__(self, session, outputs: dict, table: str | None = None):
        self.s3 = session.create_client("s3")
        self.dynamodb = session.create_client("dynamodb")
        self.table = table or outputs["AnnotationsTable"]
        self.prefix = outputs["Prefix"]
        self.inputs = outputs["InputsBucket"]
        self.results = outputs["ResultsBucket"]
        # A vault lists its archives only hours after a request.
        self.archive = outputs.get("ArchiveBucket")

    def rows(self):
        """All rows of the table of jobs, as texts."""
        names = {f"#{number}": name for number, name in enumerate(ATTRIBUTES)}
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.table,
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                yield {name: next(iter(value.values())) for name, value in item.items()}

    def files(self, bucket: str):
        """The keys of a bucket below the prefix, each with the time at which it was written."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{self.prefix}/")
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"], item["LastModified"].timestamp()


def job_of(key: str) -> str | None:
    """The job of a key `<prefix>/<user>/<job>~<name>`; None for files that belong to no job, such as those of private
    references."""
    parts = key.split("/", 2)
    job, mark, _ = parts[-1].partition("~")
    try:
        return str(uuid.UUID(job)) if len(parts) == 3 and mark else None
    except ValueError:
        return None


def audit(storage: Storage, before: float) -> tuple:
    """Compares rows and files that were written before a time. Returns the number of rows and of files, and the
    findings: for each kind its examples."""
    jobs, files = {}, 0
    expected = {storage.inputs: {}, storage.results: {}, storage.archive: {}}
    for row in storage.rows():
        job = row["job_id"]
        jobs[job] = row
        if "delete_time" in row or int(row.get("complete_time") or row.get("submit_time", 0)) >= before:
            continue
        if "upload_time" in row and "input_delete_time" not in row:
            expected[storage.inputs][row["s3_key_input_file"]] = job
        if "s3_key_result_file" in row:
            expected[storage.results][row["s3_key_result_file"]] = job
        if "s3_key_log_file" in row and "logs_delete_time" not in row:
            expected[storage.results][row["s3_key_log_file"]] = job
        if "results_file_archive_id" in row:
            expected[storage.archive][row["results_file_archive_id"]] = job
    findings = defaultdict(list)
    for bucket, kind in ((storage.inputs, "input"), (storage.results, "result"), (storage.archive, "archived result")):
        if bucket is None:
            continue
        for key, written in storage.files(bucket):
            files += 1
            expected[bucket].pop(key, None)
            job = job_of(key)
            if job and job not in jobs and written < before:
                findings[f"{kind} without a row"].append(key)
        for key, job in expected[bucket].items():
            findings[f"row without its {kind}"].append(f"{job}: {key}")
    return len(jobs), files, findings


def main() -> None:
    """Parses the command line and prints what was found."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("environment", type=Path, help="a file such as deploy/env/example.toml")
    arguments.add_argument("--table", help="another table than that of the environment, such as a restored one")
    options = arguments.parse_args()
    try:
        session = get_session()
        name = Environment(options.environment, session).stack_name("app")
        stack = describe(session.create_client("cloudformation"), name)
        if stack is None:
            raise Refused(f"there is no stack {name}; run ./gas deploy first")
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        storage = Storage(session, outputs, options.table)
        before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        rows, files, findings = audit(storage, before.timestamp())
    except (Refused, BotoCoreError, ClientError, OSError) as error:
        sys.exit(f"audit: {error}")
    print(f"{rows} rows of {storage.table}, {files} files; written before {before:%Y-%m-%d %H:%M} UTC")
    if storage.archive is None:
        print("not checked: archived results, because a vault lists them only hours after a request")
    for kind, examples in sorted(findings.items()):
        print(f"{kind}: {len(examples)}")
        for example in examples[:EXAMPLES]:
            print(f"  {example}")
    if not findings:
        print("every row has its files, and every file has its row")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
