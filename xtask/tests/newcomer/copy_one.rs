//! *Copy one* of the README at the top: its commands, from the clone to the answer.

use std::path::Path;

use libtest_mimic::Failed;

use crate::readme::Readme;
use crate::shell::Shell;

/// Does what the block says, with a folder in the place of the home, and a port that the system chooses.
pub fn follow(repository: &Path) -> Result<(), Failed> {
    let home = tempfile::tempdir()?;
    let home = home.path().to_str().ok_or("the folder for temporary files has another name than text")?;
    let block = Readme::read(&repository.join("README.md"))?.blocks("Copy one", "sh")?.concat();
    let block = block.replace('~', home);
    let lines: Vec<&str> = block.lines().map(|line| line.split(" #").next().unwrap_or_default().trim_end()).collect();
    let [install, copy, host, call] = lines.as_slice() else { return Err("they are no longer four lines".into()) };
    let clone = Shell::new(repository, repository)?;
    clone.run(&format!("{install} --root {home}/installed"))?;
    let (_, folder) = copy.rsplit_once(' ').ok_or("the copy is not entered")?;
    clone.run(copy)?;
    let app = Shell::new(repository, Path::new(folder))?;
    let host = app.start(&format!("AzureWebJobsStorage='' {home}/installed/bin/{host} --port 0"))?;
    let url = host.says("Listening on ")?;
    let answer = app.run(&format!("{} --silent", call.replace("http://127.0.0.1:7071", &url)))?;
    if answer == "Hello, Ada!" { Ok(()) } else { Err(format!("`{call}` answers `{answer}`\n{}", host.output()).into()) }
}
