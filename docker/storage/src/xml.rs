//! The small XML documents of the storage protocol: the only file that names the XML library.

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::{BytesRef, Event};

/// One element with its text and its children. The lists of storage are small enough to be held whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name; empty when there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map(|child| child.text.as_str()).unwrap_or_default()
    }

    /// All elements of that name below this one, in document order.
    pub(crate) fn descendants(&self, name: &str) -> Vec<&Element> {
        let with_those_below = |child| {
            let own = Some(child).filter(|child: &&Element| child.name == name);
            own.into_iter().chain(child.descendants(name))
        };
        self.children.iter().flat_map(with_those_below).collect()
    }
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XmlError {
    #[error("not UTF-8: {0}")]
    Encoding(#[from] std::str::Utf8Error),
    #[error("not well-formed XML: {0}")]
    Malformed(#[from] quick_xml::Error),
    #[error("unknown entity `&{0};`")]
    Entity(String),
    #[error("not one whole XML element")]
    NoElement,
}

/// The root element of a document.
pub(crate) fn parse(document: &[u8]) -> Result<Element, XmlError> {
    let text = std::str::from_utf8(document)?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event()? {
            Event::Start(tag) => {
                open.push(Element { name: tag.name().as_ref().to_owned(), ..Element::default() });
            }
            Event::End(_) => close(&mut open)?,
            Event::Text(text) => append(&mut open, &text.xml10_content()),
            Event::CData(text) => append(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => append(&mut open, &resolve(&reference)?),
            Event::Eof => break,
            _ => {}
        }
    }
    let document = open.pop().filter(|_| open.is_empty()).ok_or(XmlError::NoElement)?;
    document.children.into_iter().next().ok_or(XmlError::NoElement)
}

/// Text with the characters escaped that mean something in XML.
pub(crate) fn escaped(text: &str) -> String {
    // A carriage return written as it is would be read back as a line feed: XML normalises line ends.
    escape(text).replace('\r', "&#13;")
}

fn close(open: &mut Vec<Element>) -> Result<(), XmlError> {
    let element = open.pop().ok_or(XmlError::NoElement)?;
    let parent = open.last_mut().ok_or(XmlError::NoElement)?;
    parent.children.push(element);
    Ok(())
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn resolve(reference: &BytesRef) -> Result<String, XmlError> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(character.to_string());
    }
    let name = reference.xml10_content();
    resolve_xml_entity(&name).map(str::to_owned).ok_or_else(|| XmlError::Entity(name.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_blanks_and_entities_are_resolved() {
        let root =
            parse("\u{feff}<?xml version='1.0'?><A><B> a &lt;b&gt; &amp;&#x20;c </B><B/></A>".as_bytes()).unwrap();
        assert_eq!(root.name, "A");
        assert_eq!(root.text_of("B"), " a <b> & c ");
        assert_eq!(root.descendants("B").len(), 2);
        assert_eq!(root.text_of("C"), "");
    }

    #[test]
    fn what_is_escaped_is_read_back() {
        for text in ["", "plain", "<&>\"'", "line\r\nline\n", " ", "grüß"] {
            let document = format!("<T>{}</T>", escaped(text));
            assert_eq!(parse(document.as_bytes()).unwrap().text, text);
        }
    }

    #[test]
    fn broken_documents_are_errors() {
        for document in ["", "text", "<A>", "<A></B>", "<A>&nope;</A>"] {
            assert!(parse(document.as_bytes()).is_err(), "{document}");
        }
        assert!(parse(b"<A>\xff</A>").is_err());
    }
}
