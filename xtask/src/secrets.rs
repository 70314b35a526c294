//! Searches the files of the repository for secrets, by the forms that their issuers give them.

use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The form of a kind of secret: a fixed prefix, then at least `least` characters of an alphabet.
struct Form {
    name: &'static str,
    prefix: &'static str,
    least: usize,
    alphabet: fn(char) -> bool,
}

const FORMS: &[Form] = &[
    Form { name: "AWS access key", prefix: "AKIA", least: 16, alphabet: is_upper },
    Form { name: "AWS temporary access key", prefix: "ASIA", least: 16, alphabet: is_upper },
    Form { name: "Stripe secret key", prefix: "sk_live_", least: 16, alphabet: is_alphanumeric },
    Form {
        name: "Stripe restricted key",
        prefix: "rk_live_",
        least: 16,
        alphabet: is_alphanumeric,
    },
    // Also of test mode: it gives access to a real account.
    Form { name: "Stripe test key", prefix: "sk_test_", least: 24, alphabet: is_alphanumeric },
    Form {
        name: "Stripe restricted test key",
        prefix: "rk_test_",
        least: 24,
        alphabet: is_alphanumeric,
    },
    Form { name: "Stripe webhook secret", prefix: "whsec_", least: 24, alphabet: is_alphanumeric },
    Form { name: "GitHub token", prefix: "ghp_", least: 36, alphabet: is_alphanumeric },
    Form { name: "GitHub OAuth token", prefix: "gho_", least: 36, alphabet: is_alphanumeric },
    Form { name: "GitHub server token", prefix: "ghs_", least: 36, alphabet: is_alphanumeric },
    Form { name: "GitHub token", prefix: "github_pat_", least: 22, alphabet: is_word },
    Form { name: "GitLab token", prefix: "glpat-", least: 20, alphabet: is_word },
    Form { name: "Slack token", prefix: "xoxb-", least: 10, alphabet: is_word },
    Form { name: "Slack token", prefix: "xoxp-", least: 10, alphabet: is_word },
    Form { name: "Google API key", prefix: "AIza", least: 35, alphabet: is_word },
    Form { name: "npm token", prefix: "npm_", least: 36, alphabet: is_alphanumeric },
    Form { name: "crates.io token", prefix: "cio", least: 32, alphabet: is_alphanumeric },
    Form {
        name: "private key",
        prefix: concat!("-----BEGIN ", "PRIVATE KEY-----"),
        least: 0,
        alphabet: is_word,
    },
    Form {
        name: "RSA private key",
        prefix: concat!("-----BEGIN ", "RSA PRIVATE KEY-----"),
        least: 0,
        alphabet: is_word,
    },
    Form {
        name: "EC private key",
        prefix: concat!("-----BEGIN ", "EC PRIVATE KEY-----"),
        least: 0,
        alphabet: is_word,
    },
    Form {
        name: "SSH private key",
        prefix: concat!("-----BEGIN ", "OPENSSH PRIVATE KEY-----"),
        least: 0,
        alphabet: is_word,
    },
];

/// Texts of these forms that are no secrets, each with the reason.
const ALLOWED: &[(&str, &str)] = &[(
    concat!("AKIA", "IOSFODNN7EXAMPLE"),
    "the key of the examples in the AWS documentation, which sign with it",
)];

/// Fails if a tracked file contains a secret. The error names file, line and form, not the secret.
pub(crate) fn scan(root: &Path) -> Result<()> {
    let mut git = Command::new("git");
    let listed = git.args(["ls-files", "-z"]).current_dir(root).output();
    let listed = listed.context("failed to start git")?;
    if !listed.status.success() {
        bail!("git ls-files exited with {}", listed.status);
    }
    let mut found = String::new();
    let names = String::from_utf8(listed.stdout).context("git listed a name that is not UTF-8")?;
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        // A file that is deleted, but still tracked, has no content.
        let Ok(bytes) = fs::read(root.join(name)) else { continue };
        for (line, form) in secrets_in(&String::from_utf8_lossy(&bytes)) {
            writeln!(found, "{name}:{line}: {form}")?;
        }
    }
    if !found.is_empty() {
        bail!(
            "these lines look like secrets; revoke them and remove them from the history, or add an \
             exception with its reason to xtask/src/secrets.rs:\n{found}"
        );
    }
    Ok(())
}

/// The lines, from 1, that contain a secret, and its form.
fn secrets_in(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let is_found =
            |form: &&Form| line.match_indices(form.prefix).any(|(at, _)| is_secret(line, at, form));
        found.extend(FORMS.iter().filter(is_found).map(|form| (number, form.name)));
    }
    found
}

fn is_secret(line: &str, at: usize, form: &Form) -> bool {
    let (before, text) = line.split_at(at);
    // Not in the middle of a longer word, such as a hash.
    let begins = !before.ends_with(is_alphanumeric);
    let length = text[form.prefix.len()..].chars().take_while(|c| (form.alphabet)(*c)).count();
    let is_allowed = ALLOWED.iter().any(|(allowed, _)| text.starts_with(allowed));
    begins && length >= form.least && !is_allowed
}

fn is_upper(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit()
}

fn is_alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_secret_is_found_with_its_line() {
        for form in FORMS {
            let secret = format!("{}{}", form.prefix, "A1B2C3D4E5F6".repeat(4));
            let text = format!("first line\nkey = \"{secret}\"\n");
            assert_eq!(secrets_in(&text), [(2, form.name)], "{}", form.name);
        }
    }

    #[test]
    fn texts_that_only_resemble_secrets_are_not_reported() {
        for text in [
            concat!("AKIA", "IOSFODNN7EXAMPLE"),
            "keys begin with sk_live_ or rk_live_",
            "sk_test_local, whsec_test and ghp_ are no secrets",
            "0123AKIA0123456789ABCDEF",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----",
        ] {
            assert_eq!(secrets_in(text), [], "{text}");
        }
    }

    #[test]
    fn the_scan_reads_the_tracked_files_and_fails_on_a_secret() {
        let folder = std::env::temp_dir().join(format!("gas-secrets-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let git = |arguments: &[&str]| {
            let status = Command::new("git").args(arguments).current_dir(&folder).status();
            assert!(status.unwrap().success());
        };
        git(&["init", "--quiet"]);
        fs::write(folder.join("a.txt"), "nothing here\n").unwrap();
        git(&["add", "a.txt"]);
        scan(&folder).unwrap();
        let secret = format!("sk_live_{}", "x1".repeat(12));
        fs::write(folder.join("b.txt"), format!("\n{secret}\n")).unwrap();
        scan(&folder).unwrap();
        git(&["add", "b.txt"]);
        let error = scan(&folder).unwrap_err().to_string();
        assert!(
            error.contains("b.txt:2: Stripe secret key") && !error.contains(&secret),
            "{error}"
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
