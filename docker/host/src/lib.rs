//! mini-host: the part of the Azure Functions host that a custom handler, its callers and its storage can see.
//!
//! Read it along one request: [`front`] takes it, [`host::routes`] finds its function, [`host::keys`] lets it in, [`forward`] passes it
//! on, or [`invoke`] wraps it in an [`envelope`] for the process that [`handler`] looks after. [`triggers`] start
//! invocations from storage and clocks, [`bindings`] read and write what a function names beside its trigger, [`admin`] is the
//! operator's side, and [`app`] is the only reader of the function app's files.

pub mod admin;
pub mod app;
pub mod bindings;
pub mod cli;
pub mod doctor;
pub mod envelope;
pub mod forward;
pub mod front;
pub mod grammar;
pub mod handler;
pub mod host;
pub mod invoke;
pub mod log;
pub mod proxy;
pub mod triggers;
