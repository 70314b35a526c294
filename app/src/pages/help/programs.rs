//! The help page about the command, the API and the Python client.

use super::code::Code;
use crate::api::{self, use_api_loader};
use crate::app::Route;
use crate::components::EXAMPLE_URL;
use crate::format;
use dioxus::prelude::*;
use gas_shared::program::ProgramDownload;

/// The settings that all examples use.
const SETTINGS: &str = "export GAS_URL=https://gas.example.org GAS_TOKEN=gas_…";

const BUILD: &str = "cargo install --locked --path cli";

const COMMAND: &str = "\
gas-cli annotate *.vcf.gz --output results
gas-cli jobs --status completed --json
gas-cli export ID --format xlsx --filter '{\"impacts\":[\"high\"]}'
gas-cli --help";

const API: &str = "\
curl -O \"$GAS_URL/api/annotate.sh\"
bash annotate.sh *.vcf.gz
curl -H \"Authorization: Bearer $GAS_TOKEN\" \"$GAS_URL/api/v1/jobs\"
curl -H \"Authorization: Bearer $GAS_TOKEN\" \"$GAS_URL/api/v1/jobs/ID\"
curl -L -H \"Authorization: Bearer $GAS_TOKEN\" \"$GAS_URL/api/v1/jobs/ID/result\" -o result.vcf.gz";

const INSTALL: &str = "pip install \"./clients/python[pandas]\"";

const PYTHON: &str = "\
from pathlib import Path
from gas_client import Client, read_table

folder = Path(\"results\")
folder.mkdir(exist_ok=True)
with Client() as gas:
    jobs = [gas.annotate(path) for path in Path(\".\").glob(\"*.vcf.gz\")]
    files = [gas.download(gas.wait(job), folder) for job in jobs]
table = read_table(files[0]).to_pandas()
print(table[table[\"IMPACT\"] == \"HIGH\"])";

/// How to annotate files from scripts.
#[component]
pub fn Programs() -> Element {
    rsx! {
        h2 { "Create a token" }
        p {
            "Create an API token on the page "
            Link { to: Route::Account {}, "Account" }
            ". Choose what it allows: reading jobs and results, and submitting, cancelling and deleting jobs. It is shown once."
        }
        p { "The examples below take the address of this service and the token from two variables:" }
        Code { name: "the settings", text: SETTINGS }
        h2 { "The command gas-cli" }
        p {
            "It validates files before it sends them, waits for the jobs, and downloads results and logs. It is a single \
             program for Linux that needs no installation."
        }
        SuspenseBoundary { fallback: |_| rsx! {}, GetCommand {} }
        p { "Then annotate files, and list and export their results:" }
        Code { name: "the commands", text: COMMAND }
        h2 { "The REST API" }
        p {
            "Nothing needs to be installed for the script "
            a { href: "/api/docs#script", "annotate.sh" }
            ": it uploads files, waits, and downloads the results with curl and Python 3. The "
            a { href: "/api/docs", "API reference" }
            " lists every request, and "
            a { href: "/api/v1/openapi.json", "openapi.json" }
            " is its OpenAPI document. Errors have a stable code; the Retry-After header of a 429 response says how long to wait. \
             Requests with the same Idempotency-Key create one job."
        }
        Code { name: "the requests", text: API }
        h2 { "The Python client" }
        p {
            "It has a method for every request of the API, and loads results into pandas and polars. Install it from the folder of the source code of GAS. It is not on PyPI: \
             the package "
            code { "gas-client" }
            " there belongs to another project."
        }
        Code { name: "the installation", text: INSTALL }
        Code { name: "the script", text: PYTHON }
    }
}

/// How to get the command: from this service if it offers it, otherwise from the source code.
#[component]
fn GetCommand() -> Element {
    let loaded = use_api_loader(api::program_download)?;
    // A service that does not answer offers nothing.
    match loaded.read().ok().flatten() {
        Some(program) => rsx! {
            p {
                "Download "
                a { href: "{program.path}", download: "{program.file_name}", "{program.file_name}" }
                " ({format::bytes(program.bytes)}) from this service, and compare its SHA-256 with "
                a { href: "{program.path}.sha256", "its checksum" }
                ":"
            }
            Code { name: "the download", text: download(&program) }
            p { "For other systems, build it in the folder of the source code of GAS:" }
            Code { name: "the installation of the command", text: BUILD }
        },
        None => rsx! {
            p {
                "Ask the operator of this service for it, or build it in the folder of the source code of GAS:"
            }
            Code { name: "the installation of the command", text: BUILD }
        },
    }
}

/// The commands that download the program and check it.
fn download(program: &ProgramDownload) -> String {
    let ProgramDownload { file_name, path, .. } = program;
    format!(
        "curl -fO {EXAMPLE_URL}{path}\n\
         curl -f {EXAMPLE_URL}{path}.sha256 | sha256sum --check\n\
         install -D {file_name} ~/.local/bin/gas-cli"
    )
}
