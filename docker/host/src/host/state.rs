//! What the host is doing.

use std::sync::Arc;

use super::running::Running;
use crate::app::App;

#[derive(Clone, Debug)]
pub enum State {
    Running(Arc<Running>),
    /// The app cannot be served; it is read again when its files change. Its handler runs where only the routes are wrong.
    Error(Arc<App>, Option<Arc<Running>>),
    /// There was a file `app_offline.htm` at the start.
    Offline {
        app: Arc<App>,
        page: Arc<[u8]>,
    },
}

impl State {
    /// The word for it in `/admin/host/status`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Running(_) => "Running",
            Self::Error(..) => "Error",
            Self::Offline { .. } => "Offline",
        }
    }

    pub fn app(&self) -> &Arc<App> {
        match self {
            Self::Running(running) => &running.app,
            Self::Error(app, _) | Self::Offline { app, .. } => app,
        }
    }
}
