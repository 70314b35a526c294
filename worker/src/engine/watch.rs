//! Watches the memory, the processes and the files of a run, for what no resource limit of a single
//! process bounds (proc(5)).

use super::sandbox::{ExceededLimit, Limits};
use std::collections::{HashMap, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The pause between two looks. A look takes about 2 ms.
const INTERVAL: Duration = Duration::from_millis(100);

/// The most files and folders in a scratch folder.
const MAX_FILES: u64 = 10_000;

/// The unit of `st_blocks` (stat(2)), in bytes.
const BLOCK_BYTES: u64 = 512;

/// Returns when the processes below `root` exceed a limit, or when the files in `folder` together
/// exceed `folder_bytes`.
pub(super) async fn exceeded(
    root: u32,
    folder: &Path,
    folder_bytes: u64,
    limits: Limits,
) -> ExceededLimit {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let folder = folder.to_owned();
        let look = move || look(root, &folder, folder_bytes, limits);
        // The future is dropped with the run, so a failed look cannot go unnoticed for long.
        if let Ok(Some(exceeded)) = tokio::task::spawn_blocking(look).await {
            return exceeded;
        }
    }
}

fn look(root: u32, folder: &Path, folder_bytes: u64, limits: Limits) -> Option<ExceededLimit> {
    let processes = descendants(root);
    if processes.values().sum::<u64>() > limits.tasks {
        return Some(ExceededLimit::Tasks);
    }
    if processes.keys().map(|pid| memory(*pid)).sum::<u64>() > limits.memory_bytes {
        return Some(ExceededLimit::Memory);
    }
    let files = files(folder);
    let unlinked = unlinked_bytes(processes.keys());
    if files.count > MAX_FILES || files.bytes.saturating_add(unlinked) > folder_bytes {
        return Some(ExceededLimit::Files);
    }
    None
}

/// The processes that descend from `root`, and itself, with the number of their threads.
fn descendants(root: u32) -> HashMap<u32, u64> {
    let mut children: HashMap<u32, Vec<(u32, u64)>> = HashMap::new();
    let mut found = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = fs::read(entry.path().join("stat")).unwrap_or_default();
        let Some((parent, threads)) = parent_and_threads(&String::from_utf8_lossy(&stat)) else {
            continue;
        };
        if pid == root {
            found.insert(pid, threads);
        } else {
            children.entry(parent).or_default().push((pid, threads));
        }
    }
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for (pid, threads) in children.remove(&parent).unwrap_or_default() {
            found.insert(pid, threads);
            open.push(pid);
        }
    }
    found
}

/// The parent's id and the number of threads in the text of `/proc/PID/stat`.
fn parent_and_threads(stat: &str) -> Option<(u32, u64)> {
    // The name of the program is in parentheses and may contain spaces and parentheses.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let threads = fields.nth(15)?.parse().ok()?;
    Some((parent, threads))
}

/// The memory of a process that is not backed by a file, in bytes. Pages that two processes share
/// count twice. 0 if the process has ended.
fn memory(pid: u32) -> u64 {
    let status = fs::read(format!("/proc/{pid}/status")).unwrap_or_default();
    memory_in(&String::from_utf8_lossy(&status))
}

fn memory_in(status: &str) -> u64 {
    kib_in(status, &["RssAnon:", "RssShmem:", "VmSwap:"]) * 1024
}

/// The sum of the values of some names in a text of proc(5).
fn kib_in(text: &str, names: &[&str]) -> u64 {
    let kib = text.lines().filter_map(|line| {
        let value = names.iter().find_map(|name| line.strip_prefix(name))?;
        value.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    });
    kib.sum()
}

/// The resident memory of several processes together, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Not backed by a file: what a run is limited in.
    pub(crate) own: u64,
    /// All pages, those that several processes share counted in each.
    pub(crate) resident: u64,
    /// All pages, each divided among the processes that share it (Pss of proc(5)).
    pub(crate) proportional: u64,
}

impl Memory {
    /// The larger of each.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            own: self.own.max(other.own),
            resident: self.resident.max(other.resident),
            proportional: self.proportional.max(other.proportional),
        }
    }
}

/// The memory of all processes that descend from this one.
pub(crate) fn memory_of_children() -> Memory {
    let me = std::process::id();
    let mut all = Memory::default();
    for pid in descendants(me).keys().filter(|pid| **pid != me) {
        // This fails for processes that have ended.
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        all.own += memory(*pid);
        all.resident += kib_in(&rollup, &["Rss:"]) * 1024;
        all.proportional += kib_in(&rollup, &["Pss:"]) * 1024;
    }
    all
}

/// The bytes of files that are open in the processes but no longer in any folder, which includes
/// files in memory (memfd_create(2)).
fn unlinked_bytes<'a>(pids: impl Iterator<Item = &'a u32>) -> u64 {
    let mut seen = HashSet::new();
    let mut bytes: u64 = 0;
    for pid in pids {
        // This fails for processes that have ended.
        for entry in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
            let Ok(file) = fs::metadata(entry.path()) else { continue };
            if file.is_file() && file.nlink() == 0 && seen.insert((file.dev(), file.ino())) {
                bytes = bytes.saturating_add(on_disk(&file));
            }
        }
    }
    bytes
}

/// The number and the size of the files and folders in a scratch folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Files {
    count: u64,
    bytes: u64,
}

/// Counts the files below a folder. It stops above the largest number of files.
fn files(folder: &Path) -> Files {
    let mut files = Files::default();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        // This fails if the folder has vanished.
        let _ = add_files(&folder, &mut files, &mut open);
        if files.count > MAX_FILES {
            break;
        }
    }
    files
}

fn add_files(folder: &Path, files: &mut Files, open: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        // Links are not followed. A file may vanish between the two calls.
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else { continue };
        files.count += 1;
        files.bytes = files.bytes.saturating_add(on_disk(&metadata));
        if metadata.is_dir() {
            open.push(entry.path());
        }
        if files.count > MAX_FILES {
            break;
        }
    }
    Ok(())
}

fn on_disk(file: &Metadata) -> u64 {
    file.blocks().saturating_mul(BLOCK_BYTES)
}

/// The bytes of the files in a folder on the disk.
pub(crate) fn folder_bytes(folder: &Path) -> u64 {
    files(folder).bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_parsed_for_any_program_name() {
        let stat = "7 (a ) b) S 3 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 9 0 1 0 0";
        assert_eq!(parent_and_threads(stat), Some((3, 9)));
        assert_eq!(parent_and_threads(""), None);
        let status = "VmRSS:\t 900 kB\nRssAnon:\t  10 kB\nRssFile:\t 800 kB\nRssShmem:\t 2 kB\n\
                      VmSwap:\t 1 kB\nThreads:\t5\n";
        assert_eq!(memory_in(status), 13 * 1024);
    }

    #[test]
    fn this_process_is_its_own_descendant_and_has_memory() {
        let me = std::process::id();
        assert!(descendants(me)[&me] > 0);
        assert!(memory(me) > 0);
    }

    #[test]
    fn files_are_counted_in_all_folders_and_without_a_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/file"), vec![1; 100_000]).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("link")).unwrap();
        let found = files(folder.path());
        assert_eq!(found.count, 3);
        assert!((100_000..200_000).contains(&found.bytes), "{found:?}");
        let open = fs::File::open(folder.path().join("deep/file")).unwrap();
        fs::remove_file(folder.path().join("deep/file")).unwrap();
        assert!(files(folder.path()).bytes < 100_000);
        assert!(unlinked_bytes([std::process::id()].iter()) >= 100_000);
        drop(open);
    }
}
