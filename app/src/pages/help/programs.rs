//! The help page about the command, the API and the Python client.

use crate::app::Route;
use crate::components::{CopyButton, EXAMPLE_URL, use_service_url};
use dioxus::prelude::*;

const COMMAND: &str = "\
export GAS_URL=https://gas.example.org GAS_TOKEN=gas_…
gas-cli annotate *.vcf.gz --output results
gas-cli jobs --status completed
gas-cli export ID --format xlsx --filter '{\"impacts\":[\"high\"]}'
gas-cli --help";

const API: &str = "\
curl -H \"Authorization: Bearer $GAS_TOKEN\" \"$GAS_URL/api/v1/jobs\"
curl -H \"Authorization: Bearer $GAS_TOKEN\" \"$GAS_URL/api/v1/jobs/ID\"
curl -L -H \"Authorization: Bearer $GAS_TOKEN\" \"$GAS_URL/api/v1/jobs/ID/result\" -o result.vcf.gz";

const PYTHON: &str = "\
from gas_client import Client, read_table

with Client(\"https://gas.example.org\", token=\"gas_…\") as gas:
    job = gas.wait(gas.annotate(\"sample.vcf.gz\"))
    table = read_table(gas.download(job, \".\")).to_pandas()
print(table[table[\"IMPACT\"] == \"HIGH\"])";

/// How to annotate files from scripts.
#[component]
pub fn Programs() -> Element {
    rsx! {
        h2 { "A token first" }
        p {
            "Create an API token on the page "
            Link { to: Route::Account {}, "Account" }
            ". Choose what it allows: reading jobs and results, and submitting, cancelling and deleting jobs. It is shown once."
        }
        h2 { "The command gas-cli" }
        p {
            "It validates files before it sends them, waits for the jobs, and downloads results and logs. It is one program for \
             Linux, without an installation; ask the operator of this service for it, or build it from the source code of GAS."
        }
        Code { name: "the commands", text: COMMAND }
        h2 { "The REST API" }
        p {
            "The "
            a { href: "/api/docs", "API reference" }
            " lists every request, and "
            a { href: "/api/v1/openapi.json", "openapi.json" }
            " is its OpenAPI document. Errors have a stable code; a response 429 says in Retry-After how long to wait. \
             Requests with the same Idempotency-Key create one job."
        }
        Code { name: "the requests", text: API }
        h2 { "The Python client" }
        p { "It loads results into pandas and polars." }
        Code { name: "the script", text: PYTHON }
    }
}

/// A text to copy.
#[component]
fn Code(name: &'static str, text: &'static str) -> Element {
    let text = text.replace(EXAMPLE_URL, &use_service_url());
    rsx! {
        div { class: "help-code",
            pre { tabindex: "0", role: "region", "aria-label": "Example: {name}", code { "{text}" } }
            CopyButton { text, label: name.to_owned() }
        }
    }
}
