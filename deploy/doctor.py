"""Checks what an environment needs outside of its stacks, before it is deployed.

Each check prints a line: `ok`, `problem` with what to do, or `not checked` with the reason. Nothing is changed. The
exit code is 1 if there is a problem.
"""

import argparse
import base64
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from deploy import Environment, Refused, default_of, text_of

# The keys of the two secrets; deploy/README.md describes them.
WEB_KEYS = (
    "DATABASE_URL",
    "GAS_OIDC_ISSUER",
    "GAS_OIDC_CLIENT_ID",
    "GAS_OIDC_CLIENT_SECRET",
    "GAS_UNSUBSCRIBE_KEY",
)
# Of the web servers, too, unless every user has Premium.
STRIPE_KEYS = (
    "GAS_STRIPE_SECRET_KEY",
    "GAS_STRIPE_PUBLISHABLE_KEY",
    "GAS_STRIPE_PRICE_ID",
    "GAS_STRIPE_WEBHOOK_SECRET",
)
# Of the web servers, too, if CloudFront is in front of the load balancer.
EDGE_KEY = "GAS_EDGE_KEY"
UTILITY_KEYS = ("DATABASE_URL", "GAS_MAIL_FROM", "GAS_UNSUBSCRIBE_KEY")

# The events that the web server handles. A test compares them with its source.
STRIPE_EVENTS = (
    "charge.dispute.created",
    "charge.refunded",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_failed",
)

STRIPE_API = "https://api.stripe.com/"

# The quotas of vCPUs of running instances of the families A, C, D, H, I, M, R, T and Z.
ON_DEMAND_QUOTA = "L-1216C47A"
SPOT_QUOTA = "L-34B43A08"

# Where CloudFront takes its certificates from.
EDGE_REGION = "us-east-1"

TIMEOUT_SECS = 10


class Verdict(Enum):
    """What a check has found."""

    OK = "ok"
    PROBLEM = "problem"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Finding:
    """The outcome of a check: what was checked, and what was found or what to do."""

    subject: str
    verdict: Verdict
    text: str

    def __str__(self) -> str:
        return f"{self.verdict.value:<12} {self.subject}: {self.text}"


class Problem(Exception):
    """A check has found something to mend; the text says what to do."""


class NotChecked(Exception):
    """A check cannot be made; the text says why."""


def fetch(url: str, headers: dict | None = None) -> dict:
    """Reads a JSON object over HTTP."""
    request = urllib.request.Request(url, headers=headers or {})
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECS) as response:
        return json.load(response)


def covers(names: list, domain: str) -> bool:
    """Whether a certificate with these names is valid for a domain. A wildcard stands for one label."""
    parent = domain.partition(".")[2]
    return domain in names or f"*.{parent}" in names


class Doctor:
    """The checks of an environment."""

    def __init__(self, environment: Environment, session, stripe_api: str = STRIPE_API):
        self.environment = environment
        self.session = session
        self.stripe_api = stripe_api
        self.secrets = {}

    def setting(self, name: str) -> str:
        """A setting of [shared]."""
        value = self.environment.shared.get(name)
        if not value:
            raise NotChecked(f"{name} is not set in [shared]")
        return str(value)

    def check_artifacts(self) -> str:
        """The bucket of artifacts exists in this region."""
        bucket = self.environment.artifacts
        region = self.session.get_config_variable("region")
        try:
            found = self.session.create_client("s3").get_bucket_location(Bucket=bucket)
        except ClientError as error:
            raise Problem(f"bucket {bucket} cannot be read ({code(error)}); create it in {region}") from error
        # S3 returns nothing for its first region.
        place = found.get("LocationConstraint") or "us-east-1"
        if place != region:
            raise Problem(f"bucket {bucket} is in {place}; Lambda takes code from {region} only: create one there")
        return f"bucket {bucket} in {region}"

    def check_certificate(self) -> str:
        """The certificate is issued, for the domain, in this region."""
        return self.certificate(self.setting("CertificateArn"), self.session.get_config_variable("region"))

    def check_edge(self) -> str:
        """CloudFront has a certificate, and a key with which it proves itself to the web servers."""
        arn = self.compute("EdgeCertificateArn")
        if not arn:
            raise NotChecked("EdgeCertificateArn is empty: there is no CloudFront")
        found = self.certificate(arn, EDGE_REGION)
        if len(self.secret("WebSecretArn").get(EDGE_KEY, "")) < 32:
            raise Problem(f"the secret of the web servers has no {EDGE_KEY}; make it with `openssl rand -hex 32`")
        return found

    def compute(self, name: str, default: str = "") -> str:
        """A parameter of the machines' stack."""
        return self.environment.settings.get("compute", {}).get(name, default)

    def certificate(self, arn: str, region: str) -> str:
        """A certificate is issued, for the domain, in a region."""
        domain = self.setting("Domain")
        if arn.split(":")[3] != region:
            raise Problem(f"{arn} is not in {region}; request one for {domain} there")
        try:
            acm = self.session.create_client("acm", region_name=region)
            found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        except ClientError as error:
            raise Problem(f"{arn} cannot be read ({code(error)}); request one for {domain}") from error
        if found["Status"] != "ISSUED":
            raise Problem(f"{arn} is {found['Status']}; create the DNS records that ACM asks for")
        names = [found["DomainName"], *found.get("SubjectAlternativeNames", [])]
        if not covers(names, domain):
            raise Problem(f"{arn} is for {', '.join(sorted(set(names)))}; request one for {domain}")
        return f"issued for {domain}"

    def check_zone(self) -> str:
        """The hosted zone exists and contains the domain."""
        zone = self.compute("HostedZoneId")
        if not zone:
            raise NotChecked("HostedZoneId is empty: point the domain at the load balancer yourself")
        try:
            found = self.session.create_client("route53").get_hosted_zone(Id=zone)["HostedZone"]
        except ClientError as error:
            raise Problem(f"zone {zone} cannot be read ({code(error)}); correct HostedZoneId in [compute]") from error
        name, domain = found["Name"].rstrip("."), self.setting("Domain")
        if domain != name and not domain.endswith(f".{name}"):
            raise Problem(f"zone {zone} is {name}, which does not contain {domain}; correct HostedZoneId")
        return f"zone {name}"

    def check_mail(self) -> str:
        """SES may send from the identity, to any address."""
        identity = self.setting("MailIdentity")
        ses = self.session.create_client("sesv2")
        try:
            found = ses.get_email_identity(EmailIdentity=identity)
        except ClientError as error:
            raise Problem(f"SES has no identity {identity} ({code(error)}); create it") from error
        if not found.get("VerifiedForSendingStatus"):
            raise Problem(f"identity {identity} is not verified; create the DNS records that SES asks for")
        account = self.mail_account()
        if not account.get("ProductionAccessEnabled"):
            raise Problem("SES is in the sandbox and sends to verified addresses only; request production access")
        suppressed = account.get("SuppressionAttributes", {}).get("SuppressedReasons", [])
        if missing := {"BOUNCE", "COMPLAINT"} - set(suppressed):
            raise Problem(
                f"SES goes on to send to addresses with {' and '.join(sorted(missing))}; run "
                "`aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT`"
            )
        return f"{identity} is verified, SES is out of the sandbox, and keeps a list of addresses that bounce"

    def mail_account(self) -> dict:
        """What SES says of the account."""
        return self.session.create_client("sesv2").get_account()

    def secret(self, parameter: str) -> dict:
        """The keys and values of a secret. They are never printed."""
        arn = self.setting(parameter)
        if arn not in self.secrets:
            try:
                found = self.session.create_client("secretsmanager").get_secret_value(SecretId=arn)
            except ClientError as error:
                raise Problem(f"{arn} cannot be read ({code(error)}); create it") from error
            try:
                self.secrets[arn] = json.loads(found["SecretString"])
            except (KeyError, ValueError) as error:
                raise Problem(f"{arn} is not a JSON object; store its keys as name and value") from error
        return self.secrets[arn]

    def check_keys(self, parameter: str, keys: tuple) -> str:
        """A secret has all keys, and they can be right."""
        secret = self.secret(parameter)
        if missing := [key for key in keys if not secret.get(key)]:
            raise Problem(f"{', '.join(missing)} missing in {self.setting(parameter)}")
        url = urllib.parse.urlsplit(secret["DATABASE_URL"])
        modes = urllib.parse.parse_qs(url.query).get("sslmode", [])
        if modes != ["verify-full"]:
            raise Problem("DATABASE_URL has no sslmode=verify-full, without which the processes do not start")
        # Earlier keys follow the current one.
        if min(len(key.strip()) for key in secret["GAS_UNSUBSCRIBE_KEY"].split(",")) < 32:
            raise Problem("GAS_UNSUBSCRIBE_KEY has fewer than 32 characters; make it with `openssl rand -hex 32`")
        return f"{len(keys)} keys"

    def check_web_secret(self) -> str:
        """The secret of the web servers."""
        return self.check_keys("WebSecretArn", WEB_KEYS + (STRIPE_KEYS if self.sells_premium() else ()))

    def sells_premium(self) -> bool:
        """Whether users buy Premium at Stripe. Otherwise every user has it."""
        return self.compute("Billing", "stripe") != "none"

    def check_utility_secret(self) -> str:
        """The secret of the utility node, whose links the web servers must be able to verify."""
        found = self.check_keys("UtilitySecretArn", UTILITY_KEYS)
        key = "GAS_UNSUBSCRIBE_KEY"
        if self.secret("UtilitySecretArn")[key] != self.secret("WebSecretArn").get(key):
            raise Problem(f"{key} differs from that of the web servers; store the same key in both secrets")
        return found

    def of_web(self, key: str) -> str:
        """A value of the web servers' secret."""
        try:
            value = self.secret("WebSecretArn").get(key)
        except Problem as problem:
            raise NotChecked("the secret of the web servers cannot be read") from problem
        if not value:
            raise NotChecked(f"{key} is missing")
        return value

    def check_sign_in(self) -> str:
        """The OpenID provider can be discovered, and has what the sign-in needs (OIDC Discovery, section 3)."""
        issuer = self.of_web("GAS_OIDC_ISSUER")
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = fetch(url)
        except (OSError, ValueError) as error:
            raise Problem(f"{url} cannot be read ({error}); correct GAS_OIDC_ISSUER") from error
        if found.get("issuer") != issuer:
            raise Problem(f"GAS_OIDC_ISSUER must be {found.get('issuer')!r}, as the provider spells it")
        if "code" not in found.get("response_types_supported", []):
            raise Problem(f"{issuer} does not offer the authorization code flow, which GAS needs")
        methods = found.get("code_challenge_methods_supported")
        if methods is not None and "S256" not in methods:
            raise Problem(f"{issuer} does not offer PKCE with S256, which GAS needs")
        return f"{issuer}; register https://{self.setting('Domain')}/authcallback as redirect URL there"

    def stripe(self, path: str) -> dict:
        """Reads an object or a list of Stripe."""
        if not self.sells_premium():
            raise NotChecked("Billing is none: every user has Premium")
        key = self.of_web("GAS_STRIPE_SECRET_KEY")
        token = base64.b64encode(f"{key}:".encode()).decode()
        try:
            return fetch(f"{self.stripe_api}v1/{path}", {"Authorization": f"Basic {token}"})
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):
                raise Problem(
                    f"Stripe rejects GAS_STRIPE_SECRET_KEY for {path} ({error.code}); see deploy/README.md"
                ) from error
            raise Problem(f"Stripe has no {path} ({error.code}); correct the secret of the web servers") from error
        except OSError as error:
            raise NotChecked(f"Stripe cannot be reached ({error})") from error

    def check_price(self) -> str:
        """The price of Premium exists and recurs."""
        price = self.of_web("GAS_STRIPE_PRICE_ID") if self.sells_premium() else ""
        found = self.stripe(f"prices/{urllib.parse.quote(price)}")
        if not found.get("active") or found.get("type") != "recurring":
            raise Problem(f"price {price} is not an active, recurring price; remove GAS_STRIPE_PRICE_ID from the secret and run ./gas payments, or set that of another price")
        return f"price {price}, {'live' if found.get('livemode') else 'test'} mode"

    def check_webhook(self) -> str:
        """Stripe sends all events to the service."""
        url = f"https://{self.setting('Domain')}/webhooks/stripe"
        endpoints = self.stripe("webhook_endpoints?limit=100").get("data", [])
        own = [endpoint for endpoint in endpoints if endpoint["url"] == url and endpoint["status"] == "enabled"]
        if not own:
            raise Problem(f"Stripe has no enabled webhook endpoint {url}; run ./gas payments, or create it for {', '.join(STRIPE_EVENTS)}")
        sent = {event for endpoint in own for event in endpoint["enabled_events"]}
        if missing := [] if "*" in sent else sorted(set(STRIPE_EVENTS) - sent):
            raise Problem(f"the webhook endpoint {url} lacks {', '.join(missing)}; add them in Stripe, or run ./gas payments")
        return url

    def machines(self, name: str) -> str:
        """A parameter of the machines' stack, or its default."""
        return text_of(self.compute(name, default_of("compute", name)))

    def check_on_demand(self) -> str:
        """The account may run as many on-demand instances as the environment can have."""
        web, workers = int(self.machines("WebMax")), min(int(self.machines("WorkersOnDemand")), int(self.machines("WorkerMax")))
        # The utility node has the type of the web servers.
        needed = (web + 1) * self.vcpus("WebInstanceType") + workers * self.vcpus("WorkerInstanceTypes")
        return self.quota(ON_DEMAND_QUOTA, "on-demand", needed, "WebMax or WorkersOnDemand")

    def check_spot(self) -> str:
        """The account may run as many Spot instances as the environment can have."""
        workers = max(0, int(self.machines("WorkerMax")) - int(self.machines("WorkersOnDemand")))
        return self.quota(SPOT_QUOTA, "Spot", workers * self.vcpus("WorkerInstanceTypes"), "WorkerMax")

    def vcpus(self, parameter: str) -> int:
        """The vCPUs of the type of instances that a parameter names; of the largest one, if it names several."""
        types = self.machines(parameter).split(",")
        try:
            found = self.session.create_client("ec2").describe_instance_types(InstanceTypes=types)["InstanceTypes"]
        except ClientError as error:
            if code(error) == "InvalidInstanceType":
                raise Problem(f"{parameter} in [compute] has a type that this region lacks: {error}") from error
            raise
        return max(kind["VCpuInfo"]["DefaultVCpus"] for kind in found)

    def quota(self, quota: str, kind: str, needed: int, parameters: str) -> str:
        """A quota of vCPUs is enough."""
        try:
            client = self.session.create_client("service-quotas")
            found = client.get_service_quota(ServiceCode="ec2", QuotaCode=quota)["Quota"]["Value"]
        except (BotoCoreError, ClientError) as error:
            raise NotChecked(f"the quota {quota} cannot be read ({error}); {needed} vCPUs are needed") from error
        if found < needed:
            raise Problem(
                f"{found:.0f} vCPUs of {kind} instances may run, and {needed} are needed; ask for a higher quota {quota} of EC2, or "
                f"lower {parameters} in [compute]"
            )
        return f"{found:.0f} vCPUs of {kind} instances may run, {needed} are needed"

    def findings(self):
        """Makes all checks."""
        checks = {
            "artifacts": self.check_artifacts,
            "certificate": self.check_certificate,
            "certificate of CloudFront": self.check_edge,
            "host name": self.check_zone,
            "mail": self.check_mail,
            "secret of the web servers": self.check_web_secret,
            "secret of the utility node": self.check_utility_secret,
            "sign-in": self.check_sign_in,
            "price": self.check_price,
            "webhook": self.check_webhook,
            "on-demand instances": self.check_on_demand,
            "Spot instances": self.check_spot,
        }
        for subject, check in checks.items():
            try:
                yield Finding(subject, Verdict.OK, check())
            except Problem as problem:
                yield Finding(subject, Verdict.PROBLEM, str(problem))
            except (NotChecked, BotoCoreError, ClientError) as reason:
                yield Finding(subject, Verdict.NOT_CHECKED, str(reason))


def code(error: ClientError) -> str:
    """The code of an error of AWS."""
    return error.response["Error"]["Code"]


def main() -> None:
    """Parses the command line and prints what was found."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("environment", type=Path, help="a file such as deploy/env/example.toml")
    options = arguments.parse_args()
    try:
        session = get_session()
        doctor = Doctor(Environment(options.environment, session), session)
        verdicts = set()
        for finding in doctor.findings():
            print(finding, flush=True)
            verdicts.add(finding.verdict)
    except (Refused, BotoCoreError, ClientError, OSError) as error:
        sys.exit(f"doctor: {error}")
    sys.exit(1 if Verdict.PROBLEM in verdicts else 0)


if __name__ == "__main__":
    main()
