//! The first line is a route template, the second a path.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (template, path) = text.split_once('\n').unwrap_or((text, "/api/x"));
    mini_host::fuzzing::route(template, path);
});
