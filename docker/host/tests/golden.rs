//! Replays what a real Functions host did and holds this host against it: one verdict per recording (tests/golden/README.md).
//!
//! The recorder that made the recordings repeats them against the `mini-host` binary; `compare.mjs` beside it compares in the
//! canonical form. What differs must be listed in known-differences.toml, and what is listed must differ.
//!
//! Recordings marked `slow` take minutes each and run with `--ignored` or `--include-ignored`. Recordings that need storage run
//! on an Azurite of their own, or on the account whose connection string `GOLDEN_STORAGE` holds. A filter replays only what it
//! names: `cargo test -p mini-host --test golden -- K08`.

#[path = "../../storage/tests/support/azurite.rs"]
#[allow(clippy::expect_used, clippy::panic, reason = "an emulator that does not come up ends the test program")]
mod azurite;
#[path = "golden/listed.rs"]
mod listed;
#[path = "golden/recording.rs"]
mod recording;
#[path = "golden/replay.rs"]
mod replay;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use azurite::Azurite;
use listed::Listed;
use recording::Recording;
use replay::Verdict;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
const KNOWN_DIFFERENCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/known-differences.toml");

fn main() -> ExitCode {
    match run(&Arguments::from_args()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let recordings = recording::all(&Path::new(GOLDEN).join("recordings"))?;
    let listed = listed::read(Path::new(KNOWN_DIFFERENCES))?;
    let given = std::env::var("GOLDEN_STORAGE").ok().filter(|text| !text.is_empty());
    let emulator = if given.is_some() || arguments.list { None } else { Azurite::start() };
    let storage = given.or_else(|| emulator.as_ref().map(Azurite::connection_string));
    let (runnable, without_storage): (Vec<_>, Vec<_>) =
        recordings.iter().partition(|recording| storage.is_some() || !recording.needs_storage());
    let chosen: Vec<_> = runnable.iter().copied().filter(|recording| is_chosen(arguments, recording)).collect();
    let verdicts = if arguments.list || chosen.is_empty() {
        BTreeMap::new()
    } else {
        replay::replay(Path::new(GOLDEN), &chosen, storage.as_deref())?
    };
    let trials =
        runnable.iter().map(|recording| trial(recording, verdicts.get(&recording.id), listed.get(&recording.id)));
    let conclusion = libtest_mimic::run(arguments, trials.collect());
    if !arguments.list {
        print_table(&chosen, &verdicts, &listed);
        if !without_storage.is_empty() {
            println!(
                "not replayed: {} recordings that need storage\nhint: run `npm ci` in `docker/azurite`",
                without_storage.len()
            );
        }
        for id in listed.keys().filter(|id| !recordings.iter().any(|recording| recording.id == **id)) {
            println!("known-differences.toml lists `{id}`, which is not among the recordings here");
        }
    }
    Ok(conclusion.exit_code())
}

/// Whether libtest-mimic will run a recording's trial, so that nothing is replayed in vain.
fn is_chosen(arguments: &Arguments, recording: &Recording) -> bool {
    let name = recording.trial_name();
    let named = |filter: &String| if arguments.exact { name == *filter } else { name.contains(filter.as_str()) };
    let slow = recording.is_slow();
    (if arguments.ignored { slow } else { !slow || arguments.include_ignored })
        && arguments.filter.as_ref().is_none_or(named)
        && !arguments.skip.iter().any(named)
}

fn trial(recording: &Recording, verdict: Option<&Verdict>, listed: Option<&Listed>) -> Trial {
    let outcome = outcome(recording, verdict, listed);
    let slow = recording.is_slow();
    Trial::test(recording.trial_name(), move || outcome.map_err(Failed::from)).with_ignored_flag(slow)
}

fn outcome(recording: &Recording, verdict: Option<&Verdict>, listed: Option<&Listed>) -> Result<(), String> {
    match (verdict, listed) {
        (Some(Verdict::Same), None) => Ok(()),
        (Some(Verdict::Same), Some(_)) if recording.is_unstable() => Ok(()),
        (Some(Verdict::Same), Some(_)) => Err(format!(
            "`{}` no longer differs from the recording\nhint: remove its entry from known-differences.toml",
            recording.id
        )),
        (Some(Verdict::Differs(_)), Some(_)) => Ok(()),
        // The real host itself gave two outcomes, of which the recording has one.
        (Some(Verdict::Differs(_)), None) if recording.is_unstable() => Ok(()),
        (Some(Verdict::Differs(details)), None) => {
            Err(format!("{}: differs from the recording (A is the real host, B this one)\n{details}", recording.title))
        }
        (Some(Verdict::Missing) | None, _) => {
            Err(format!("{}: not replayed; see the recorder's output above", recording.title))
        }
    }
}

/// One line per group: how many are identical, listed, unstable, different, missing.
fn print_table(chosen: &[&Recording], verdicts: &BTreeMap<String, Verdict>, listed: &BTreeMap<String, Listed>) {
    const COLUMNS: [&str; 5] = ["identical", "listed", "unstable", "differs", "missing"];
    let mut rows: BTreeMap<&str, [usize; COLUMNS.len()]> = BTreeMap::new();
    for recording in chosen {
        let column = match verdicts.get(&recording.id) {
            Some(Verdict::Same) => 0,
            Some(Verdict::Differs(_)) if listed.contains_key(&recording.id) => 1,
            Some(Verdict::Differs(_)) if recording.is_unstable() => 2,
            Some(Verdict::Differs(_)) => 3,
            Some(Verdict::Missing) | None => 4,
        };
        rows.entry(&recording.group).or_default()[column] += 1;
    }
    let line = |name: &str, cells: [String; COLUMNS.len()]| {
        println!("{name:16}{}", cells.map(|cell| format!("{cell:>11}")).concat());
    };
    line("", COLUMNS.map(str::to_owned));
    let mut total = [0; COLUMNS.len()];
    for (group, counts) in &rows {
        line(group, counts.map(|count| count.to_string()));
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    line("total", total.map(|count| count.to_string()));
}
