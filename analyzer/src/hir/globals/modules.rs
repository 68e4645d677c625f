//! The modules of the library by their paths, and the one name of what is exported under several.

use crate::table::modules;
use crate::ty::Name;

/// Modules inside the library that are reached as attributes.
const SUBMODULES: &[&str] = &[
    "collections.abc",
    "concurrent.futures",
    "importlib.util",
    "jitcheck.linalg",
    "numba.config",
    "numba.core",
    "numba.core.config",
    "numba.core.decorators",
    "numba.core.errors",
    "numba.core.extending",
    "numba.core.typing",
    "numba.cpython",
    "numba.cpython.unsafe",
    "numba.cpython.unsafe.tuple",
    "numba.cuda",
    "numba.errors",
    "numba.experimental",
    "numba.extending",
    "numba.misc",
    "numba.misc.special",
    "numba.np",
    "numba.np.extensions",
    "numba.np.numpy_support",
    "numba.np.ufunc",
    "numba.np.unsafe",
    "numba.np.unsafe.ndarray",
    "numba.pycc",
    "numba.stencils",
    "numba.stencils.stencil",
    "numba.typed",
    "numba.typed.dictobject",
    "numba.typed.typeddict",
    "numba.typed.typedlist",
    "numba.types",
    "numpy.char",
    "numpy.core",
    "numpy.ctypeslib",
    "numpy.dtypes",
    "numpy.exceptions",
    "numpy.fft",
    "numpy.lib",
    "numpy.lib.stride_tricks",
    "numpy.linalg",
    "numpy.ma",
    "numpy.polynomial",
    "numpy.polynomial.chebyshev",
    "numpy.polynomial.hermite",
    "numpy.polynomial.hermite_e",
    "numpy.polynomial.laguerre",
    "numpy.polynomial.legendre",
    "numpy.polynomial.polynomial",
    "numpy.polynomial.polyutils",
    "numpy.random",
    "numpy.rec",
    "numpy.testing",
    "numpy.typing",
    "os.path",
    "scipy.cluster",
    "scipy.constants",
    "scipy.fft",
    "scipy.integrate",
    "scipy.interpolate",
    "scipy.io",
    "scipy.linalg",
    "scipy.linalg.blas",
    "scipy.linalg.lapack",
    "scipy.ndimage",
    "scipy.optimize",
    "scipy.signal",
    "scipy.sparse",
    "scipy.sparse.linalg",
    "scipy.spatial",
    "scipy.spatial.distance",
    "scipy.special",
    "scipy.stats",
];

/// The modules that Numba's types are defined in.
const TYPE_MODULES: &[&str] = &[
    "abstract",
    "common",
    "containers",
    "function_type",
    "functions",
    "iterators",
    "misc",
    "npytypes",
    "scalars",
];

/// The real name of a path: what is exported under several names has one.
pub(super) fn canonical(path: &str) -> Name {
    const MOVED: &[(&str, &str)] = &[
        ("numba.core.decorators", "numba"),
        ("numba.core.extending", "numba.extending"),
        ("numba.core.errors", "numba.errors"),
        ("numba.core.config", "numba.config"),
        ("numba.np.ufunc", "numba"),
        ("numba.misc.special", "numba"),
        ("numba.stencils.stencil", "numba"),
        ("numba.typed.typedlist", "numba.typed"),
        ("numba.typed.typeddict", "numba.typed"),
        ("numpy.core", "numpy"),
        ("numpy._core", "numpy"),
        ("typing_extensions", "typing"),
    ];
    for (from, to) in MOVED {
        if let Some(rest) = path.strip_prefix(from)
            && rest.starts_with('.')
        {
            return format!("{to}{rest}").into();
        }
    }
    // The classes of types are exported together, wherever they are defined.
    if let Some(rest) = path.strip_prefix("numba.core.types").or_else(|| path.strip_prefix("numba.types")) {
        let mut names = rest.split('.').skip(1).peekable();
        names.next_if(|name| TYPE_MODULES.contains(name));
        return names.fold("numba.types".to_owned(), |path, name| format!("{path}.{name}")).into();
    }
    match path {
        "numba.jitclass" => "numba.experimental.jitclass".into(),
        "numba.typing.typeof.typeof" | "numba.core.typing.typeof" => "numba.typeof".into(),
        path => path.into(),
    }
}

/// A module of the library by an absolute import.
pub(super) fn module(dotted: &str) -> Option<Name> {
    let root = dotted.split('.').next().unwrap_or(dotted);
    is_root(root).then(|| canonical(dotted))
}

fn is_root(name: &str) -> bool {
    matches!(name, "numba" | "numpy" | "scipy") || modules::is_standard(name)
}

/// Whether a path names a module of the library, so that its attributes are names of a module.
pub(super) fn is_module(path: &str) -> bool {
    is_root(path) || SUBMODULES.contains(&path)
}
