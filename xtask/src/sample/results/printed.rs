//! Results that a test runner prints.

use std::collections::HashMap;

use serde::Deserialize;

use crate::report::outcome::Test;

/// The tests of a runner that only counts have no names.
pub fn counts(output: &str) -> Vec<Test> {
    let plain = anstream::adapter::strip_str(output).to_string();
    let numbers = plain.lines().rev().find_map(|line| numbers(line.trim()));
    let [passed, failed, skipped] = numbers.unwrap_or_default();
    let numbered = |count: usize, word: &'static str| (1..=count).map(move |number| format!("{word} {number}"));
    let passed = numbered(passed, "passed").map(Test::passed);
    let failed = numbered(failed, "failed").map(|name| Test::failed(name, "see what the runner printed".to_owned()));
    passed.chain(failed).chain(numbered(skipped, "skipped").map(Test::skipped)).collect()
}

fn numbers(line: &str) -> Option<[usize; 3]> {
    let mut parts = line.split(", ");
    let mut number = |word: &str| parts.next()?.strip_suffix(word)?.trim_end().parse().ok();
    let numbers = [number("passed")?, number("failed")?, number("skipped")?];
    parts.next().is_none().then_some(numbers)
}

/// A line of `go test -json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GoEvent {
    action: String,
    package: Option<String>,
    test: Option<String>,
    elapsed: Option<f64>,
    output: Option<String>,
}

/// The lines of `go test -json`; other lines between them are left out.
pub fn go(output: &str) -> Vec<Test> {
    let mut tests = Vec::new();
    let mut printed: HashMap<String, String> = HashMap::new();
    for event in output.lines().filter_map(|line| serde_json::from_str::<GoEvent>(line).ok()) {
        let Some(test) = event.test else { continue };
        let name = format!("{} {test}", event.package.unwrap_or_default());
        let seconds = event.elapsed.unwrap_or(0.0);
        match event.action.as_str() {
            "output" => printed.entry(name).or_default().push_str(&event.output.unwrap_or_default()),
            "pass" => tests.push(Test { seconds, ..Test::passed(name) }),
            "skip" => tests.push(Test { seconds, ..Test::skipped(name) }),
            "fail" => {
                let message = printed.remove(&name).unwrap_or_default();
                tests.push(Test { seconds, ..Test::failed(name, message) });
            }
            _ => {}
        }
    }
    tests
}

/// `test a::b ... ok` of Rust's libtest. What a failed test printed stands under `---- a::b stdout ----`.
pub fn libtest(output: &str) -> Vec<Test> {
    let plain = anstream::adapter::strip_str(output).to_string();
    let message = |name: &str| {
        let (_, printed) = plain.split_once(&format!("---- {name} stdout ----\n"))?;
        Some(printed.split("\n---- ").next()?.split("\nfailures:\n").next()?.trim().to_owned())
    };
    let of_line = |line: &str| {
        let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
        let name = name.to_owned();
        match result.split([',', ' ']).next()? {
            "ok" => Some(Test::passed(name)),
            "ignored" => Some(Test::skipped(name)),
            "FAILED" => Some(Test::failed(name.clone(), message(&name).unwrap_or_default())),
            _ => None,
        }
    };
    plain.lines().filter_map(of_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::outcome::Counts;

    fn sum(tests: &[Test]) -> String {
        Counts::of_tests(tests).to_string()
    }

    #[test]
    fn counts_are_a_line_of_their_own() {
        assert_eq!(sum(&counts("ok\n30 passed, 2 failed, 1 skipped\n")), "30 passed, 2 failed, 1 skipped");
        assert_eq!(sum(&counts("30 passed, all is well")), "0 passed, 0 failed, 0 skipped");
    }

    #[test]
    fn go_tests_have_names_times_and_words() {
        let output = "go: downloading x\n\
            {\"Action\":\"output\",\"Package\":\"p\",\"Test\":\"TestB\",\"Output\":\"b.go:7: wrong\\n\"}\n\
            {\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"TestA/one\",\"Elapsed\":0.5}\n\
            {\"Action\":\"skip\",\"Package\":\"p\",\"Test\":\"TestC\",\"Elapsed\":0}\n\
            {\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"TestB\",\"Elapsed\":0}\n\
            {\"Action\":\"fail\",\"Package\":\"p\",\"Elapsed\":0.9}\n";
        let tests = go(output);
        assert_eq!(sum(&tests), "1 passed, 1 failed, 1 skipped");
        assert_eq!((tests[0].name.as_str(), tests[0].seconds), ("p TestA/one", 0.5));
        assert_eq!(tests[2].failure.as_deref(), Some("b.go:7: wrong\n"));
    }

    #[test]
    fn libtest_names_what_failed_and_why() {
        let output = "running 3 tests\ntest a::one ... ok\ntest two ... FAILED\ntest three ... ignored, takes minutes\n\n\
            failures:\n\n---- two stdout ----\n\nthread 'two' panicked at x.rs:1:1:\nno\n\n\nfailures:\n    two\n\n\
            test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        let tests = libtest(output);
        assert_eq!(sum(&tests), "1 passed, 1 failed, 1 skipped");
        assert_eq!(tests[1].failure.as_deref(), Some("thread 'two' panicked at x.rs:1:1:\nno"));
    }
}
