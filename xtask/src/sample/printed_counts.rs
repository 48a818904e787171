//! How many tests passed, read from what a test runner prints. Each framework closes with a line of its own; which
//! sample uses which is nobody's business here.

use crate::report::counts::Counts;

/// The tests that an output tells of, all runners together; nothing where it tells of none.
pub fn read(output: &str) -> Option<Counts> {
    let plain = anstream::adapter::strip_str(output).to_string();
    let mut counts = Counts::default();
    let mut told = false;
    for line in plain.lines().map(str::trim) {
        if let Some(line) = [libtest, node, go, maven, dotnet, testthat, plain_words].iter().find_map(|read| read(line))
        {
            counts += line;
            told = true;
        }
    }
    told.then_some(counts)
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; …` of Rust's libtest.
fn libtest(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix("test result: ")?;
    Some(Counts {
        passed: before(rest, " passed")?,
        failed: before(rest, " failed")?,
        skipped: before(rest, " ignored")?,
    })
}

/// `# pass 12` in TAP, `ℹ pass 12` on a terminal: `node --test` prints one line for each count.
fn node(line: &str) -> Option<Counts> {
    let (word, number) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?.split_once(' ')?;
    let number = number.parse().ok()?;
    match word {
        "pass" => Some(Counts { passed: number, ..Counts::default() }),
        "fail" | "cancelled" => Some(Counts { failed: number, ..Counts::default() }),
        "skipped" | "todo" => Some(Counts { skipped: number, ..Counts::default() }),
        _ => None,
    }
}

/// `--- PASS: TestHello (0.00s)` of `go test -v`: a line a test.
fn go(line: &str) -> Option<Counts> {
    let (word, _) = line.strip_prefix("--- ")?.split_once(": ")?;
    match word {
        "PASS" => Some(Counts { passed: 1, ..Counts::default() }),
        "FAIL" => Some(Counts { failed: 1, ..Counts::default() }),
        "SKIP" => Some(Counts { skipped: 1, ..Counts::default() }),
        _ => None,
    }
}

/// `[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0` of Maven's Surefire: the sum, not the lines of each class,
/// which say how long it took.
fn maven(line: &str) -> Option<Counts> {
    let at = line.find("Tests run: ").filter(|_| !line.contains("Time elapsed"))?;
    let rest = &line[at..];
    let failed = after(rest, "Failures: ")? + after(rest, "Errors: ")?;
    let skipped = after(rest, "Skipped: ")?;
    let passed = after(rest, "Tests run: ")?.checked_sub(failed + skipped)?;
    Some(Counts { passed, failed, skipped })
}

/// `Passed!  - Failed:     0, Passed:    12, Skipped:     0, Total:    12, …` of `dotnet test`.
fn dotnet(line: &str) -> Option<Counts> {
    let rest = ["Passed!", "Failed!", "Skipped!"].iter().find_map(|word| line.strip_prefix(word))?;
    Some(Counts { passed: after(rest, "Passed:")?, failed: after(rest, "Failed:")?, skipped: after(rest, "Skipped:")? })
}

/// `[ FAIL 0 | WARN 0 | SKIP 0 | PASS 50 ]` of testthat, which repeats the line as it goes: only the one with the
/// brackets at both ends of the line is the sum.
fn testthat(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix("[ FAIL ")?.strip_suffix(" ]")?;
    Some(Counts {
        failed: rest.split(' ').next()?.parse().ok()?,
        skipped: after(rest, "SKIP ")?,
        passed: after(rest, "PASS ")?,
    })
}

/// `30 passed, 0 failed, 1 skipped`, alone on a line, from a runner of a sample's own.
fn plain_words(line: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    for part in line.split(", ") {
        let (number, word) = part.split_once(' ')?;
        let number = number.parse().ok()?;
        match word {
            "passed" => counts.passed = number,
            "failed" => counts.failed = number,
            "skipped" => counts.skipped = number,
            _ => return None,
        }
    }
    Some(counts)
}

/// The number right before a word.
fn before(text: &str, word: &str) -> Option<usize> {
    text[..text.find(word)?].rsplit(' ').next()?.parse().ok()
}

/// The number right after a word.
fn after(text: &str, word: &str) -> Option<usize> {
    let rest = text[text.find(word)? + word.len()..].trim_start();
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(output: &str) -> Option<(usize, usize, usize)> {
        read(output).map(|counts| (counts.passed, counts.failed, counts.skipped))
    }

    #[test]
    fn each_runner_is_understood() {
        let libtest = "running 3 tests\n...\ntest result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(counts(libtest), Some((12, 0, 1)));
        let node =
            "# tests 41\n# suites 0\n# pass 38\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n# duration_ms 204.1";
        assert_eq!(counts(node), Some((38, 2, 1)));
        assert_eq!(counts(&node.replace("# ", "ℹ ")), Some((38, 2, 1)));
        let go =
            "=== RUN   TestA\n--- PASS: TestA (0.00s)\n    --- SKIP: TestA/b (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL";
        assert_eq!(counts(go), Some((1, 1, 1)));
        let maven = "[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in handler.A\n\
                     [\u{1b}[1;33mWARNING\u{1b}[m] Tests run: 45, Failures: 1, Errors: 2, Skipped: 3";
        assert_eq!(counts(maven), Some((39, 3, 3)));
        let dotnet = "Failed!  - Failed:     1, Passed:    12, Skipped:     2, Total:    15, Duration: 5 ms - Tests.dll (net10.0)";
        assert_eq!(counts(dotnet), Some((12, 1, 2)));
        assert_eq!(counts("[ FAIL 1 | WARN 0 | SKIP 2 | PASS 50 ]"), Some((50, 1, 2)));
        assert_eq!(counts("30 passed, 2 failed, 1 skipped"), Some((30, 2, 1)));
        assert_eq!(counts("30 passed, 2 failed"), Some((30, 2, 0)));
    }

    #[test]
    fn several_runners_add_up_and_other_words_do_not_count() {
        let twice =
            "test result: ok. 2 passed; 0 failed; 0 ignored; x\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; x";
        assert_eq!(counts(twice), Some((3, 1, 0)));
        assert_eq!(counts("ok  \thandler\t0.021s\nTests run: many\n30 passed, all is well"), None);
        assert_eq!(counts(""), None);
    }
}
