//! The wrapping Dockerfile: the commented one in `docker/`, and what it comes to for one sample.

use anyhow::{Context, Result, ensure};

use crate::project::Project;

/// How the line that installs packages is guarded in the shared file, where the list may be empty.
const GUARD: (&str, &str) = ("RUN [ -z \"${PACKAGES}\" ] || { ", "; }");
/// The argument that the list of packages comes in by.
const PACKAGES: &str = "${PACKAGES}";

/// The Dockerfile of one sample: the shared one (`docker/Dockerfile`) without comments and with the packages written
/// out; without the `RUN` line when there are none.
pub fn render(shared: &str, packages: &[String]) -> Result<String> {
    let lines = shared.lines().filter(|line| !line.starts_with('#') && !line.starts_with("ARG PACKAGES"));
    let is_guarded = lines.clone().any(|line| line.starts_with(GUARD.0));
    ensure!(is_guarded, "`docker/Dockerfile` has no line that begins with `{}`", GUARD.0.trim_end());
    let rendered = lines.filter_map(|line| match line.strip_prefix(GUARD.0) {
        None => Some(format!("{line}\n")),
        Some(_) if packages.is_empty() => None,
        Some(command) => {
            let command = command.trim_end_matches(GUARD.1).replace(PACKAGES, &packages.join(" "));
            Some(format!("RUN {command}\n"))
        }
    });
    Ok(rendered.collect())
}

pub fn shared(project: &Project) -> Result<String> {
    Ok(project.shell.read_file("docker/Dockerfile")?)
}

/// The base image that a Dockerfile takes by default: `ARG BASE=…`.
pub fn default_base(dockerfile: &str) -> Result<&str> {
    dockerfile.lines().find_map(|line| line.strip_prefix("ARG BASE=")).map(str::trim).context(
        "`docker/Dockerfile` has no line `ARG BASE=…`\nhint: the official tag is written there, and only there",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARED: &str = include_str!("../../../../docker/Dockerfile");
    const OFFICIAL: &str = "mcr.microsoft.com/azure-functions/node:4-node22";

    #[test]
    fn a_sample_without_packages_has_four_lines() {
        assert_eq!(
            render(SHARED, &[]).unwrap(),
            "ARG BASE=mcr.microsoft.com/azure-functions/node:4-node22\n\
             FROM ${BASE}\n\
             ENV AzureWebJobsScriptRoot=/home/site/wwwroot FUNCTIONS_WORKER_RUNTIME=custom \
             AzureFunctionsJobHost__Logging__Console__IsEnabled=true\n\
             COPY . /home/site/wwwroot\n"
        );
    }

    #[test]
    fn packages_are_written_out_in_their_order() {
        let packages = ["r-base-core".to_owned(), "r-cran-httpuv".to_owned()];
        let rendered = render(SHARED, &packages).unwrap();
        assert_eq!(
            rendered.lines().nth(2).unwrap(),
            "RUN apt-get update && apt-get install --yes --no-install-recommends r-base-core r-cran-httpuv \
             && rm -rf /var/lib/apt/lists/*"
        );
        assert_eq!(rendered.lines().count(), 5);
    }

    #[test]
    fn the_official_tag_is_written_once() {
        assert_eq!(default_base(SHARED).unwrap(), OFFICIAL);
        assert_eq!(SHARED.matches(OFFICIAL).count(), 1);
        assert!(default_base("FROM scratch\n").is_err());
    }

    #[test]
    fn a_shared_file_of_another_shape_is_an_error() {
        assert!(render("ARG BASE=x\nFROM ${BASE}\n", &[]).unwrap_err().to_string().contains("has no line that begins"));
    }
}
