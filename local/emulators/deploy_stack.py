"""Creates or updates the CloudFormation stack on the endpoint and prints its outputs as JSON."""

import argparse
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

from botocore.exceptions import ClientError
from botocore.session import get_session

sys.path.insert(0, str(Path(__file__).parents[2] / "deploy"))
import deploy

# The emulator needs a few seconds for a stack, and a developer waits for it.
TIMES = {"within": 120, "longest_pause": 0.1}


def parameter(text: str) -> dict:
    """Parses NAME=VALUE."""
    name, _, value = text.partition("=")
    return {"ParameterKey": name, "ParameterValue": value}


def create_bucket(s3, bucket: str) -> None:
    """Creates the bucket of the artifacts, unless it exists."""
    try:
        s3.create_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise


def upload_function(s3, bucket: str, program: Path) -> str:
    """Uploads a zip file with the program `bootstrap`, unless it exists, and returns its key."""
    content = program.read_bytes()
    key = f"restore/{hashlib.sha256(content).hexdigest()}.zip"
    if s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"):
        return key
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        file.writestr(entry, content)
    s3.put_object(Bucket=bucket, Key=key, Body=archive.getvalue())
    return key


def register_identity(ses, identity: str) -> None:
    """Verifies a sender, as an operator does once. The emulator verifies every address."""
    try:
        ses.create_email_identity(EmailIdentity=identity)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise


def apply(cloudformation, stack: str, template_url: str, parameters: list) -> None:
    """Starts to create the stack, or to update it if it exists."""
    request = {
        "StackName": stack,
        "TemplateURL": template_url,
        "Parameters": parameters,
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    found = deploy.describe(cloudformation, stack)
    if found and found["StackStatus"] in (*deploy.NEVER_CREATED, "ROLLBACK_FAILED"):
        found = deploy.delete(cloudformation, stack)
    try:
        if found:
            cloudformation.update_stack(**request)
        else:
            cloudformation.create_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise


def main() -> None:
    """Parses the command line, deploys the stack, and prints its outputs."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--stack", required=True)
    arguments.add_argument("--template", required=True, type=Path)
    arguments.add_argument("--parameter", action="append", default=[], type=parameter)
    arguments.add_argument("--restore-function", required=True, type=Path)
    arguments.add_argument("--mail-identity", required=True)
    options = arguments.parse_args()
    session = get_session()
    register_identity(session.create_client("sesv2"), options.mail_identity)
    bucket = f"{options.stack}-artifacts"
    s3 = session.create_client("s3")
    create_bucket(s3, bucket)
    template_url = deploy.upload(s3, bucket, options.stack, options.template)
    key = upload_function(s3, bucket, options.restore_function)
    code = [f"RestoreCodeBucket={bucket}", f"RestoreCodeKey={key}"]
    options.parameter += [parameter(text) for text in code]
    cloudformation = session.create_client("cloudformation")
    apply(cloudformation, options.stack, template_url, options.parameter)
    try:
        found = deploy.settled(cloudformation, options.stack, **TIMES)
        deploy.require_success(cloudformation, options.stack, found)
    except deploy.Refused as refused:
        sys.exit(str(refused))
    outputs = {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}
    print(json.dumps(outputs))


if __name__ == "__main__":
    main()
