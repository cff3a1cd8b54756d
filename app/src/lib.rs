//! The pages: rendered on the server (feature `ssr`), made live in the browser (feature `hydrate`).
//!
//! **Invariants:** every content route is `SsrMode::Async`; a page makes its one resource at its top and reads
//! it in one `Suspend`; every link and form works before and without wasm; no inline style.
#![recursion_limit = "256"]

pub mod api;
mod pages;
mod root;
#[cfg(feature = "ssr")]
pub mod shell;
mod ui;

pub use root::App;
