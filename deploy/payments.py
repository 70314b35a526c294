"""Makes what GAS needs at Stripe: the price of Premium, and the endpoint that gets Stripe's events.

It may run again: what is there stays, and what is missing is added. The id of the price and the secret of the endpoint are stored in
the secret of the web servers, and never printed.
"""

import argparse
import base64
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal, InvalidOperation
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from deploy import Environment, Refused
from doctor import STRIPE_API, STRIPE_EVENTS, TIMEOUT_SECS

# A key of Stripe with the rights of an administrator, for this command only.
ADMINISTRATOR_KEY = "STRIPE_API_KEY"

# Currencies without cents (Stripe, "Zero-decimal currencies").
WITHOUT_CENTS = {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}


class Stripe:
    """Stripe's API, with a key."""

    def __init__(self, key: str, url: str = STRIPE_API):
        self.key = key
        self.url = url

    def call(self, method: str, path: str, fields: list | None = None, idempotency: str = "") -> dict:
        """Calls an operation with fields of a form. A call that is repeated with the same `idempotency` is made once."""
        token = base64.b64encode(f"{self.key}:".encode()).decode()
        headers = {"Authorization": f"Basic {token}"}
        if idempotency:
            headers["Idempotency-Key"] = idempotency
        body = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(f"{self.url}v1/{path}", data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):
                raise Refused(
                    f"Stripe does not let the key {method} {path.split('?')[0]} ({error.code}); set {ADMINISTRATOR_KEY} to a key that may "
                    "write prices, products and webhook endpoints"
                ) from error
            raise Refused(f"Stripe answered {error.code} to {method} {path}: {message(error)}") from error
        except OSError as error:
            raise Refused(f"Stripe cannot be reached ({error})") from error


def message(error: urllib.error.HTTPError) -> str:
    """What Stripe says of an error."""
    try:
        return json.load(error)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return "no reason given"


class WebSecret:
    """The secret of the web servers."""

    def __init__(self, client, arn: str):
        self.client = client
        self.arn = arn
        try:
            self.keys = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
        except (KeyError, ValueError) as error:
            raise Refused(f"{arn} is not a JSON object; store its keys as name and value") from error

    def store(self, key: str, value: str) -> None:
        """Adds or replaces a key."""
        self.keys[key] = value
        self.client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(self.keys))


class Payments:
    """What an environment has at Stripe."""

    def __init__(self, environment: Environment, session, administrator: str = "", url: str = STRIPE_API):
        if environment.settings.get("compute", {}).get("Billing", "stripe") == "none":
            raise Refused("Billing is none in [compute]: every user has Premium, and nothing is needed at Stripe")
        for name in ("Domain", "WebSecretArn"):
            if not environment.shared.get(name):
                raise Refused(f"set {name} in [shared]")
        self.prefix = environment.prefix
        self.endpoint = f"https://{environment.shared['Domain']}/webhooks/stripe"
        self.secret = WebSecret(session.create_client("secretsmanager"), environment.shared["WebSecretArn"])
        own = self.secret.keys.get("GAS_STRIPE_SECRET_KEY")
        if not own:
            raise Refused("the secret of the web servers has no GAS_STRIPE_SECRET_KEY; create a key in Stripe first")
        if administrator and ("_live_" in administrator) != ("_live_" in own):
            raise Refused(f"{ADMINISTRATOR_KEY} and GAS_STRIPE_SECRET_KEY are of different modes of Stripe, live and test")
        self.stripe = Stripe(administrator or own, url)

    def make_price(self, cents: int, currency: str) -> str:
        """The monthly price of Premium. Returns what was done."""
        if price := self.secret.keys.get("GAS_STRIPE_PRICE_ID"):
            return f"price {price} stays; its id is in the secret"
        lookup = f"{self.prefix}_premium"
        active, archived = self.prices(lookup, active=True), self.prices(lookup, active=False)
        price = active[0] if active else self.new_price(lookup, cents, currency, archived[0]["id"] if archived else "")
        terms = (price["unit_amount"], price["currency"], (price["recurring"] or {}).get("interval"))
        if terms != (cents, currency, "month") or price["recurring"].get("interval_count", 1) != 1:
            raise Refused(
                f"Stripe has the price {price['id']} for Premium, of {terms[0]} {terms[1]} (in the smallest unit) with the interval "
                f"{terms[2]}; give that amount if it is monthly, or create another price in Stripe and store its id as GAS_STRIPE_PRICE_ID"
            )
        self.secret.store("GAS_STRIPE_PRICE_ID", price["id"])
        return f"price {price['id']} {'was there' if active else 'is new'}; its id is in the secret now"

    def prices(self, lookup: str, active: bool) -> list:
        """The active or the archived prices with a lookup key: one at most, because Stripe's lookup keys are unique."""
        fields = {"lookup_keys[]": lookup, "active": str(active).lower()}
        return self.stripe.call("GET", f"prices?{urllib.parse.urlencode(fields)}")["data"]

    def new_price(self, lookup: str, cents: int, currency: str, replaced: str) -> dict:
        """Creates a monthly price, which takes the lookup key of an archived price, `replaced`."""
        created = self.stripe.call(
            "POST",
            "prices",
            [
                ("product_data[name]", "GAS Premium"),
                ("unit_amount", cents),
                ("currency", currency),
                ("recurring[interval]", "month"),
                ("lookup_key", lookup),
                ("transfer_lookup_key", "true"),
            ],
            # With the same key, Stripe would answer with the price that was archived since.
            idempotency=f"{lookup}-{cents}-{currency}-replaces-{replaced or 'none'}",
        )
        # A repeated answer has the state of the first call, so the price is read again.
        price = self.stripe.call("GET", f"prices/{created['id']}")
        if not price["active"]:
            raise Refused(
                f"Stripe repeats its answer for the price {price['id']}, which is archived; activate it in Stripe, or run this command "
                "again in two days, when Stripe has forgotten the answer"
            )
        return price

    def make_endpoint(self) -> str:
        """The endpoint that gets Stripe's events. Returns what was done."""
        listed = self.stripe.call("GET", "webhook_endpoints?limit=100")["data"]
        own = next((endpoint for endpoint in listed if endpoint["url"] == self.endpoint), None)
        events = [("enabled_events[]", event) for event in STRIPE_EVENTS]
        if own is None:
            made = self.stripe.call("POST", "webhook_endpoints", [("url", self.endpoint), *events])
            try:
                self.secret.store("GAS_STRIPE_WEBHOOK_SECRET", made["secret"])
            except (BotoCoreError, ClientError):
                # Stripe says the secret once. Without it, the endpoint is of no use.
                self.stripe.call("DELETE", f"webhook_endpoints/{made['id']}")
                raise
            return f"webhook endpoint {self.endpoint} is new; its signing secret is in the secret now"
        if not self.secret.keys.get("GAS_STRIPE_WEBHOOK_SECRET"):
            raise Refused(
                f"Stripe has the webhook endpoint {self.endpoint}, and says its signing secret in the dashboard only; store it as "
                "GAS_STRIPE_WEBHOOK_SECRET, or delete the endpoint and run this command again"
            )
        enabled = set(own["enabled_events"])
        if own["status"] == "enabled" and ("*" in enabled or enabled >= set(STRIPE_EVENTS)):
            return f"webhook endpoint {self.endpoint} stays"
        others = [("enabled_events[]", event) for event in sorted(enabled - set(STRIPE_EVENTS))]
        self.stripe.call("POST", f"webhook_endpoints/{own['id']}", [("disabled", "false"), *events, *others])
        return f"webhook endpoint {self.endpoint} gets all events now"


def cents(amount: str, currency: str) -> int:
    """An amount in the smallest unit of its currency."""
    try:
        value = Decimal(amount) * (1 if currency in WITHOUT_CENTS else 100)
    except InvalidOperation:
        raise Refused(f"{amount!r} is not an amount such as 29.50") from None
    if value <= 0 or value != value.to_integral_value():
        raise Refused(f"{amount} {currency} is not a positive amount in its smallest unit")
    return int(value)


def main() -> None:
    """Parses the command line, and makes what is missing."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("environment", type=Path, help="a file such as deploy/env/example.toml")
    arguments.add_argument("--monthly", required=True, metavar="AMOUNT", help="what Premium costs a month, such as 29.50")
    arguments.add_argument("--currency", default="usd", type=str.lower, help="the currency, usd by default")
    options = arguments.parse_args()
    try:
        amount = cents(options.monthly, options.currency)
        session = get_session()
        payments = Payments(Environment(options.environment, session), session, os.environ.get(ADMINISTRATOR_KEY, ""))
        print(payments.make_price(amount, options.currency))
        print(payments.make_endpoint())
    except (Refused, BotoCoreError, ClientError, OSError) as error:
        sys.exit(f"payments: {error}")
    print("replace the web servers if they run already: deploy/README.md#to-change-a-secret")


if __name__ == "__main__":
    main()
