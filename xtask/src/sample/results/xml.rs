//! Results that a test runner writes as XML. What is not XML has none.

use roxmltree::{Document, Node};

use crate::report::outcome::Test;

/// The `testcase` elements of JUnit's form, wherever they stand: each runner nests its suites in its own way.
pub fn junit(text: &str) -> Vec<Test> {
    all(text, "testcase", |case| {
        let name = case.attribute("name").unwrap_or_default();
        let name = case.attribute("classname").map_or(name.to_owned(), |class| format!("{class} {name}"));
        let seconds = case.attribute("time").and_then(|time| time.parse().ok()).unwrap_or(0.0);
        let failed = |part: &Node<'_, '_>| part.has_tag_name("failure") || part.has_tag_name("error");
        let failures = case.children().filter(failed);
        let words = failures.flat_map(|failure| [failure.attribute("message").unwrap_or_default(), words(failure)]);
        let failure = case.children().any(|part| failed(&part)).then(|| joined(words));
        Test { name, seconds, failure, skipped: case.children().any(|part| part.has_tag_name("skipped")) }
    })
}

/// The `UnitTestResult` elements of Visual Studio's form.
pub fn trx(text: &str) -> Vec<Test> {
    all(text, "UnitTestResult", |result| {
        let name = result.attribute("testName").unwrap_or_default().to_owned();
        let seconds = result.attribute("duration").and_then(clock).unwrap_or(0.0);
        let said = result.descendants().filter(|part| part.has_tag_name("Message") || part.has_tag_name("StackTrace"));
        let outcome = result.attribute("outcome").unwrap_or_default();
        let failure = (outcome == "Failed").then(|| joined(said.map(words)));
        Test { name, seconds, skipped: failure.is_none() && outcome != "Passed", failure }
    })
}

fn all(text: &str, name: &str, test: impl Fn(Node<'_, '_>) -> Test) -> Vec<Test> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    document.descendants().filter(|node| node.has_tag_name(name)).map(test).collect()
}

/// The text with which an element begins.
fn words<'a>(element: Node<'a, '_>) -> &'a str {
    element.text().unwrap_or_default()
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// `00:00:01.5000000` in seconds.
fn clock(text: &str) -> Option<f64> {
    text.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::outcome::Counts;

    #[test]
    fn junit_is_read_from_nested_suites() {
        let text = r#"<?xml version="1.0"?><testsuites><testcase name="top" time="0.5" classname="test"/>
            <testsuite name="group"><testcase name="bad" time="0.1"><failure type="x" message="1 == 2">
            at line &lt;7&gt;</failure></testcase><testcase name="later"><skipped/></testcase>
            <testcase name="broken"><error message="no"><![CDATA[trace & all]]></error></testcase></testsuite></testsuites>"#;
        let tests = junit(text);
        assert_eq!(Counts::of_tests(&tests).to_string(), "1 passed, 2 failed, 1 skipped");
        assert_eq!((tests[0].name.as_str(), tests[0].seconds), ("test top", 0.5));
        assert_eq!(tests[1].failure.as_deref(), Some("1 == 2\n\n            at line <7>"));
        assert_eq!(tests[3].failure.as_deref(), Some("no\ntrace & all"));
    }

    #[test]
    fn trx_is_read_with_messages() {
        let form = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
        let begin = format!("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<TestRun xmlns=\"{form}\">");
        let results = r#"<Results>
            <UnitTestResult testName="A.One" duration="00:00:01.5000000" outcome="Passed" />
            <UnitTestResult testName="A.Two" duration="00:00:00.1" outcome="Failed"><Output><ErrorInfo><Message>wrong</Message>
            <StackTrace>at A</StackTrace></ErrorInfo></Output></UnitTestResult>
            <UnitTestResult testName="A.Three" outcome="NotExecuted" /></Results></TestRun>"#;
        let tests = trx(&(begin + results));
        assert_eq!(Counts::of_tests(&tests).to_string(), "1 passed, 1 failed, 1 skipped");
        assert_eq!(tests[0].seconds, 1.5);
        assert_eq!(tests[1].failure.as_deref(), Some("wrong\nat A"));
    }
}
