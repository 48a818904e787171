#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| xtask::fuzzing::contract_toml(text));
