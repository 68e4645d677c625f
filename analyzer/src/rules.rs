//! The diagnostics: what each is called, how bad it is, and the page that explains it.
//!
//! To add one: a line in [`ALL`], a page `rules/<code>.md`, and whoever finds it builds a [`Diagnostic`].

mod fixes;
pub(crate) mod lint;
pub(crate) mod report;
mod scan;
pub(crate) mod words;

use std::path::PathBuf;

use crate::ty::Name;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Numba refuses it.
    Error,
    /// It compiles, but is slower or other than meant.
    Warning,
    /// It is deprecated, or gains nothing from compilation.
    Information,
}

/// A diagnostic's declaration.
#[derive(Debug, PartialEq, Eq)]
pub struct RuleDecl {
    /// Kebab case: `list-as-shape`.
    pub code: &'static str,
    pub severity: Severity,
    /// One line for the table of rules.
    pub summary: &'static str,
    /// The page, in Markdown: why, bad, good, how Numba words it.
    pub page: &'static str,
    pub fixable: bool,
    /// On where nothing is selected.
    pub default: bool,
}

/// What a user has to know before a fix is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Applicability {
    /// The code does what it did, or was meant to do.
    Safe,
    /// It may change what the code does.
    Unsafe,
    /// An idea to look at, which is never applied.
    Display,
}

/// Replaces the bytes `start..end` of the diagnostic's own file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    pub start: u32,
    pub end: u32,
    pub text: String,
}

/// A repair. Its edits do not overlap, and apply together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fix {
    /// What it does, as an order: `write the shape as a tuple`.
    pub title: String,
    pub applicability: Applicability,
    pub edits: Vec<Edit>,
}

/// Another place that explains a diagnostic: the other assignment of a clash, the call that led here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Related {
    pub path: PathBuf,
    pub start: u32,
    pub end: u32,
    pub message: String,
}

/// One finding, with byte offsets into its file.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub rule: &'static RuleDecl,
    pub start: u32,
    pub end: u32,
    /// One sentence that stands alone, with the types involved.
    pub message: String,
    /// Why, in a sentence; may be empty.
    pub note: Option<String>,
    /// How to repair it.
    pub help: Option<String>,
    pub related: Vec<Related>,
    pub fix: Option<Fix>,
    /// `__qualname__` of the kernel.
    pub function: Option<Name>,
    /// The argument types it is about, and where they came from.
    pub specialization: Option<Vec<String>>,
    pub types_from: Option<TypesFrom>,
}

/// Where the argument types of a specialization come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypesFrom {
    Signature,
    Call(CallPlace),
    /// An example of a docstring.
    Example(CallPlace),
    /// Annotations of the parameters.
    Annotations,
    /// The docstring's section on parameters.
    Docstring,
    /// Nothing says them, and it fails for all.
    Any,
    /// Nothing says them, and every type that was tried fails; these are one of them.
    Tried,
}

/// Where a call stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallPlace {
    /// A byte offset in the same file.
    Here(u32),
    /// Another file, from the last folder that both are in, and the line in it, from 1.
    There(String, u32),
}

impl PartialEq for Diagnostic {
    fn eq(&self, other: &Diagnostic) -> bool {
        self.rule.code == other.rule.code
            && (self.start, self.end) == (other.start, other.end)
            && self.message == other.message
            && self.note == other.note
            && self.help == other.help
            && self.related == other.related
            && self.fix == other.fix
            && self.function == other.function
            && self.specialization == other.specialization
    }
}

impl Eq for Diagnostic {}

macro_rules! rules {
    ($($name:ident = $code:literal, $severity:ident, $fixable:literal, $(default = $default:literal,)? $summary:literal;)*) => {
        $(pub static $name: RuleDecl = RuleDecl {
            code: $code,
            severity: Severity::$severity,
            summary: $summary,
            page: include_str!(concat!("rules/", $code, ".md")),
            fixable: $fixable,
            default: [$($default,)? true][0],
        };)*
        /// Every rule, by code.
        pub static ALL: &[&RuleDecl] = &[$(&$name),*];
    };
}

rules! {
    APPEND_RESULT = "append-result", Warning, true, "the result of `xs.append(..)`, which is None, is kept";
    ARGUMENT_COUNT = "argument-count", Error, false, "a call gives too many or too few arguments";
    ARGUMENT_TYPE = "argument-type", Error, true, "an argument has no type that Numba can compile for";
    ARRAY_IN_LOOP = "array-in-loop", Information, false, default = false, "an array is made in every round of a loop, only to be reduced";
    ARRAY_TRUTH = "array-truth", Warning, true, "the truth of an array is asked for";
    CALLEE_ERROR = "callee-error", Error, false, "a called kernel cannot be compiled for these arguments";
    COLD_TIMING = "cold-timing", Information, false, "a measured time includes compiling";
    COLUMN_ORDER = "column-order", Information, true, "an inner loop walks the first axis of an array stored row by row";
    DROPPED_KEYWORD = "dropped-keyword", Warning, false, "an exception loses its keyword arguments";
    FASTMATH_NAN = "fastmath-nan", Warning, true, "a test for NaN or infinity under `fastmath`";
    FLOAT_AS_SIZE = "float-as-size", Error, true, "a float where a size or shape must be an int";
    FLOAT_IN_STRING = "float-in-string", Warning, true, "a float is turned into a string";
    FLOAT_RANGE = "float-range", Warning, true, "`range` gets a float";
    FLOAT32_SUM = "float32-sum", Information, true, "a sum of float32 values loses digits";
    INDEX_PAST_END = "index-past-end", Warning, false, "an index passes the end in the last round of a loop";
    INDEX_WRAPS = "index-wraps", Information, false, "an index is negative in the first round of a loop";
    INTEGER_OVERFLOW = "integer-overflow", Warning, false, "an integer product grows in a loop";
    INTEGER_POWER = "integer-power", Warning, true, "a power of integers whose exponent may be negative";
    INTEGER_TOO_LARGE = "integer-too-large", Warning, false, "a constant of more than 64 bits";
    ISINSTANCE_WIDTH = "isinstance-width", Warning, false, "`isinstance(x, int)` of a number that is not 64 bits wide";
    LIST_ARGUMENT = "list-argument", Warning, true, "a Python list is passed to a jitted function";
    LIST_AS_SHAPE = "list-as-shape", Error, true, "a list is passed where an array shape is wanted";
    LIST_OF_ARRAYS = "list-of-arrays", Error, true, "a list is passed where a tuple of arrays is wanted";
    NO_CONVERSION = "no-conversion", Error, true, "a value cannot be converted to the type it must have";
    NOT_CONTIGUOUS = "not-contiguous", Error, false, "a contiguous array is needed";
    NOT_IMPLEMENTED = "not-implemented", Error, true, "a form that Numba types and then cannot compile";
    NOT_ITERABLE = "not-iterable", Error, true, "a value that a for loop cannot walk over";
    OPTIONAL_USE = "optional-use", Warning, false, "a value that may be None is used as if it were not";
    PARALLEL_NO_EFFECT = "parallel-no-effect", Warning, true, "`parallel=True` with nothing to divide among threads";
    PRANGE_EXIT = "prange-exit", Warning, true, "a `prange` that can be left early";
    PRANGE_INDEX = "prange-index", Error, false, "the index of a `prange` is computed anew";
    PRANGE_NESTED = "prange-nested", Information, true, "a `prange` inside another one";
    PRANGE_RACE = "prange-race", Warning, true, "iterations of `prange` write to the same item";
    PRANGE_REDUCTION = "prange-reduction", Error, false, "a variable is carried through `prange` in a form that Numba cannot join";
    PRANGE_SERIAL = "prange-serial", Warning, true, "`prange` in a function that is not parallel";
    PRANGE_VARIABLE = "prange-variable", Warning, true, "a variable is handed from iteration to iteration of `prange`";
    PYTHON_DTYPE = "python-dtype", Error, true, "a Python type is used as a dtype";
    PYTHON_IN_LOOP = "python-in-loop", Information, false, "a loop goes back to Python, or prints, in every round";
    RAGGED_LIST = "ragged-list", Warning, false, "an array is made of lists of different lengths";
    READONLY_WRITE = "readonly-write", Error, false, "a read-only array is written to";
    REDUNDANT_OPTION = "redundant-option", Information, true, "a decorator option that changes nothing";
    RETURN_INSTABILITY = "return-instability", Error, false, "returns have types that cannot be merged";
    SEED_OUTSIDE = "seed-outside", Warning, false, "`np.random.seed` outside of jitted code does not seed it";
    SINGLE_CALL = "single-call", Information, false, default = false, "a function that only calls one function of NumPy";
    SMALL_INTEGER = "small-integer", Information, true, "arithmetic of 8- and 16-bit integers is done in 64 bits";
    STALE_GLOBAL = "stale-global", Warning, false, "a global that other code assigns is read in jitted code";
    STRIDED_MATMUL = "strided-matmul", Information, true, "`@` on an array that is not contiguous";
    STRIDED_RESHAPE = "strided-reshape", Warning, true, "`reshape` of an array that is not contiguous";
    STRING_DTYPE = "string-dtype", Information, true, default = false, "a dtype is written as a string";
    STRING_KEYS = "string-keys", Information, false, "a dict with strings as keys is used in a loop";
    STRING_WORK = "string-work", Information, false, "strings are made in a loop";
    SYNTAX_ERROR = "syntax-error", Error, false, "the file does not parse as Python";
    TRUNCATING_STORE = "truncating-store", Warning, false, "a float is stored into an array of integers";
    TYPE_INSTABILITY = "type-instability", Error, true, "a variable has types that cannot be merged";
    UNDECORATED_CALLEE = "undecorated-callee", Error, true, "a plain Python function is called from jitted code";
    UNDEFINED_NAME = "undefined-name", Error, false, "a name that is not defined";
    UNDETERMINED_TYPE = "undetermined-type", Error, false, "nothing determines the type of a value";
    UNKNOWN_OPTION = "unknown-option", Error, true, "a decorator option that Numba does not have";
    UNSET_LOOP_VARIABLE = "unset-loop-variable", Warning, false, "a loop's variable is read after a loop that may not run";
    UNSET_VARIABLE = "unset-variable", Warning, false, "a variable is not assigned on every path";
    UNSIGNED_SUBTRACTION = "unsigned-subtraction", Warning, true, "a difference of unsigned integers";
    UNSUPPORTED_ATTRIBUTE = "unsupported-attribute", Error, true, "an attribute or method that nopython mode lacks";
    UNSUPPORTED_CALL = "unsupported-call", Error, true, "a call that nopython mode has no implementation of";
    UNSUPPORTED_INDEX = "unsupported-index", Error, true, "an index that the value does not take";
    UNSUPPORTED_KEYWORD = "unsupported-keyword", Error, true, "a keyword that the function lacks in nopython mode";
    UNSUPPORTED_OPERATOR = "unsupported-operator", Error, true, "an operator that does not work on these types";
    UNSUPPORTED_SYNTAX = "unsupported-syntax", Error, true, "a form of statement or expression that Numba refuses";
    UNTYPED_CONTAINER = "untyped-container", Error, true, "an empty container whose item type is unknown";
    UNTYPED_GLOBAL = "untyped-global", Error, true, "a global that Numba has no type for";
    UNUSED_IGNORE = "unused-ignore", Warning, true, "a comment that silences nothing";
    WRONG_TUPLE_LENGTH = "wrong-tuple-length", Error, false, "a tuple is unpacked into a different number of names";
}

/// The rule of this code, if there is one.
pub fn find(code: &str) -> Option<&'static RuleDecl> {
    ALL.iter().copied().find(|rule| rule.code == code)
}
