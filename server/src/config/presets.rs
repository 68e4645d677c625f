//! Packages whose own decorators wrap Numba's, so that code which uses them is checked although they are not at hand.

use super::options::Like;

/// A decorator of a package: its path, what it compiles like, and whether it asks for threads.
pub(crate) struct Known {
    pub path: &'static str,
    pub like: Like,
    pub parallel: bool,
}

const fn njit(path: &'static str) -> Known {
    Known { path, like: Like::Njit, parallel: false }
}

const fn parallel(path: &'static str) -> Known {
    Known { path, like: Like::Njit, parallel: true }
}

/// By name of the package.
static PRESETS: &[(&str, &[Known])] = &[
    ("arviz", &[njit("arviz.utils.conditional_jit")]),
    ("datashader", &[njit("datashader.utils.ngjit"), parallel("datashader.utils.ngjit_parallel")]),
    ("fast-array-utils", &[njit("fast_array_utils.numba.njit")]),
    ("mne", &[njit("mne.fixes.jit")]),
    ("pytensor", &[njit("pytensor.link.numba.dispatch.basic.numba_njit")]),
    ("skchange", &[njit("skchange.utils.numba.njit.njit")]),
    ("sktime", &[njit("sktime.utils.numba.njit.njit")]),
];

/// The decorators of a preset.
pub(crate) fn find(name: &str) -> Option<&'static [Known]> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, decorators)| *decorators)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}
