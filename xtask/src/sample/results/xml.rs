//! Results that a test runner writes as XML.

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::report::outcome::Test;

/// The `testcase` elements of JUnit's form, wherever they stand: each runner nests its suites in its own way.
pub fn junit(text: &str) -> Vec<Test> {
    let mut tests = Vec::new();
    walk(text, |element, text| match element.name().as_ref() {
        "testcase" => {
            let (class, name) = (attribute(element, "classname"), attribute(element, "name").unwrap_or_default());
            let name = class.map_or(name.clone(), |class| format!("{class} {name}"));
            let seconds = attribute(element, "time").and_then(|time| time.parse().ok()).unwrap_or(0.0);
            tests.push(Test { seconds, ..Test::passed(name) });
        }
        "failure" | "error" => fail(&mut tests, &[attribute(element, "message").unwrap_or_default(), text].join("\n")),
        "skipped" => tests.last_mut().into_iter().for_each(|test| test.skipped = true),
        _ => {}
    });
    tests
}

/// The `UnitTestResult` elements of Visual Studio's form.
pub fn trx(text: &str) -> Vec<Test> {
    let mut tests = Vec::new();
    walk(text, |element, text| match element.name().as_ref() {
        "UnitTestResult" => {
            let test = Test::passed(attribute(element, "testName").unwrap_or_default());
            let outcome = attribute(element, "outcome").unwrap_or_default();
            let seconds = attribute(element, "duration").and_then(|time| clock(&time)).unwrap_or(0.0);
            let failure = (outcome == "Failed").then(String::new);
            tests.push(Test { seconds, skipped: failure.is_none() && outcome != "Passed", failure, ..test });
        }
        "Message" | "StackTrace" if tests.last().is_some_and(|test| test.failure.is_some()) => fail(&mut tests, &text),
        _ => {}
    });
    tests
}

/// Adds words to the failure of the test that was read last.
fn fail(tests: &mut [Test], words: &str) {
    if let Some(test) = tests.last_mut() {
        let failure = test.failure.get_or_insert_default();
        *failure = format!("{failure}\n{}", words.trim()).trim().to_owned();
    }
}

/// `00:00:01.5000000` in seconds.
fn clock(text: &str) -> Option<f64> {
    text.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?))
}

/// Calls `visit` for each element with the text that follows its start. What is not XML ends the walk.
fn walk(text: &str, mut visit: impl FnMut(&BytesStart<'_>, String)) {
    let mut reader = Reader::from_str(text);
    let mut open: Option<(BytesStart<'static>, String)> = None;
    let add = |open: &mut Option<(_, String)>, part: &str| {
        open.iter_mut().for_each(|(_, text)| text.push_str(part));
    };
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Text(part) => add(&mut open, &part),
            Event::CData(part) => add(&mut open, &part),
            Event::GeneralRef(reference) => add(&mut open, resolve_xml_entity(&reference).unwrap_or_default()),
            Event::Start(_) | Event::Empty(_) | Event::End(_) => {
                if let Some((before, text)) = open.take() {
                    visit(&before, text);
                }
                if let Event::Start(element) | Event::Empty(element) = event {
                    open = Some((element.into_owned(), String::new()));
                }
            }
            Event::Eof => return,
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::counts::Counts;

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
        let text = r#"<TestRun><Results>
            <UnitTestResult testName="A.One" duration="00:00:01.5000000" outcome="Passed" />
            <UnitTestResult testName="A.Two" duration="00:00:00.1" outcome="Failed"><Output><ErrorInfo><Message>wrong</Message>
            <StackTrace>at A</StackTrace></ErrorInfo></Output></UnitTestResult>
            <UnitTestResult testName="A.Three" outcome="NotExecuted" /></Results></TestRun>"#;
        let tests = trx(text);
        assert_eq!(Counts::of_tests(&tests).to_string(), "1 passed, 1 failed, 1 skipped");
        assert_eq!(tests[0].seconds, 1.5);
        assert_eq!(tests[1].failure.as_deref(), Some("wrong\nat A"));
    }
}
