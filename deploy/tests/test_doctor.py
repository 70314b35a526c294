"""Runs the doctor on the emulator at AWS_ENDPOINT_URL, and on a server that plays OpenID provider and Stripe."""

import json
import re
import sys
import tempfile
import threading
import tomllib
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

from botocore.session import get_session

sys.path.insert(0, str(Path(__file__).parents[1]))
import deploy
import doctor
from doctor import Verdict

DOMAIN = "gas-doctor.example.org"
EVENTS_SOURCE = deploy.DEPLOY.parent / "backend/src/usecases/billing/stripe_event.rs"


class Services(BaseHTTPRequestHandler):
    """Answers with the objects of the test."""

    objects = {}

    def do_GET(self):
        found = self.objects.get(self.path)
        self.send_response(200 if found is not None else 404)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_):
        """Prints nothing."""


class EnvironmentOfAnOperator(unittest.TestCase):
    """An environment in which everything is right, and what the doctor says if one thing is not."""

    @classmethod
    def setUpClass(cls):
        cls.session = get_session()
        cls.server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.url = f"http://127.0.0.1:{cls.server.server_port}"
        cls.session.create_client("s3").create_bucket(Bucket="gas-doctor-artifacts")
        acm = cls.session.create_client("acm")
        cls.certificate = acm.request_certificate(DomainName="*.example.org")["CertificateArn"]
        cls.zone = cls.session.create_client("route53").create_hosted_zone(
            Name="example.org", CallerReference="doctor"
        )["HostedZone"]["Id"]
        ses = cls.session.create_client("sesv2")
        ses.create_email_identity(EmailIdentity="doctor.example.org")
        ses.put_account_details(
            MailType="TRANSACTIONAL",
            WebsiteURL=f"https://{DOMAIN}",
            UseCaseDescription="links to results",
            ProductionAccessEnabled=True,
        )

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        self.web = {key: "value" for key in doctor.WEB_KEYS + doctor.STRIPE_KEYS} | {
            "DATABASE_URL": "postgres://gas_web:x@db/gas?sslmode=verify-full&sslrootcert=/opt/gas/rds-global-bundle.pem",
            "GAS_OIDC_ISSUER": self.url,
            "GAS_STRIPE_PRICE_ID": "price_1",
            "GAS_UNSUBSCRIBE_KEY": "0123456789abcdef" * 2,
        }
        self.utility = {key: self.web.get(key, "gas@doctor.example.org") for key in doctor.UTILITY_KEYS}
        endpoint = {
            "url": f"https://{DOMAIN}/webhooks/stripe",
            "status": "enabled",
            "enabled_events": list(doctor.STRIPE_EVENTS),
        }
        Services.objects = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
            },
            "/v1/prices/price_1": {"active": True, "type": "recurring", "livemode": False},
            "/v1/webhook_endpoints?limit=100": {"data": [endpoint]},
        }
        self.endpoint = endpoint
        self.shared = {"Domain": DOMAIN, "CertificateArn": self.certificate, "MailIdentity": "doctor.example.org"}
        self.artifacts = "gas-doctor-artifacts"
        self.zone_id = self.zone
        self.billing = "stripe"
        self.edge = ""
        # The emulator does not keep these attributes. SES suppresses both kinds unless an operator changes that.
        account = self.session.create_client("sesv2").get_account()
        self.account = account | {"SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}}

    def examine(self) -> dict:
        """The findings by subject."""
        secrets = self.session.create_client("secretsmanager")
        for parameter, keys in (("WebSecretArn", self.web), ("UtilitySecretArn", self.utility)):
            made = secrets.create_secret(Name=f"{self.id()}-{parameter}", SecretString=json.dumps(keys))
            self.shared[parameter] = made["ARN"]
            self.addCleanup(secrets.delete_secret, SecretId=made["ARN"], ForceDeleteWithoutRecovery=True)
        lines = [f'prefix = "gas-doctor"\nartifacts = "{self.artifacts}"\n[shared]']
        lines += [f'{name} = "{value}"' for name, value in self.shared.items()]
        lines += ["[compute]", f'HostedZoneId = "{self.zone_id}"', f'Billing = "{self.billing}"']
        lines += [f'EdgeCertificateArn = "{self.edge}"']
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write("\n".join(lines))
            file.flush()
            environment = deploy.Environment(Path(file.name), self.session)
        with mock.patch.object(doctor.Doctor, "mail_account", return_value=self.account):
            findings = list(doctor.Doctor(environment, self.session, f"{self.url}/").findings())
        for finding in findings:
            self.assertNotIn(self.web["GAS_UNSUBSCRIBE_KEY"], str(finding), "no secret is printed")
        return {finding.subject: finding for finding in findings}

    def has_one_problem(self, subject: str, expected: str):
        """There is one problem, about this subject."""
        findings = self.examine()
        problems = [found for found in findings.values() if found.verdict is Verdict.PROBLEM]
        self.assertEqual([found.subject for found in problems], [subject], [str(found) for found in problems])
        self.assertRegex(problems[0].text, expected)

    def test_nothing_is_wrong(self):
        findings = self.examine()
        verdicts = {subject: found.verdict for subject, found in findings.items()}
        # The emulator has no service quotas.
        for subject in ("on-demand instances", "Spot instances"):
            self.assertIs(verdicts.pop(subject), Verdict.NOT_CHECKED, str(findings[subject]))
        self.assertIs(verdicts.pop("certificate of CloudFront"), Verdict.NOT_CHECKED)
        self.assertEqual(set(verdicts.values()), {Verdict.OK}, [str(found) for found in findings.values()])

    def test_a_service_without_billing_needs_no_stripe(self):
        self.billing = "none"
        for key in doctor.STRIPE_KEYS:
            del self.web[key]
        findings = self.examine()
        for subject in ("price", "webhook"):
            self.assertIs(findings[subject].verdict, Verdict.NOT_CHECKED, str(findings[subject]))
            self.assertIn("every user has Premium", findings[subject].text)
        self.assertIs(findings["secret of the web servers"].verdict, Verdict.OK)

    def test_a_missing_bucket(self):
        self.artifacts = "gas-doctor-nowhere"
        self.has_one_problem("artifacts", "create it in us-east-1")

    def test_a_certificate_of_another_domain(self):
        acm = self.session.create_client("acm")
        self.shared["CertificateArn"] = acm.request_certificate(DomainName="*.example.com")["CertificateArn"]
        self.has_one_problem("certificate", r"is for \*\.example\.com; request one for gas-doctor\.example\.org")

    def test_a_certificate_of_another_region(self):
        self.shared["CertificateArn"] = self.certificate.replace("us-east-1", "eu-west-1")
        self.has_one_problem("certificate", "is not in us-east-1")

    def test_cloudfront_with_a_certificate_and_a_key(self):
        self.edge, self.web[doctor.EDGE_KEY] = self.certificate, "0123456789abcdef" * 2
        self.assertIs(self.examine()["certificate of CloudFront"].verdict, Verdict.OK)

    def test_cloudfront_without_a_key(self):
        self.edge = self.certificate
        self.has_one_problem("certificate of CloudFront", "has no GAS_EDGE_KEY")

    def test_a_certificate_that_cloudfront_cannot_use(self):
        self.edge = self.certificate.replace("us-east-1", "eu-west-1")
        self.has_one_problem("certificate of CloudFront", "is not in us-east-1")

    def test_addresses_that_bounce_are_written_to_again(self):
        self.account["SuppressionAttributes"]["SuppressedReasons"].remove("COMPLAINT")
        self.has_one_problem("mail", "to addresses with COMPLAINT")

    def test_a_zone_without_the_domain(self):
        route53 = self.session.create_client("route53")
        made = route53.create_hosted_zone(Name="example.com", CallerReference="other")
        self.zone_id = made["HostedZone"]["Id"]
        self.has_one_problem("host name", "does not contain gas-doctor.example.org")

    def test_an_identity_that_ses_does_not_have(self):
        self.shared["MailIdentity"] = "nobody.example.org"
        self.has_one_problem("mail", "SES has no identity nobody.example.org")

    def test_a_missing_key(self):
        del self.web["GAS_STRIPE_PUBLISHABLE_KEY"]
        self.has_one_problem("secret of the web servers", "GAS_STRIPE_PUBLISHABLE_KEY missing in arn:")

    def test_a_database_without_verified_tls(self):
        self.utility["DATABASE_URL"] = "postgres://gas_utility:x@db/gas"
        self.has_one_problem("secret of the utility node", "no sslmode=verify-full")

    def test_different_keys_of_unsubscribe_links(self):
        self.utility["GAS_UNSUBSCRIBE_KEY"] = "x" * 32
        self.has_one_problem("secret of the utility node", "store the same key in both secrets")

    def test_an_earlier_key_that_is_too_short(self):
        for keys in (self.web, self.utility):
            keys["GAS_UNSUBSCRIBE_KEY"] += ",old"
        findings = self.examine()
        self.assertRegex(findings["secret of the web servers"].text, "fewer than 32 characters")

    def test_an_issuer_that_is_spelled_otherwise(self):
        Services.objects["/.well-known/openid-configuration"]["issuer"] = f"{self.url}/"
        self.has_one_problem("sign-in", f"must be '{self.url}/'")

    def test_an_issuer_without_discovery(self):
        del Services.objects["/.well-known/openid-configuration"]
        self.has_one_problem("sign-in", "correct GAS_OIDC_ISSUER")

    def test_a_price_that_does_not_recur(self):
        Services.objects["/v1/prices/price_1"]["type"] = "one_time"
        self.has_one_problem("price", "not an active, recurring price")

    def test_a_webhook_without_an_event(self):
        self.endpoint["enabled_events"].remove("invoice.paid")
        self.has_one_problem("webhook", "lacks invoice.paid; add them")

    def test_no_webhook(self):
        self.endpoint["status"] = "disabled"
        self.has_one_problem("webhook", f"no enabled webhook endpoint https://{DOMAIN}/webhooks/stripe")

    def test_all_events_that_the_web_server_handles_are_asked_for(self):
        handled = re.findall(
            r'"((?:charge|checkout|customer|invoice)\.[a-z_.]+)"(?=\s*(?:\||=>))', EVENTS_SOURCE.read_text()
        )
        self.assertEqual(sorted(set(handled)), sorted(doctor.STRIPE_EVENTS))


class Quotas(unittest.TestCase):
    """The vCPUs that the machines of an environment need. The emulator has no quotas."""

    def examine(self, compute: str, on_demand: float, spot: float) -> dict:
        """What is found in an account with these quotas, with types of 2 vCPUs for web servers, and up to 8 for workers."""
        quotas = {doctor.ON_DEMAND_QUOTA: on_demand, doctor.SPOT_QUOTA: spot}
        clients = {"ec2": mock.Mock(), "service-quotas": mock.Mock()}
        clients["ec2"].describe_instance_types.side_effect = lambda InstanceTypes: {
            "InstanceTypes": [{"VCpuInfo": {"DefaultVCpus": 2 if "small" in kind else 8}} for kind in InstanceTypes]
        }
        clients["service-quotas"].get_service_quota.side_effect = lambda ServiceCode, QuotaCode: {
            "Quota": {"Value": quotas[QuotaCode]}
        }
        environment = mock.Mock(settings={"compute": tomllib.loads(compute)})
        examined = doctor.Doctor(environment, mock.Mock(create_client=clients.get))
        found = {}
        for kind, check in (("on-demand", examined.check_on_demand), ("Spot", examined.check_spot)):
            try:
                found[kind] = check()
            except doctor.Problem as problem:
                found[kind] = f"problem: {problem}"
        return found

    def test_defaults_fit_an_account_with_enough(self):
        # Six web servers and the utility node, one worker; nine more workers.
        found = self.examine("", on_demand=22, spot=72)
        self.assertIn("22 vCPUs of on-demand instances may run, 22 are needed", found["on-demand"])
        self.assertIn("72 are needed", found["Spot"])

    def test_a_new_account_is_told_what_to_ask_for(self):
        found = self.examine("WebMax = 2\nWorkerMax = 3", on_demand=5, spot=5)
        self.assertRegex(found["on-demand"], "problem: 5 vCPUs .* and 14 are needed; .*L-1216C47A .*WebMax or WorkersOnDemand")
        self.assertRegex(found["Spot"], "problem: 5 vCPUs .* and 16 are needed; .*L-34B43A08 .*WorkerMax")

    def test_without_spot_nothing_of_it_is_needed(self):
        found = self.examine("WorkerMax = 2\nWorkersOnDemand = 4", on_demand=30, spot=0)
        self.assertIn("30 are needed", found["on-demand"], "no more than WorkerMax")
        self.assertIn("0 are needed", found["Spot"])


class Names(unittest.TestCase):
    """Names of certificates."""

    def test_a_wildcard_stands_for_one_label(self):
        self.assertTrue(doctor.covers(["*.example.org"], "gas.example.org"))
        self.assertFalse(doctor.covers(["*.example.org"], "a.gas.example.org"))
        self.assertFalse(doctor.covers(["*.example.org"], "example.org"))


if __name__ == "__main__":
    unittest.main()
