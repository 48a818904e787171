//! What a text takes of memory.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dotnet_text::document::Document;

const MOST_KIB: u64 = 64 * 1024;

/// The most that this process has ever had.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_long_name_above_many_values_is_not_kept_for_each_of_them() {
    let name = "n".repeat(30_000);
    let text = format!("{{\"{name}\": [{}]}}", ["0"; 10_000].join(","));
    let before = peak_kib();
    let document = Document::parse(&text).unwrap();
    assert_eq!(document.start(&format!("{name}[9999]")).map(|at| at.line), Some(1));
    let grown = peak_kib() - before;
    assert!(grown < MOST_KIB, "{grown} KiB");
}
