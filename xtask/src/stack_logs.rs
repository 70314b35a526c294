//! The ends of the logs of a stack whose work has failed. A machine for continuous integration keeps the output of a
//! command, but not the data of its stack.

use serde_json::Value;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The number of lines of each log.
const LINES: usize = 25;

/// The length to which a line is cut, in characters.
const CHARS: usize = 300;

/// The levels of lines about normal operation.
const ROUTINE: [&str; 3] = ["INFO", "DEBUG", "TRACE"];

/// Prints the last lines of each log of a folder, without those about normal operation.
pub(crate) fn print_ends(logs: &Path) {
    let entries = fs::read_dir(logs).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().display();
        match File::open(&path).map(|file| last_lines(BufReader::new(file))) {
            Ok(lines) if lines.is_empty() => eprintln!("gas: log of {name}: no warnings"),
            Ok(lines) => {
                eprintln!("gas: log of {name}:");
                lines.iter().for_each(|line| eprintln!("  {line}"));
            }
            Err(error) => eprintln!("gas: log of {name} cannot be read: {error}"),
        }
    }
}

/// The last lines of a log, without those about normal operation.
fn last_lines(log: impl BufRead) -> VecDeque<String> {
    let mut last = VecDeque::with_capacity(LINES);
    for line in log.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() || level(&line).is_some_and(|level| ROUTINE.contains(&&*level)) {
            continue;
        }
        if last.len() == LINES {
            last.pop_front();
        }
        last.push_back(line.chars().take(CHARS).collect());
    }
    last
}

/// The level of a line: a field of a JSON object, or the first word behind the time. A line without a level, such as that
/// of a panic, has its first word instead, or none.
fn level(line: &str) -> Option<String> {
    if line.starts_with('{') {
        let entry: Value = serde_json::from_str(line).ok()?;
        return Some(entry.get("level")?.as_str()?.to_owned());
    }
    let words =
        line.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    // The parts of the time, and numbers of processes.
    let mut words = words.skip_while(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    words.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_about_normal_operation_are_left_out() {
        let log = "\
            2026-11-30T10:00:00.000001Z  INFO gas_web: started\n\
            2026-11-30T10:00:01.000001Z  WARN gas_web: live event lost user_id=1\n\
            {\"timestamp\":\"2026-11-30T10:00:02Z\",\"level\":\"INFO\",\"fields\":{\"message\":\"started\"}}\n\
            {\"timestamp\":\"2026-11-30T10:00:03Z\",\"level\":\"ERROR\",\"fields\":{\"message\":\"failed\"}}\n\
            2026-11-30 10:00:04 INFO [ministack] GET /\n\
            2026-11-30 10:00:05 ERROR [ministack] Traceback\n\
            [2026-11-30 10:00:06 +0000] [7] [INFO] Running\n\
            \n\
            thread 'main' panicked at src/main.rs:1:1:\n\
            [stack] exited unexpectedly; restarting it\n\
            the INFO column of the file is empty\n";
        let lines = last_lines(log.as_bytes());
        let starts: Vec<&str> = lines.iter().map(|line| &line[..30]).collect();
        assert_eq!(
            starts,
            [
                "2026-11-30T10:00:01.000001Z  W",
                "{\"timestamp\":\"2026-11-30T10:00",
                "2026-11-30 10:00:05 ERROR [min",
                "thread 'main' panicked at src/",
                "[stack] exited unexpectedly; r",
                "the INFO column of the file is",
            ]
        );
    }

    #[test]
    fn the_last_lines_are_cut() {
        let log: String =
            (0..40).map(|number| format!("{} é{number}\n", "x".repeat(400))).collect();
        let lines = last_lines(format!("{log}short").as_bytes());
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines[0].chars().count(), CHARS);
        assert_eq!(lines[LINES - 1], "short");
    }
}
