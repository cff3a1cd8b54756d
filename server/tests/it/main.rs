//! The server through its router and over a real port.

mod api;
mod hammer;
mod pages;
mod support;
