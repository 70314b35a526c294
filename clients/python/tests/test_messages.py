"""Verification of messages of webhooks."""

import json
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
from gas_client import InvalidMessage, read_message
from gas_client.messages import signature

KEY = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""The key of the published example of Standard Webhooks."""

SECRET = f"whsec_{KEY}"
BODY = json.dumps({"type": "job.failed", "timestamp": "2026-01-01T00:00:00Z", "data": {"job_id": "7"}}).encode()
NOW = 1_800_000_000


class Messages(unittest.TestCase):
    def setUp(self):
        patched = mock.patch("time.time", lambda: float(NOW))
        patched.start()
        self.addCleanup(patched.stop)

    @staticmethod
    def headers(sent_at: int = NOW) -> dict[str, str]:
        signed = signature(SECRET, "msg_1", sent_at, BODY)
        return {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(sent_at), "Webhook-Signature": f"v1,bm8= {signed}"}

    def test_signatures_equal_the_published_example(self):
        # The test vector of the reference implementations of Standard Webhooks.
        made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
        self.assertEqual(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")

    def test_a_signed_message_is_read(self):
        message = read_message(SECRET, self.headers(NOW - 299), BODY)
        self.assertEqual((message.type, message.data), ("job.failed", {"job_id": "7"}))

    def test_other_messages_are_rejected_with_the_reason(self):
        other = SECRET.replace("MfK", "NfK")
        for secret, headers, body, reason in (
            (other, self.headers(), BODY, "not signed with this secret"),
            (SECRET, self.headers(), BODY + b" ", "not signed with this secret"),
            (SECRET, self.headers(NOW - 301), BODY, "5 minutes"),
            (SECRET, self.headers(NOW + 301), BODY, "5 minutes"),
            (SECRET, self.headers() | {"Webhook-Timestamp": "now"}, BODY, "no number"),
            (SECRET, {}, BODY, "webhook-id"),
        ):
            with self.subTest(reason), self.assertRaisesRegex(InvalidMessage, reason):
                read_message(secret, headers, body)


if __name__ == "__main__":
    unittest.main()
