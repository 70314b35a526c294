//! The ports of a stack. Finds free ports, and the processes that hold taken ones.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::error::{Error, Result};

/// State of a listening socket in `/proc/net/tcp`.
const LISTEN: &str = "0A";

/// The ports of a stack, all on 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The GAS web server.
    pub web: u16,
    /// MiniStack, which emulates all AWS services.
    pub aws: u16,
    /// PostgreSQL.
    pub postgres: u16,
    /// The identity provider.
    pub oidc: u16,
    /// The Glacier emulator.
    pub glacier: u16,
    /// The Stripe emulator.
    pub stripe: u16,
}

impl Ports {
    /// Finds free ports, for a stack that runs next to others.
    pub fn free() -> Result<Self> {
        let [web, aws, postgres, oidc, glacier, stripe] = free()?;
        Ok(Self { web, aws, postgres, oidc, glacier, stripe })
    }
}

/// Finds `N` free ports. All are held until the last one is found, so that they are distinct.
fn free<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let mut found = [0; N];
    for port in &mut found {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("find a free port"))?;
        *port = listener.local_addr().map_err(Error::io("read a free port"))?.port();
        held.push(listener);
    }
    Ok(found)
}

/// Checks that the stack can listen on all its ports.
pub(crate) fn check(ports: Ports) -> Result<()> {
    let parts = [
        ("the GAS web server", ports.web),
        ("MiniStack", ports.aws),
        ("PostgreSQL", ports.postgres),
        ("the identity provider", ports.oidc),
        ("the Glacier emulator", ports.glacier),
        ("the Stripe emulator", ports.stripe),
    ];
    for (part, port) in parts {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
            return Err(Error::PortTaken { part, port, holder: holder(port) });
        }
    }
    Ok(())
}

/// Describes the process that listens on a port, if this user may see it.
fn holder(port: u16) -> String {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
        .map(|path| fs::read_to_string(path).unwrap_or_default());
    tables
        .iter()
        .find_map(|table| listening_inode(table, port))
        .and_then(process_with_socket)
        .unwrap_or_else(|| "another process".to_owned())
}

/// Returns the inode number of a listening socket from the text of `/proc/net/tcp`.
fn listening_inode(table: &str, port: u16) -> Option<&str> {
    let suffix = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        (local.ends_with(&suffix) && *state == LISTEN).then_some(*inode)
    })
}

fn process_with_socket(inode: &str) -> Option<String> {
    let link = format!("socket:[{inode}]");
    let holds = |folder: &Path| {
        fs::read_dir(folder.join("fd")).is_ok_and(|files| {
            files.flatten().any(|file| {
                fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == link.as_str())
            })
        })
    };
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        holds(&entry.path()).then(|| {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            format!("{} (process {pid})", name.trim())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inode_is_that_of_the_listener_and_not_of_a_connection() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F90 0100007F:CAFE 01 00000000:00000000 00:00000000 00000000     0        0 111 1\n\
             1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1\n";
        assert_eq!(listening_inode(table, 8080), Some("222"));
        assert_eq!(listening_inode(table, 8081), None);
    }

    #[test]
    fn the_error_of_a_taken_port_names_the_part_and_the_process() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let [web, postgres, oidc, glacier, stripe] = free().unwrap();
        let error = check(Ports { web, aws: port, postgres, oidc, glacier, stripe })
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(&format!("port {port} for MiniStack is in use by ")), "{error}");
        assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
    }
}
