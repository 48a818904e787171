//! Whether the handler's program can be found, told before it is started (protocol sections 1.2 and 2.7).

use std::path::Path;

use super::advice::{Fault, did_you_mean};
use super::document::Document;
use super::options::{HandlerKind, HostOptions};

/// A word about `defaultExecutablePath` when there is no such program. The real host only logs the failed start and lets the
/// first request wait (recording P10).
pub(super) fn advice(options: &HostOptions, file: &Path, document: Option<&Document>) -> Option<String> {
    let handler = options.custom_handler.as_ref()?;
    let written = handler.executable.as_str();
    if written.contains('%') {
        return None;
    }
    let path = handler.worker_directory.join(written);
    let section = match handler.kind {
        HandlerKind::CustomHandler => "customHandler",
        HandlerKind::HttpWorker => "httpWorker",
    };
    let at = format!("{section}.description.defaultExecutablePath");
    let fault = if path.is_file() {
        (!is_executable(&path)).then(|| {
            Fault::new(format!("`{written}` is there but may not be executed"), at)
                .hint(format!("chmod +x {}", path.display()))
        })
    } else {
        let on_path = !written.contains('/') && std::env::var_os("PATH").is_some_and(|paths| is_on(&paths, written));
        (!on_path).then(|| {
            let fault = Fault::new(format!("there is no program `{written}` in the app's folder nor on PATH"), at);
            let names = names(&handler.worker_directory);
            match did_you_mean(written, &names.iter().map(String::as_str).collect::<Vec<_>>()) {
                Some(slip) => fault.hint(format!("did you mean `{slip}`?")),
                None => fault.hint("build the handler first, or name the program that runs it"),
            }
        })
    }?;
    Some(fault.advice(file, document))
}

fn is_on(paths: &std::ffi::OsStr, name: &str) -> bool {
    std::env::split_paths(paths).any(|directory| directory.join(name).is_file())
}

fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

/// The executable files of a directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    let files = entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_file() && is_executable(path));
    files.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
}
