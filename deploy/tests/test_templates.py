"""Compares what holds data with the last release: nothing of it may be lost or replaced in an update.

`released.json` has the stateful resources of the last release, as far as a change of them loses data. `python deploy/tests/test_templates.py
--accept` writes it again, as a step of each release (CONTRIBUTING.md, "Make a release").
"""

import copy
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import deploy
from templates import resources

RELEASED = Path(__file__).with_name("released.json")

# The properties whose change makes CloudFormation replace a resource (`createOnlyProperties` of its schema), and those of which a
# service makes one change in an update.
KEPT = {
    "AWS::Backup::BackupVault": ["BackupVaultName", "EncryptionKeyArn"],
    "AWS::DynamoDB::Table": ["TableName", "ImportSourceSpecification", "KeySchema", "LocalSecondaryIndexes", "GlobalSecondaryIndexes"],
    "AWS::KMS::Key": ["KeySpec", "KeyUsage", "MultiRegion"],
    "AWS::RDS::DBInstance": [
        "DBInstanceIdentifier",
        "DBName",
        "DBSubnetGroupName",
        "Engine",
        "KmsKeyId",
        "MasterUsername",
        "StorageEncrypted",
    ],
    "AWS::S3::Bucket": ["BucketName", "ObjectLockEnabled"],
    "AWS::SQS::Queue": ["FifoQueue", "QueueName"],
}


def stateful() -> dict:
    """The resources that hold data, by stack and name, with what must stay of them."""
    found = {}
    for stack in deploy.TEMPLATES:
        for name, resource in resources(stack).items():
            if resource["Type"] in deploy.STATEFUL:
                properties = resource.get("Properties", {})
                kept = {key: properties[key] for key in KEPT[resource["Type"]] if key in properties}
                found.setdefault(stack, {})[name] = {"Type": resource["Type"], "Properties": kept}
    return found


def losses(released: dict, now: dict) -> list:
    """What an update from the last release would lose, or could not do."""
    found = []
    for stack, before in released.items():
        after = now.get(stack, {})
        for name, resource in before.items():
            if name not in after:
                found.append(f"{name} is gone")
                continue
            for key in KEPT[resource["Type"]]:
                if key != "GlobalSecondaryIndexes" and resource["Properties"].get(key) != after[name]["Properties"].get(key):
                    found.append(f"{name} is replaced, because {key} differs")
        for name, indexes in deploy.index_changes(before, after).items():
            found.append(f"{name} has more than one change of its indexes: {', '.join(indexes)}")
    return found


class Data(unittest.TestCase):
    """What an update from the last release does to data."""

    def test_an_update_replaces_nothing_that_holds_data(self):
        self.assertEqual(losses(json.loads(RELEASED.read_text()), stateful()), [])

    def test_what_holds_data_is_kept_when_its_stack_is_deleted(self):
        for stack in deploy.TEMPLATES:
            for name, resource in resources(stack).items():
                # Rows are the source of truth. Messages are hints, and the key encrypts those of a topic, which keeps none.
                if resource["Type"] in deploy.STATEFUL - {"AWS::KMS::Key", "AWS::SQS::Queue"}:
                    self.assertIn(resource.get("DeletionPolicy"), ("RetainExceptOnCreate", "Snapshot"), name)
                    self.assertIn(resource.get("UpdateReplacePolicy"), ("Retain", "Snapshot"), name)

    def test_losses_are_found(self):
        released = stateful()
        table = released["app"]["AnnotationsTable"]["Properties"]
        indexes = table["GlobalSecondaryIndexes"]

        def after(**properties):
            now = copy.deepcopy(released)
            now["app"]["AnnotationsTable"]["Properties"] |= properties
            return losses(released, now)

        self.assertGreater(len(indexes), 3)
        self.assertEqual(after(), [])
        self.assertEqual(after(TableName="other"), ["AnnotationsTable is replaced, because TableName differs"])
        self.assertEqual(after(GlobalSecondaryIndexes=indexes[1:]), [], "one index less")
        new = indexes[0] | {"IndexName": "new"}
        self.assertEqual(after(GlobalSecondaryIndexes=[*indexes, new]), [], "one index more")
        newer = new | {"IndexName": "newer"}
        for changed in ([*indexes, new, newer], [*indexes[1:], new], [indexes[0] | {"KeySchema": []}, *indexes[1:]]):
            found = after(GlobalSecondaryIndexes=changed)
            self.assertEqual(len(found), 1, found)
            self.assertTrue(found[0].startswith("AnnotationsTable has more than one change of its indexes: "), found)
        now = copy.deepcopy(released)
        del now["app"]["MailQueue"]
        self.assertEqual(losses(released, now), ["MailQueue is gone"])


if __name__ == "__main__":
    if "--accept" in sys.argv:
        RELEASED.write_text(json.dumps(stateful(), indent=1, sort_keys=True) + "\n")
    else:
        unittest.main()
