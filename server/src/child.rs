//! Compiled code in a process of its own.

/// The hidden command by which the binary starts itself.
pub(crate) const COMMAND: &str = "__child";
