//! Results that a test runner writes as XML.

use std::path::Path;

use anyhow::{Result, anyhow};
use roxmltree::{Document, Error, Node, ParsingOptions, TextPos};

use crate::report::outcome::Test;

/// The `testcase` elements of JUnit's form, wherever they stand: each runner nests its suites in its own way. `file` is for the error only.
pub fn junit(file: &Path, text: &str) -> Result<Vec<Test>> {
    all(file, text, "testcase", |case| {
        let name = case.attribute("name").unwrap_or_default();
        let name = case.attribute("classname").map_or(name.to_owned(), |class| format!("{class} {name}"));
        let seconds = case.attribute("time").and_then(|time| time.parse().ok()).unwrap_or(0.0);
        let failed = |part: &Node<'_, '_>| part.has_tag_name("failure") || part.has_tag_name("error");
        let failures = case.children().filter(failed);
        let words =
            failures.flat_map(|failure| [failure.attribute("message").unwrap_or_default().to_owned(), words(failure)]);
        let failure = case.children().any(|part| failed(&part)).then(|| joined(words));
        Test { name, seconds, failure, skipped: case.children().any(|part| part.has_tag_name("skipped")) }
    })
}

/// The `UnitTestResult` elements of Visual Studio's form. `file` is for the error only.
pub fn trx(file: &Path, text: &str) -> Result<Vec<Test>> {
    all(file, text, "UnitTestResult", |result| {
        let name = result.attribute("testName").unwrap_or_default().to_owned();
        let seconds = result.attribute("duration").and_then(clock).unwrap_or(0.0);
        let said = result.descendants().filter(|part| part.has_tag_name("Message") || part.has_tag_name("StackTrace"));
        let outcome = result.attribute("outcome").unwrap_or_default();
        let failure = (outcome == "Failed").then(|| joined(said.map(words)));
        Test { name, seconds, skipped: failure.is_none() && outcome != "Passed", failure }
    })
}

fn all(file: &Path, text: &str, name: &str, test: impl Fn(Node<'_, '_>) -> Test) -> Result<Vec<Test>> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| explain(file, text, &error))?;
    Ok(document.descendants().filter(|node| node.has_tag_name(name)).map(test).collect())
}

/// `file:line:column: message`, and a hint.
fn explain(file: &Path, text: &str, error: &Error) -> anyhow::Error {
    let place = match error {
        // These know no place: what is missing is missing at the end.
        Error::NoRootNode | Error::UnclosedRootNode | Error::UnexpectedEndOfStream => end(text),
        error => error.pos(),
    };
    let message = error.to_string().replace(&format!(" at {place}"), "");
    anyhow!(
        "{}:{place}: this is not XML: {message}\n\
         hint: look there: a test runner that was stopped leaves half a file, and one that colours its messages writes \
         control characters, which XML cannot have",
        file.display()
    )
}

/// Where a text ends.
fn end(text: &str) -> TextPos {
    let (before, line) = text.rsplit_once('\n').map_or((None, text), |(before, line)| (Some(before), line));
    let row = before.map_or(1, |before| before.matches('\n').count() + 2);
    TextPos::new(row as u32, line.chars().count() as u32 + 1)
}

/// All the text in an element.
fn words(element: Node<'_, '_>) -> String {
    element.descendants().filter(Node::is_text).filter_map(|part| part.text()).collect()
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.map(|part| part.trim_end().to_owned()).collect::<Vec<_>>().join("\n").trim().to_owned()
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
            <testcase name="broken"><error message="no">trace<!-- of <b> --> <b>&amp;</b><![CDATA[ all]]></error></testcase></testsuite></testsuites>"#;
        let tests = junit(Path::new("r.xml"), text).unwrap();
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
        let tests = trx(Path::new("r.trx"), &(begin + results)).unwrap();
        assert_eq!(Counts::of_tests(&tests).to_string(), "1 passed, 1 failed, 1 skipped");
        assert_eq!(tests[0].seconds, 1.5);
        assert_eq!(tests[1].failure.as_deref(), Some("wrong\nat A"));
    }
    #[test]
    fn what_is_not_xml_is_an_error_that_names_the_place() {
        let error = |text: &str| junit(Path::new("out/r.xml"), text).unwrap_err().to_string();
        for (text, expected) in [
            ("", "out/r.xml:1:1: this is not XML: the document does not have a root node\nhint: "),
            (
                "<a>\n<testcase name='é'/>\n",
                "out/r.xml:3:1: this is not XML: the root node was opened but never closed\nhint: ",
            ),
            (
                "<a>\n<testcase name='é'",
                "out/r.xml:2:19: this is not XML: the root node was opened but never closed\nhint: ",
            ),
            (
                "<a>\n<testcase>\u{1b}[31m</testcase></a>",
                "out/r.xml:2:11: this is not XML: a non-XML character '\\u{1b}' found\nhint: ",
            ),
        ] {
            assert!(error(text).starts_with(expected), "{}", error(text));
        }
    }

    #[test]
    fn a_type_that_the_file_declares_for_itself_is_no_harm() {
        let text = "<!DOCTYPE a [<!ENTITY e 'x'>]><a><testcase name='one'><failure>&e;y</failure></testcase></a>";
        assert_eq!(junit(Path::new("r.xml"), text).unwrap()[0].failure.as_deref(), Some("xy"));
    }
}
