//! Measures the time and memory of a program through Linux' `/proc` (proc(5)).

use anyhow::{Context, Result, bail};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time and memory of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// CPU time, user and system, in seconds.
    pub(super) cpu: f64,
    /// Wall-clock time, in seconds.
    pub(super) wall: f64,
    /// Peak resident memory, in MiB. It includes the pages of mapped files, which other processes share.
    pub(super) rss_mib: f64,
    /// Peak resident memory without mapped files, in MiB, as it was seen every 2 ms.
    pub(super) own_mib: f64,
}

/// Clock ticks per second in `/proc`; the same on all current Linux architectures.
const TICKS: f64 = 100.0;

/// Runs a program until it exits.
pub(super) fn measure(command: &mut Command) -> Result<Usage> {
    let clock = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let folder = format!("/proc/{}", child.id());
    let (mut rss_mib, mut own_mib) = (0.0, 0.0_f64);
    // A zombie process keeps the sums of its times until the parent waits for it.
    let ticks = loop {
        let stat = fs::read_to_string(format!("{folder}/stat")).context("no /proc")?;
        let (state, ticks) =
            state_and_ticks(&stat).context("unexpected content of /proc/PID/stat")?;
        if state == 'Z' {
            break ticks;
        }
        let status = fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        rss_mib = mib_of(&status, "VmHWM:").unwrap_or(rss_mib);
        own_mib = own_mib.max(mib_of(&status, "RssAnon:").unwrap_or_default());
        std::thread::sleep(Duration::from_millis(2));
    };
    let wall = clock.elapsed().as_secs_f64();
    let status = child.wait()?;
    if !status.success() {
        bail!("the program exited with {status}");
    }
    Ok(Usage { cpu: ticks / TICKS, wall, rss_mib, own_mib })
}

/// Parses the state and the clock ticks, user plus system, from `/proc/PID/stat`.
fn state_and_ticks(stat: &str) -> Option<(char, f64)> {
    // The name of the program is in parentheses and may contain spaces and parentheses.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let user: f64 = fields.nth(10)?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((state, user + system))
}

/// The value of a field of `/proc/PID/status` in MiB.
fn mib_of(status: &str, field: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

/// The median.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_stat_is_parsed_for_any_program_name() {
        let stat = "7 (a ) b) Z 1 7 7 0 -1 4227084 103 0 0 0 30 5 0 0 20 0 1 0 1 0 0";
        assert_eq!(state_and_ticks(stat), Some(('Z', 35.0)));
        assert_eq!(mib_of("VmPeak:\t9 kB\nVmHWM:\t  2048 kB\n", "VmHWM:"), Some(2.0));
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
    }
}
