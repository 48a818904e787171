//! What images are made with.

use super::engine::Engine;
use super::labels::Run;
use crate::project::Project;
use crate::report::Report;

/// What images are made with.
#[derive(Clone, Copy)]
pub struct ImageBuilder<'a> {
    pub engine: &'a Engine,
    pub project: &'a Project,
    pub run: &'a Run,
    /// The checkout, by which its images are distinguished from another checkout's.
    pub clone: &'a str,
    pub report: &'a Report,
}
