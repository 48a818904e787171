//! The size ledger: what an image weighs, by whose doing, and what changed since it was built last.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::engine::Layer;
use crate::project::Project;

/// Sizes of an image, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// The base image.
    pub base: u64,
    /// Debian packages the base lacks.
    pub packages: u64,
    /// The staged app.
    pub app: u64,
}

impl Sizes {
    /// Reads the sizes out of how the image and its base were made, each newest step first.
    pub fn of(image: &[Layer], base: &[Layer]) -> Sizes {
        let own = image.get(..image.len().saturating_sub(base.len())).unwrap_or_default();
        let sum = |layers: &mut dyn Iterator<Item = &Layer>| layers.map(|layer| layer.bytes).sum();
        let (packages, app): (Vec<&Layer>, Vec<&Layer>) =
            own.iter().partition(|layer| layer.made_by.contains("apt-get"));
        Sizes { base: sum(&mut base.iter()), packages: sum(&mut packages.into_iter()), app: sum(&mut app.into_iter()) }
    }

    /// `base 271.0 MB + packages 180.3 MB + app 8.1 MB (+0.2 MB)`: the change is that of packages and app.
    pub fn describe(&self, before: Option<Sizes>) -> String {
        let mut text = format!("base {}", megabytes(self.base));
        if self.packages > 0 {
            text.push_str(&format!(" + packages {}", megabytes(self.packages)));
        }
        text.push_str(&format!(" + app {}", megabytes(self.app)));
        let added = |sizes: Sizes| (sizes.packages + sizes.app).cast_signed();
        match before.map(|before| added(*self) - added(before)) {
            None | Some(0) => {}
            Some(change) => {
                let sign = if change > 0 { '+' } else { '-' };
                text.push_str(&format!(" ({sign}{})", megabytes(change.unsigned_abs())));
            }
        }
        text
    }

    /// Writes the sizes down for the next time, and returns those of the last time. A ledger that cannot be read or
    /// written is no reason to fail.
    pub fn replace(self, project: &Project, sample: &str) -> Option<Sizes> {
        let file = file(project, sample);
        let before = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
        if before != Some(self)
            && let (Some(folder), Ok(text)) = (file.parent(), serde_json::to_vec_pretty(&self))
        {
            let _ = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, text));
        }
        before
    }
}

fn file(project: &Project, sample: &str) -> PathBuf {
    project.target().join("docker/sizes").join(format!("{sample}.json"))
}

fn megabytes(bytes: u64) -> String {
    const KILOBYTE: u64 = 1_000;
    // Bytes of an image never need all the digits of a float.
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..100_000 => format!("{:.1} kB", bytes as f64 / KILOBYTE as f64),
        _ => format!("{:.1} MB", bytes as f64 / (KILOBYTE * KILOBYTE) as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(made_by: &str, bytes: u64) -> Layer {
        Layer { made_by: made_by.to_owned(), bytes }
    }

    #[test]
    fn layers_are_told_apart_by_who_made_them() {
        let base = [layer("COPY node", 120_000_000), layer("apt-get install libstdc++6", 5_000_000)];
        let own =
            [layer("COPY . /home/site/wwwroot", 8_100_000), layer("ENV", 0), layer("RUN apt-get update", 180_300_000)];
        let image = [own.as_slice(), base.as_slice()].concat();
        let sizes = Sizes::of(&image, &base);
        assert_eq!(sizes, Sizes { base: 125_000_000, packages: 180_300_000, app: 8_100_000 });
        assert_eq!(sizes.describe(None), "base 125.0 MB + packages 180.3 MB + app 8.1 MB");
    }

    #[test]
    fn a_change_is_said_and_no_change_is_not() {
        let now = Sizes { base: 1, packages: 0, app: 2_000_000 };
        assert_eq!(now.describe(Some(now)), "base 1 B + app 2.0 MB");
        assert_eq!(now.describe(Some(Sizes { app: 1_000_000, ..now })), "base 1 B + app 2.0 MB (+1.0 MB)");
        assert_eq!(now.describe(Some(Sizes { app: 2_004_200, ..now })), "base 1 B + app 2.0 MB (-4.2 kB)");
    }

    #[test]
    fn the_ledger_remembers() {
        let root = tempfile::tempdir().unwrap();
        let project = Project::at(root.path());
        let first = Sizes { base: 1, packages: 2, app: 3 };
        assert_eq!(first.replace(&project, "go"), None);
        assert_eq!(Sizes { app: 4, ..first }.replace(&project, "go"), Some(first));
    }
}
