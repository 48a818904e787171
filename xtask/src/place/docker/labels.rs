//! Labels that distinguish our things from others', and the things of a live run from those of a dead one.

use std::collections::HashMap;

use crate::process::run::Run;

/// The label every image, container and network of ours carries; its value says what the thing is. Also the first part
/// of the name of every image.
pub const PROJECT: &str = "functions-custom-handlers";
/// The run that made a container or a network. Images have none: they outlive their run on purpose.
pub const RUN: &str = "functions-custom-handlers.run";
pub const SAMPLE: &str = "functions-custom-handlers.sample";
/// The checkout an image was made from, as a hash: two clones never take each other's images away.
pub const CLONE: &str = "functions-custom-handlers.clone";
/// A hash of all that went into an image.
pub const CONTENT: &str = "functions-custom-handlers.content";
/// Which Functions host a base image has; only the stand-in has this label.
pub const HOST: &str = "functions-custom-handlers.host";

pub type Labels = HashMap<String, String>;

pub fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// The labels for a container or a network of this run.
pub fn of_this_run(kind: &str, sample: &str) -> Labels {
    labels([(PROJECT, kind), (SAMPLE, sample), (RUN, &Run::this().to_string())])
}

pub fn is_of_this_run(labels: &Labels) -> bool {
    labels.get(RUN) == Some(&Run::this().to_string())
}

/// Whether the run that made a thing with these labels is dead.
pub fn is_of_the_dead(labels: &Labels) -> bool {
    labels.get(RUN).and_then(|run| run.parse::<Run>().ok()).is_some_and(|run| run.is_dead())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_run_made_can_be_of_a_dead_one() {
        let mine = of_this_run("app", "go");
        assert!(is_of_this_run(&mine) && !is_of_the_dead(&mine));
        let by_hand = labels([(PROJECT, "image")]);
        assert!(!is_of_this_run(&by_hand) && !is_of_the_dead(&by_hand));
        assert!(is_of_the_dead(&labels([(RUN, &Run::of(u32::MAX >> 1).to_string())])));
    }
}
