"""Compares what the workers do with what makes more of them start."""

import re
import unittest

from templates import resources


class Workers(unittest.TestCase):
    """The number of workers follows all that they do."""

    def test_workers_follow_every_queue_that_they_read(self):
        app = resources("app")
        [policy] = app["WorkerRole"]["Properties"]["Policies"]
        statements = policy["PolicyDocument"]["Statement"]
        [taken] = [statement["Resource"] for statement in statements if statement["Sid"] == "TakeJobs"]
        queues = [re.fullmatch(r"\$\{(\w+Queue)\.Arn\}", resource) for resource in taken]
        read = {app[found[1]]["Properties"]["QueueName"] for found in queues if found}
        self.assertGreater(len(read), 3)

        scaling = resources("compute")["WorkerScaling"]["Properties"]["TargetTrackingConfiguration"]
        metrics = scaling["CustomizedMetricSpecification"]["Metrics"]
        [expression] = [metric["Expression"] for metric in metrics if metric["ReturnData"]]
        followed = set()
        for metric in metrics:
            if metric.get("MetricStat", {}).get("Metric", {}).get("Namespace") == "AWS/SQS":
                self.assertIn(f"FILL({metric['Id']}, 0)", expression)
                followed |= {item["Value"] for item in metric["MetricStat"]["Metric"]["Dimensions"]}
        self.assertEqual(followed, read)


if __name__ == "__main__":
    unittest.main()
