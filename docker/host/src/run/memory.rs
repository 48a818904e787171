//! What a peak took goes back to the system: the C library keeps what was freed for the next one.

use std::time::Duration;

const LOOK_SECONDS: u64 = 5;
/// By how much it has to have grown. Where nothing is free, that is found within a millisecond.
const LEAST_KIBIBYTES: u64 = 16 * 1024;

/// Gives back what is free, from now on and on a thread of its own, when the program has grown.
pub fn give_back_after_peaks() {
    // Without it the program is larger after a peak.
    _ = std::thread::Builder::new().name("memory".to_owned()).spawn(|| {
        let mut least = resident_kibibytes();
        while let (Some(before), Some(now)) = (least, resident_kibibytes()) {
            least = Some(before.min(now));
            if now > before + LEAST_KIBIBYTES {
                give_back();
            }
            std::thread::sleep(Duration::from_secs(LOOK_SECONDS));
        }
    });
}

/// How much memory the program takes; `None` where the system does not say.
fn resident_kibibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    resident.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_back() {
    #[expect(unsafe_code, reason = "glibc's own function, which looks at nothing but what is free")]
    unsafe extern "C" {
        safe fn malloc_trim(kept_bytes: usize) -> i32;
    }
    malloc_trim(0);
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}
