"""Makes price and webhook endpoint on a server that plays Stripe. The secret is in memory."""

import json
import sys
import threading
import unittest
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

from botocore.exceptions import ClientError

sys.path.insert(0, str(Path(__file__).parents[1]))
import deploy
import doctor
import payments

URL = "https://gas.example.org/webhooks/stripe"


class Stripe(BaseHTTPRequestHandler):
    """Prices and webhook endpoints in memory."""

    prices, endpoints, writes = [], [], []
    # The answers by idempotency key, as they were at the first call.
    repeated = {}
    refuses = False

    def answer(self, status: int, found: dict):
        """Sends an object."""
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def do_GET(self):
        path, _, query = self.path.partition("?")
        fields = urllib.parse.parse_qs(query)
        if path == "/v1/prices":
            [key], [active] = fields["lookup_keys[]"], fields["active"]
            found = [price for price in self.prices if (price["lookup_key"], price["active"]) == (key, active == "true")]
            return self.answer(200, {"data": found})
        if path.startswith("/v1/prices/"):
            return self.answer(200, next(price for price in self.prices if path.endswith(f"/{price['id']}")))
        return self.answer(200, {"data": self.endpoints})

    def do_POST(self):
        if self.refuses:
            return self.answer(403, {"error": {"message": "no rights"}})
        fields = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.writes.append((self.path, fields))
        events = fields.get("enabled_events[]", [])
        if self.path == "/v1/prices":
            return self.answer(*self.created(fields))
        if self.path == "/v1/webhook_endpoints":
            endpoint = {"id": "we_1", "url": fields["url"][0], "status": "enabled", "enabled_events": events}
            self.endpoints.append(endpoint)
            return self.answer(200, endpoint | {"secret": "whsec_1"})
        self.endpoints[0] |= {"status": "enabled", "enabled_events": events}
        return self.answer(200, self.endpoints[0])

    def created(self, fields: dict) -> tuple:
        """A status and a new price, whose lookup key no other price may have unless it is transferred."""
        key = self.headers["Idempotency-Key"]
        if key in self.repeated:
            return 200, self.repeated[key]
        [lookup] = fields["lookup_key"]
        for other in self.prices:
            if other["lookup_key"] == lookup:
                if fields.get("transfer_lookup_key") != ["true"]:
                    return 400, {"error": {"message": "a price has this lookup key"}}
                other["lookup_key"] = None
        price = {
            "id": f"price_{len(self.prices) + 1}",
            "active": True,
            "lookup_key": lookup,
            "currency": fields["currency"][0],
            "unit_amount": int(fields["unit_amount"][0]),
            "recurring": {"interval": fields["recurring[interval]"][0], "interval_count": 1},
        }
        self.prices.append(price)
        self.repeated[key] = dict(price)
        return 200, price

    def do_DELETE(self):
        self.endpoints.clear()
        self.answer(200, {"deleted": True})

    def log_message(self, *_):
        """Prints nothing."""


class Made(unittest.TestCase):
    """What is made at Stripe."""

    @classmethod
    def setUpClass(cls):
        cls.server = ThreadingHTTPServer(("127.0.0.1", 0), Stripe)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        Stripe.prices, Stripe.endpoints, Stripe.writes, Stripe.repeated, Stripe.refuses = [], [], [], {}, False
        self.keys = {"GAS_STRIPE_SECRET_KEY": "sk_test_1", "GAS_OIDC_ISSUER": "kept"}
        self.secrets = mock.Mock()
        self.secrets.get_secret_value.side_effect = lambda SecretId: {"SecretString": json.dumps(self.keys)}
        self.secrets.put_secret_value.side_effect = lambda SecretId, SecretString: self.keys.update(json.loads(SecretString))
        self.environment = mock.Mock(
            prefix="gas", settings={}, shared={"Domain": "gas.example.org", "WebSecretArn": "arn:secret"}
        )

    def make(self, amount: int = 2950, administrator: str = "") -> list:
        """Makes both, and returns what was said."""
        session = mock.Mock(create_client=mock.Mock(return_value=self.secrets))
        url = f"http://127.0.0.1:{self.server.server_port}/"
        made = payments.Payments(self.environment, session, administrator, url)
        return [made.make_price(amount, "usd"), made.make_endpoint()]

    def test_both_are_made_once_and_stored(self):
        said = self.make()
        self.assertIn("price price_1 is new", said[0])
        self.assertIn(f"{URL} is new", said[1])
        self.assertNotIn("whsec_1", " ".join(said), "no secret is printed")
        stored = {"GAS_STRIPE_PRICE_ID": "price_1", "GAS_STRIPE_WEBHOOK_SECRET": "whsec_1", "GAS_OIDC_ISSUER": "kept"}
        self.assertEqual(self.keys, {"GAS_STRIPE_SECRET_KEY": "sk_test_1", **stored})
        self.assertEqual(sorted(Stripe.endpoints[0]["enabled_events"]), sorted(doctor.STRIPE_EVENTS))
        self.assertEqual(Stripe.writes[0][1]["recurring[interval]"], ["month"])

        said = self.make()
        self.assertIn("stays", said[0])
        self.assertIn("stays", said[1])
        self.assertEqual(len(Stripe.writes), 2, "nothing is made again")

    def test_a_price_whose_id_was_not_stored_is_found(self):
        self.make()
        del self.keys["GAS_STRIPE_PRICE_ID"]
        self.assertIn("price_1 was there", self.make()[0])
        self.assertEqual(self.keys["GAS_STRIPE_PRICE_ID"], "price_1")
        del self.keys["GAS_STRIPE_PRICE_ID"]
        with self.assertRaisesRegex(deploy.Refused, "price_1 for Premium, of 2950 usd"):
            self.make(amount=3000)

    def test_an_archived_price_is_replaced_each_time(self):
        self.make()
        for number in (2, 3):
            Stripe.prices[-1]["active"] = False
            del self.keys["GAS_STRIPE_PRICE_ID"]
            self.assertIn(f"price_{number} is new", self.make()[0])
            self.assertEqual(self.keys["GAS_STRIPE_PRICE_ID"], f"price_{number}")

    def test_an_archived_price_that_stripe_repeats_is_not_stored(self):
        self.make()
        # The lookup key is removed as well, so that nothing leads to the archived price.
        Stripe.prices[0] |= {"active": False, "lookup_key": None}
        del self.keys["GAS_STRIPE_PRICE_ID"]
        with self.assertRaisesRegex(deploy.Refused, "price_1, which is archived"):
            self.make()
        self.assertNotIn("GAS_STRIPE_PRICE_ID", self.keys)

    def test_a_price_that_is_not_monthly_is_refused(self):
        self.make()
        for recurring in ({"interval": "year", "interval_count": 1}, {"interval": "month", "interval_count": 3}, None):
            Stripe.prices[0]["recurring"] = recurring
            self.keys.pop("GAS_STRIPE_PRICE_ID", None)
            with self.assertRaisesRegex(deploy.Refused, "price_1 for Premium"):
                self.make()

    def test_events_that_an_endpoint_lacks_are_added_and_others_stay(self):
        self.make()
        Stripe.endpoints[0] |= {"status": "disabled", "enabled_events": ["invoice.paid", "payout.paid"]}
        self.assertIn("gets all events now", self.make()[1])
        self.assertEqual(Stripe.endpoints[0]["status"], "enabled")
        self.assertEqual(set(Stripe.endpoints[0]["enabled_events"]), {*doctor.STRIPE_EVENTS, "payout.paid"})

    def test_an_endpoint_whose_secret_nobody_has_is_refused(self):
        self.make()
        del self.keys["GAS_STRIPE_WEBHOOK_SECRET"]
        with self.assertRaisesRegex(deploy.Refused, "in the dashboard only"):
            self.make()

    def test_no_endpoint_is_left_if_its_secret_cannot_be_stored(self):
        self.keys["GAS_STRIPE_PRICE_ID"] = "price_0"
        self.secrets.put_secret_value.side_effect = ClientError({"Error": {"Code": "AccessDenied"}}, "PutSecretValue")
        with self.assertRaises(ClientError):
            self.make()
        self.assertEqual(Stripe.endpoints, [])

    def test_a_key_without_rights_leads_to_another_one(self):
        Stripe.refuses = True
        with self.assertRaisesRegex(deploy.Refused, "set STRIPE_API_KEY"):
            self.make()
        with self.assertRaisesRegex(deploy.Refused, "different modes"):
            self.make(administrator="sk_live_2")

    def test_nothing_is_made_without_billing(self):
        self.environment.settings = {"compute": {"Billing": "none"}}
        with self.assertRaisesRegex(deploy.Refused, "Billing is none"):
            self.make()

    def test_amounts_are_in_the_smallest_unit(self):
        self.assertEqual(payments.cents("29.50", "usd"), 2950)
        self.assertEqual(payments.cents("3000", "jpy"), 3000)
        for amount, currency in (("0", "usd"), ("1.234", "usd"), ("0.5", "jpy"), ("ten", "usd")):
            with self.assertRaises(deploy.Refused):
                payments.cents(amount, currency)


if __name__ == "__main__":
    unittest.main()
