//! The script by which a shell completes a command line.

use crate::cli::{self, Cli, CommandFactory, Shell};

const WORD: &str = "cargo-xtask";

pub fn completion(shell: Shell) -> String {
    let mut script = Vec::new();
    cli::generate(shell, &mut Cli::command().bin_name(WORD), WORD, &mut script);
    // For bash clap_complete 4.6 takes the hyphen of the name, where it looks a verb up, for what parts verbs.
    String::from_utf8_lossy(&script).replace("cargo__subcmd__xtask", "cargo__xtask")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_completes_the_options_of_a_verb() {
        let script = completion(Shell::Bash);
        let asked = "COMP_WORDS=(cargo-xtask package --pl); COMP_CWORD=2; _cargo__xtask cargo-xtask --pl package; echo ${COMPREPLY[@]}";
        let ended = std::process::Command::new("bash").args(["-c", &format!("{script}\n{asked}")]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ended.stdout), "--plan\n");
    }
}
