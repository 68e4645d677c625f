//! The names of NumPy, `math`, `cmath` and `random` that are not calls: constants, scalar types, aliases; and which
//! names these modules have at all, so that "Numba does not have it" can be told from "no such name".

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ty::{Const, FloatTy, IntTy, Ty};

use super::Version;

/// The value of a constant such as `numpy.pi` or `math.inf`.
pub fn constant(path: &str) -> Option<Const> {
    let (module, name) = path.rsplit_once('.')?;
    if !matches!(module, "numpy" | "math" | "cmath" | "random") {
        return None;
    }
    let value = match (module, name) {
        ("numpy" | "math" | "cmath", "pi") => Const::float(std::f64::consts::PI),
        ("numpy" | "math" | "cmath", "e") => Const::float(std::f64::consts::E),
        ("numpy" | "math" | "cmath", "inf") => Const::float(f64::INFINITY),
        ("numpy" | "math" | "cmath", "nan") => Const::float(f64::NAN),
        ("math" | "cmath", "tau") | ("random", "TWOPI") => Const::float(std::f64::consts::TAU),
        ("numpy", "euler_gamma") => Const::float(0.577_215_664_901_532_9),
        ("numpy", "newaxis") => Const::None,
        ("numpy", "little_endian" | "True_") => Const::Bool(true),
        ("numpy", "False_") => Const::Bool(false),
        ("cmath", "infj") => Const::Complex(0f64.to_bits(), f64::INFINITY.to_bits()),
        ("cmath", "nanj") => Const::Complex(0f64.to_bits(), f64::NAN.to_bits()),
        ("random", "BPF") => Const::int(53),
        ("random", "LOG4") => Const::float(4f64.ln()),
        ("random", "NV_MAGICCONST") => Const::float(4.0 * (-0.5f64).exp() / 2f64.sqrt()),
        ("random", "SG_MAGICCONST") => Const::float(1.0 + 4.5f64.ln()),
        ("random", "RECIP_BPF") => Const::float((-53f64).exp2()),
        _ => return None,
    };
    Some(value)
}

/// The type of a number of a library whose value we have no use for: `scipy.constants` measures in floats.
pub fn number(path: &str) -> Option<Ty> {
    let name = path.strip_prefix("scipy.constants.")?;
    SCIPY_CONSTANTS.split_whitespace().any(|constant| constant == name).then_some(Ty::FLOAT64)
}

const SCIPY_CONSTANTS: &str = "\
    Avogadro Boltzmann Btu Btu_IT Btu_th G Julian_year N_A Planck R Rydberg Stefan_Boltzmann Wien acre alpha
    angstrom arcmin arcminute arcsec arcsecond astronomical_unit atm atmosphere atomic_mass atto au bar
    barrel bbl blob c calorie calorie_IT calorie_th carat centi day deci degree degree_Fahrenheit deka dyn
    dyne e eV electron_mass electron_volt elementary_charge epsilon_0 erg exa femto fermi fine_structure
    fluid_ounce fluid_ounce_US fluid_ounce_imp foot g gallon gallon_US gallon_imp gas_constant giga golden
    golden_ratio grain gram gravitational_constant h hbar hectare hecto horsepower hour hp inch k kgf kilo
    kilogram_force kmh knot lb lbf light_year liter litre long_ton m_e m_n m_p m_u mach mega metric_ton
    micro micron mil mile milli minute mmHg mph mu_0 nano nautical_mile neutron_mass ounce oz parsec peta pi
    pico point pound pound_force proton_mass psi pt quecto quetta ronna ronto short_ton sigma slinch slug
    speed_of_light speed_of_sound stone survey_foot survey_mile tera ton_TNT torr troy_ounce troy_pound u
    week yard year yocto yotta zepto zero_Celsius zetta";

/// The scalar type that a class of NumPy or a type object of Numba stands for: `numpy.intp` is `int64`.
/// As a value in a kernel it is `class(int64)`.
pub fn scalar_type(path: &str) -> Option<Ty> {
    let (module, name) = path.rsplit_once('.')?;
    match module {
        "numpy" => numpy_scalar(name),
        "numba" | "numba.types" | "numba.core.types" => numba_scalar(name),
        _ => None,
    }
}

fn numpy_scalar(name: &str) -> Option<Ty> {
    Some(match name {
        "bool" | "bool_" => Ty::Bool,
        "int8" | "byte" => Ty::Int(IntTy::I8),
        "int16" | "short" => Ty::Int(IntTy::I16),
        "int32" | "intc" => Ty::Int(IntTy::I32),
        "int64" | "int_" | "intp" | "long" | "longlong" => Ty::INT64,
        "uint8" | "ubyte" => Ty::Int(IntTy::U8),
        "uint16" | "ushort" => Ty::Int(IntTy::U16),
        "uint32" | "uintc" => Ty::Int(IntTy::U32),
        "uint64" | "uint" | "uintp" | "ulong" | "ulonglong" => Ty::UINT64,
        "float16" | "half" => Ty::Float(FloatTy::F16),
        "float32" | "single" => Ty::FLOAT32,
        "float64" | "double" => Ty::FLOAT64,
        "complex64" | "csingle" => Ty::COMPLEX64,
        "complex128" | "cdouble" => Ty::COMPLEX128,
        "datetime64" => Ty::DateTime("".into()),
        "timedelta64" => Ty::TimeDelta("".into()),
        "str_" => Ty::UnicodeChars(0),
        "bytes_" => Ty::Chars(0),
        "object_" => Ty::PyObject,
        _ => return None,
    })
}

fn numba_scalar(name: &str) -> Option<Ty> {
    Some(match name {
        "b1" | "bool" | "bool_" | "boolean" | "c_bool" | "np_bool_" | "py_bool" => Ty::Bool,
        "char" | "i1" | "int8" | "c_int8" | "np_char" | "np_int8" => Ty::Int(IntTy::I8),
        "i2" | "int16" | "short" | "c_int16" | "np_int16" | "np_short" => Ty::Int(IntTy::I16),
        "i4" | "int32" | "intc" | "c_int32" | "np_int32" | "np_intc" => Ty::Int(IntTy::I32),
        "i8" | "int64" | "int_" | "intp" | "long_" | "longlong" | "ssize_t" | "c_int64" | "c_intp"
        | "np_int64" | "np_int_" | "np_intp" | "np_long" | "np_longlong" | "py_int" => Ty::INT64,
        "byte" | "u1" | "uchar" | "uint8" | "c_uint8" | "np_uchar" | "np_uint8" => Ty::Int(IntTy::U8),
        "u2" | "uint16" | "ushort" | "c_uint16" | "np_uint16" | "np_ushort" => Ty::Int(IntTy::U16),
        "u4" | "uint32" | "uintc" | "c_uint32" | "np_uint32" | "np_uintc" => Ty::Int(IntTy::U32),
        "u8" | "uint64" | "uint" | "uintp" | "size_t" | "ulong" | "ulonglong" | "c_uint64" | "c_uintp"
        | "np_uint" | "np_uint64" | "np_uintp" | "np_ulong" | "np_ulonglong" => Ty::UINT64,
        "f2" | "float16" | "c_float16" | "np_float16" => Ty::Float(FloatTy::F16),
        "f4" | "float32" | "c_float32" | "np_float32" | "np_float_" => Ty::FLOAT32,
        "f8" | "float64" | "double" | "c_float64" | "np_double" | "np_float64" | "py_float" => Ty::FLOAT64,
        "c8" | "complex64" | "np_complex64" => Ty::COMPLEX64,
        "c16" | "complex128" | "np_complex128" | "py_complex" => Ty::COMPLEX128,
        _ => return None,
    })
}

/// The path under which the table has an alias: `numpy.abs` is `numpy.absolute`. Anything else is returned as it is.
pub fn canonical(path: &str) -> &str {
    match path {
        "numpy.abs" => "numpy.absolute",
        "numpy.acos" => "numpy.arccos",
        "numpy.acosh" => "numpy.arccosh",
        "numpy.asin" => "numpy.arcsin",
        "numpy.asinh" => "numpy.arcsinh",
        "numpy.atan" => "numpy.arctan",
        "numpy.atan2" => "numpy.arctan2",
        "numpy.atanh" => "numpy.arctanh",
        "numpy.amax" => "numpy.max",
        "numpy.amin" => "numpy.min",
        "numpy.around" => "numpy.round",
        "numpy.bitwise_invert" | "numpy.bitwise_not" => "numpy.invert",
        "numpy.bitwise_left_shift" => "numpy.left_shift",
        "numpy.bitwise_right_shift" => "numpy.right_shift",
        "numpy.concat" => "numpy.concatenate",
        "numpy.conj" => "numpy.conjugate",
        "numpy.mod" => "numpy.remainder",
        "numpy.permute_dims" => "numpy.transpose",
        "numpy.pow" => "numpy.power",
        "numpy.row_stack" => "numpy.vstack",
        "numpy.true_divide" => "numpy.divide",
        "numpy.random.ranf" | "numpy.random.sample" | "numpy.random.random_sample" => "numpy.random.random",
        path => path,
    }
}

/// Whether the module of this path has this name; `None` where the module is not one whose names are listed.
pub fn exists(path: &str) -> Option<bool> {
    let (module, name) = path.rsplit_once('.')?;
    modules().get(module).map(|(names, listed)| {
        let listed = listed.get_or_init(|| names.split(' ').collect());
        listed.contains(name)
    })
}

/// By module: its names as they are written, and as a set once somebody asks for one.
type Names = (&'static str, OnceLock<FxHashSet<&'static str>>);

fn modules() -> &'static FxHashMap<&'static str, Names> {
    static INDEX: OnceLock<FxHashMap<&'static str, Names>> = OnceLock::new();
    INDEX.get_or_init(|| MODULES.iter().map(|(module, names)| (*module, (*names, OnceLock::new()))).collect())
}

/// Whether this is a module of NumPy, of Numba or of the standard library whose names are listed here.
pub fn is_library(module: &str) -> bool {
    modules().contains_key(module)
}

/// Whether a name of a library is, by the custom that all of them follow, the class of an exception.
pub fn is_exception(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    last.len() > 5 && (last.ends_with("Error") || last.ends_with("Warning"))
}

/// The NumPy that dropped this name, for names that Numba compiles where NumPy has them.
pub fn dropped(path: &str) -> Option<Version> {
    match path {
        "numpy.in1d" | "numpy.trapz" => Some((2, 4)),
        _ => None,
    }
}

/// Classes and readers of libraries whose objects Numba has no type for.
pub fn makes_objects(path: &str) -> bool {
    const FORMATS: &[&str] = &["bsr", "coo", "csc", "csr", "dia", "dok", "lil"];
    if let Some(class) = path.strip_prefix("scipy.sparse.") {
        let format = class.strip_suffix("_matrix").or_else(|| class.strip_suffix("_array"));
        return format.is_some_and(|format| FORMATS.contains(&format))
            || matches!(class, "eye" | "diags" | "random");
    }
    if let Some(name) = path.strip_prefix("pandas.") {
        return matches!(
            name,
            "DataFrame"
                | "Series"
                | "Index"
                | "Categorical"
                | "date_range"
                | "read_csv"
                | "read_parquet"
                | "concat"
        );
    }
    if let Some(name) = path.strip_prefix("numpy.ma.") {
        const MASKED: &[&str] = &["array", "empty", "masked_array", "masked_all", "ones", "zeros"];
        return MASKED.contains(&name) || name.starts_with("masked_");
    }
    matches!(
        path,
        "builtins.frozenset"
            | "builtins.object"
            | "decimal.Decimal"
            | "fractions.Fraction"
            | "pathlib.Path"
            | "datetime.datetime"
            | "datetime.date"
            | "datetime.timedelta"
            | "datetime.datetime.now"
            | "collections.defaultdict"
            | "collections.OrderedDict"
            | "collections.Counter"
            | "collections.deque"
    )
}

/// For a name that the module has and Numba lacks, or that NumPy has dropped: the nearest way that Numba compiles.
pub fn unsupported(path: &str) -> Option<&'static str> {
    if let Some(name) = path.strip_prefix("builtins.") {
        return super::builtins::absent(name).then_some("");
    }
    ADVICE.iter().find(|(listed, _)| *listed == path).map(|(_, advice)| *advice)
}

static ADVICE: &[(&str, &str)] = &[
    ("math.cbrt", "use `numpy.cbrt(x)`"),
    ("math.comb", "multiply in a loop"),
    ("math.dist", "use `math.hypot` or a loop over the coordinates"),
    ("math.factorial", "use `math.gamma(n + 1)` or a loop"),
    ("math.fmod", "use `numpy.fmod(x, y)`"),
    ("math.fsum", "add in a loop, or use `numpy.sum`"),
    ("math.isclose", "compare `abs(a - b)` with a tolerance"),
    ("math.isqrt", "use `int(math.sqrt(n))`"),
    ("math.lcm", "use `numpy.lcm(a, b)`"),
    ("math.modf", "use `math.trunc(x)` and `x - math.trunc(x)`"),
    ("math.perm", "multiply in a loop"),
    ("math.prod", "multiply in a loop, or use `numpy.prod` on an array"),
    ("math.remainder", "use `x - y * numpy.rint(x / y)`"),
    ("math.ulp", "use `numpy.spacing(x)`"),
    ("numpy.apply_along_axis", "write a loop over the other axes"),
    ("numpy.array_equiv", "use `numpy.array_equal`"),
    ("numpy.asanyarray", "use `numpy.asarray`"),
    ("numpy.astype", "use the method: `x.astype(dtype)`"),
    ("numpy.block", "use `numpy.concatenate` with tuples of arrays"),
    ("numpy.compress", "index with the condition: `a[condition]`"),
    ("numpy.copyto", "assign: `dst[:] = src`"),
    ("numpy.cumulative_prod", "use `numpy.cumprod`"),
    ("numpy.cumulative_sum", "use `numpy.cumsum`"),
    ("numpy.diag_indices", "use a loop over the diagonal"),
    ("numpy.diagonal", "use `numpy.diag(a)` on a matrix"),
    ("numpy.einsum", "write the loops, or use `@` on contiguous matrices"),
    ("numpy.fix", "use `numpy.trunc`"),
    ("numpy.float_", "use `numpy.float64`; NumPy 2 has no `float_`"),
    ("numpy.frexp", "use `math.frexp` on each element"),
    ("numpy.fromfunction", "fill the array in a loop"),
    ("numpy.fromiter", "fill an array in a loop, or use `numpy.array` on a list"),
    ("numpy.gradient", "take differences of slices"),
    ("numpy.heaviside", "use `numpy.where(x < 0, 0.0, 1.0)`"),
    ("numpy.histogram2d", "count in a loop"),
    ("numpy.in1d", "use `numpy.isin`; NumPy 2.4 has no `in1d`"),
    ("numpy.inner", "use `numpy.dot` for vectors, `a @ b.T` for matrices"),
    ("numpy.ix_", "index in two steps, or loop"),
    ("numpy.lexsort", "sort a combined key with `numpy.argsort`"),
    ("numpy.matmul", "use the operator: `a @ b`"),
    ("numpy.matrix_transpose", "use `a.T`"),
    ("numpy.meshgrid", "fill the grids in a loop, or use broadcasting"),
    ("numpy.modf", "use `numpy.trunc(x)` and `x - numpy.trunc(x)`"),
    ("numpy.ndarray", "use `numpy.empty(shape, dtype)`"),
    ("numpy.ndim", "use the attribute: `a.ndim`"),
    ("numpy.pad", "allocate the larger array and assign the middle"),
    ("numpy.place", "assign through the mask: `a[mask] = values`"),
    ("numpy.polyfit", "solve the Vandermonde system with `numpy.linalg.lstsq(numpy.vander(x, n), y)`"),
    ("numpy.polyval", "use `numpy.polynomial.polynomial.polyval`, whose coefficients are in rising order"),
    ("numpy.product", "use `numpy.prod`; NumPy 2 has no `product`"),
    ("numpy.put", "assign in a loop"),
    ("numpy.putmask", "assign through the mask: `a[mask] = values`"),
    ("numpy.random.Generator", "create the generator outside and pass it in as an argument"),
    (
        "numpy.random.RandomState",
        "call `numpy.random.seed` and the functions of `numpy.random` inside the kernel",
    ),
    ("numpy.random.default_rng", "create the generator outside and pass it in as an argument"),
    ("numpy.random.multivariate_normal", "use `numpy.linalg.cholesky` and `numpy.random.standard_normal`"),
    ("numpy.ravel_multi_index", "compute the index: `i * ncols + j`"),
    ("numpy.squeeze", "index the axis of length one, or `reshape`"),
    ("numpy.tensordot", "reshape to matrices and use `numpy.dot`"),
    ("numpy.tile", "assign to the slices of a new array in a loop"),
    ("numpy.trapz", "use `numpy.trapezoid`; NumPy 2.4 has no `trapz`"),
    ("numpy.unravel_index", "compute the indices with `//` and `%`"),
    ("numpy.vectorize", "use `numba.vectorize` outside the kernel, or a loop"),
    ("random.choice", "use `numpy.random.choice`"),
    ("random.sample", "use `numpy.random.choice(a, k, False)`"),
    ("scipy.special.erf", "use `math.erf` on each element"),
    ("scipy.special.erfc", "use `math.erfc` on each element"),
    ("scipy.special.gamma", "use `math.gamma` on each element"),
    ("scipy.special.gammaln", "use `math.lgamma` on each element"),
    ("scipy.special.loggamma", "use `math.lgamma` on each element"),
];

/// The public names of each module (NumPy 2.4, Python 3.11).
static MODULES: &[(&str, &str)] = &[
    (
        "cmath",
        "acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log log10 nan \
         nanj phase pi polar rect sin sinh sqrt tan tanh tau",
    ),
    (
        "math",
        "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp \
         exp2 expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan \
         isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder \
         sin sinh sqrt tan tanh tau trunc ulp",
    ),
    (
        "numpy",
        "False_ ScalarType True_ abs absolute acos acosh add all allclose amax amin angle any append \
         apply_along_axis apply_over_axes arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax \
         argmin argpartition argsort argwhere around array array2string array_equal array_equiv array_repr \
         array_split array_str asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray asin \
         asinh asmatrix astype atan atan2 atanh atleast_1d atleast_2d atleast_3d average bartlett base_repr \
         binary_repr bincount bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not \
         bitwise_or bitwise_right_shift bitwise_xor blackman block bmat bool bool_ broadcast broadcast_arrays \
         broadcast_shapes broadcast_to busday_count busday_offset busdaycalendar byte bytes_ c_ can_cast cbrt \
         cdouble ceil char character choose clip clongdouble column_stack common_type complex128 complex256 \
         complex64 complexfloating compress concat concatenate conj conjugate convolve copy copysign copyto \
         core corrcoef correlate cos cosh count_nonzero cov cross csingle ctypeslib cumprod cumsum \
         cumulative_prod cumulative_sum datetime64 datetime_as_string datetime_data deg2rad degrees delete \
         diag diag_indices diag_indices_from diagflat diagonal diff digitize divide divmod dot double dsplit \
         dstack dtype dtypes e ediff1d einsum einsum_path emath empty empty_like equal errstate euler_gamma \
         exceptions exp exp2 expand_dims expm1 extract eye f2py fabs fft fill_diagonal finfo fix flatiter \
         flatnonzero flexible flip fliplr flipud float128 float16 float32 float64 float_power floating floor \
         floor_divide fmax fmin fmod format_float_positional format_float_scientific frexp from_dlpack \
         frombuffer fromfile fromfunction fromiter frompyfunc fromregex fromstring full full_like gcd generic \
         genfromtxt geomspace get_include get_printoptions getbufsize geterr geterrcall gradient greater \
         greater_equal half hamming hanning heaviside histogram histogram2d histogram_bin_edges histogramdd \
         hsplit hstack hypot i0 identity iinfo imag index_exp indices inexact inf info inner insert int16 \
         int32 int64 int8 int_ intc integer interp intersect1d intp invert is_busday isclose iscomplex \
         iscomplexobj isdtype isfinite isfortran isin isinf isnan isnat isneginf isposinf isreal isrealobj \
         isscalar issubdtype iterable ix_ kaiser kron lcm ldexp left_shift less less_equal lexsort lib linalg \
         linspace little_endian load loadtxt log log10 log1p log2 logaddexp logaddexp2 logical_and \
         logical_not logical_or logical_xor logspace long longdouble longlong ma mask_indices matmul matrix \
         matrix_transpose matvec max maximum may_share_memory mean median memmap meshgrid mgrid min \
         min_scalar_type minimum mintypecode mod modf moveaxis multiply nan nan_to_num nanargmax nanargmin \
         nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum \
         nanvar ndarray ndenumerate ndim ndindex nditer negative nested_iters newaxis nextafter nonzero \
         not_equal number object_ ogrid ones ones_like outer packbits pad partition percentile permute_dims \
         pi piecewise place poly poly1d polyadd polyder polydiv polyfit polyint polymul polynomial polysub \
         polyval positive pow power printoptions prod promote_types ptp put put_along_axis putmask quantile \
         r_ rad2deg radians random ravel ravel_multi_index real real_if_close rec recarray reciprocal record \
         remainder repeat require reshape resize result_type right_shift rint roll rollaxis roots rot90 round \
         row_stack s_ save savetxt savez savez_compressed sctypeDict searchsorted select set_printoptions \
         setbufsize setdiff1d seterr seterrcall setxor1d shape shares_memory short show_config show_runtime \
         sign signbit signedinteger sin sinc single sinh size sort sort_complex spacing split sqrt square \
         squeeze stack std str_ strings subtract sum swapaxes take take_along_axis tan tanh tensordot test \
         testing tile timedelta64 trace transpose trapezoid tri tril tril_indices tril_indices_from \
         trim_zeros triu triu_indices triu_indices_from true_divide trunc typecodes typename typing ubyte \
         ufunc uint uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong union1d unique unique_all \
         unique_counts unique_inverse unique_values unpackbits unravel_index unsignedinteger unstack unwrap \
         ushort vander var vdot vecdot vecmat vectorize void vsplit vstack where zeros zeros_like",
    ),
    (
        "numpy.fft",
        "fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 \
         rfftfreq rfftn test",
    ),
    (
        "numpy.lib",
        "Arrayterator NumpyVersion add_docstring add_newdoc array_utils format introspect mixins npyio \
         scimath stride_tricks test tracemalloc_domain",
    ),
    ("numpy.lib.stride_tricks", "as_strided sliding_window_view"),
    (
        "numpy.linalg",
        "LinAlgError cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm \
         matrix_power matrix_rank matrix_transpose multi_dot norm outer pinv qr slogdet solve svd svdvals \
         tensordot tensorinv tensorsolve test trace vecdot vector_norm",
    ),
    (
        "numpy.polynomial",
        "Chebyshev Hermite HermiteE Laguerre Legendre Polynomial chebyshev hermite hermite_e laguerre \
         legendre polynomial polyutils set_default_printstyle test",
    ),
    (
        "numpy.polynomial.polynomial",
        "ABCPolyBase Polynomial np polyadd polycompanion polyder polydiv polydomain polyfit polyfromroots \
         polygrid2d polygrid3d polyint polyline polymul polymulx polyone polypow polyroots polysub polytrim \
         polyval polyval2d polyval3d polyvalfromroots polyvander polyvander2d polyvander3d polyx polyzero pu",
    ),
    (
        "numpy.polynomial.polyutils",
        "as_series format_float functools getdomain mapdomain mapparms np operator trimcoef trimseq warnings",
    ),
    (
        "numpy.random",
        "BitGenerator Generator MT19937 PCG64 PCG64DXSM Philox RandomState SFC64 SeedSequence beta binomial \
         bit_generator bytes chisquare choice default_rng dirichlet exponential f gamma geometric \
         get_bit_generator get_state gumbel hypergeometric laplace logistic lognormal logseries mtrand \
         multinomial multivariate_normal negative_binomial noncentral_chisquare noncentral_f normal pareto \
         permutation poisson power rand randint randn random random_integers random_sample ranf rayleigh \
         sample seed set_bit_generator set_state shuffle standard_cauchy standard_exponential standard_gamma \
         standard_normal standard_t test triangular uniform vonmises wald weibull zipf",
    ),
    (
        "random",
        "BPF LOG4 NV_MAGICCONST RECIP_BPF Random SG_MAGICCONST SystemRandom TWOPI betavariate choice choices \
         expovariate gammavariate gauss getrandbits getstate lognormvariate normalvariate paretovariate \
         randbytes randint random randrange sample seed setstate shuffle triangular uniform vonmisesvariate \
         weibullvariate",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_lead_to_the_same_type() {
        assert_eq!(scalar_type("numpy.intp"), Some(Ty::INT64));
        assert_eq!(scalar_type("numba.types.f4"), Some(Ty::FLOAT32));
        assert_eq!(scalar_type("numpy.zeros"), None);
    }

    #[test]
    fn constants_have_their_values() {
        assert_eq!(constant("math.pi"), Some(Const::float(std::f64::consts::PI)));
        assert_eq!(constant("numpy.newaxis"), Some(Const::None));
        assert_eq!(constant("numpy.tau"), None);
    }

    #[test]
    fn names_that_a_module_lacks_are_told_apart() {
        assert_eq!(exists("numpy.tile"), Some(true));
        assert_eq!(exists("numpy.nosuch"), Some(false));
        assert_eq!(exists("scipy.special.gamma"), None);
    }

    #[test]
    fn advice_is_sorted() {
        assert!(ADVICE.is_sorted_by_key(|(path, _)| *path));
    }
}
