//! What Numba does to a body between reading it and typing it, one file per pass, in its order.

pub mod cfg;
pub mod reconstruct_ssa;

#[cfg(test)]
mod testing;
