//! The diagnostics: what each is called, how bad it is, and the page that explains it.
//!
//! To add one: a line in [`ALL`], a page `rules/<code>.md`, and whoever finds it builds a [`Diagnostic`].

mod fixes;
pub(crate) mod report;
pub(crate) mod words;

use std::path::PathBuf;

use crate::ty::Name;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Information,
}

/// A diagnostic's declaration.
#[derive(Debug)]
pub struct RuleDecl {
    /// Kebab case: `list-as-shape`.
    pub code: &'static str,
    pub severity: Severity,
    /// One line for the table of rules.
    pub summary: &'static str,
    /// The page, in Markdown: why, bad, good, how Numba words it.
    pub page: &'static str,
    pub fixable: bool,
    /// Off unless selected.
    pub default: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Applicability {
    Safe,
    Unsafe,
    Display,
}

/// Replaces the bytes `start..end` of the diagnostic's own file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    pub start: u32,
    pub end: u32,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fix {
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
    pub specialization_origin: Option<String>,
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
    ($($name:ident = $code:literal, $severity:ident, $fixable:literal, $summary:literal;)*) => {
        $(pub static $name: RuleDecl = RuleDecl {
            code: $code,
            severity: Severity::$severity,
            summary: $summary,
            page: include_str!(concat!("rules/", $code, ".md")),
            fixable: $fixable,
            default: true,
        };)*
        /// Every rule, by code.
        pub static ALL: &[&RuleDecl] = &[$(&$name),*];
    };
}

rules! {
    ARGUMENT_COUNT = "argument-count", Error, false, "a call gives too many or too few arguments";
    ARGUMENT_TYPE = "argument-type", Error, false, "an argument has no type that Numba can compile for";
    CALLEE_ERROR = "callee-error", Error, false, "a called kernel cannot be compiled for these arguments";
    FLOAT_AS_SIZE = "float-as-size", Error, false, "a float where a size or shape must be an int";
    LIST_ARGUMENT = "list-argument", Warning, false, "a Python list is passed to a jitted function";
    LIST_AS_SHAPE = "list-as-shape", Error, true, "a list is passed where an array shape is wanted";
    LIST_OF_ARRAYS = "list-of-arrays", Error, true, "a list is passed where a tuple of arrays is wanted";
    NO_CONVERSION = "no-conversion", Error, false, "a value cannot be converted to the type it must have";
    NOT_CONTIGUOUS = "not-contiguous", Error, false, "a contiguous array is needed";
    NOT_IMPLEMENTED = "not-implemented", Error, false, "a form that Numba types and then cannot compile";
    NOT_ITERABLE = "not-iterable", Error, false, "a value that a for loop cannot walk over";
    PYTHON_DTYPE = "python-dtype", Error, false, "a Python type is used as a dtype";
    READONLY_WRITE = "readonly-write", Error, false, "a read-only array is written to";
    RETURN_INSTABILITY = "return-instability", Error, false, "returns have types that cannot be merged";
    SYNTAX_ERROR = "syntax-error", Error, false, "the file does not parse as Python";
    TYPE_INSTABILITY = "type-instability", Error, false, "a variable has types that cannot be merged";
    UNDECORATED_CALLEE = "undecorated-callee", Error, true, "a plain Python function is called from jitted code";
    UNDEFINED_NAME = "undefined-name", Error, false, "a name that is not defined";
    UNDETERMINED_TYPE = "undetermined-type", Error, false, "nothing determines the type of a value";
    UNKNOWN_OPTION = "unknown-option", Error, false, "a decorator option that Numba does not have";
    UNSUPPORTED_ATTRIBUTE = "unsupported-attribute", Error, false, "an attribute or method that nopython mode lacks";
    UNSUPPORTED_CALL = "unsupported-call", Error, false, "a call that nopython mode has no implementation of";
    UNSUPPORTED_INDEX = "unsupported-index", Error, false, "an index that the value does not take";
    UNSUPPORTED_KEYWORD = "unsupported-keyword", Error, false, "a keyword that the function lacks in nopython mode";
    UNSUPPORTED_OPERATOR = "unsupported-operator", Error, false, "an operator that does not work on these types";
    UNSUPPORTED_SYNTAX = "unsupported-syntax", Error, false, "a form of statement or expression that Numba refuses";
    UNTYPED_CONTAINER = "untyped-container", Error, false, "an empty container whose item type is unknown";
    UNTYPED_GLOBAL = "untyped-global", Error, false, "a global that Numba has no type for";
    UNUSED_IGNORE = "unused-ignore", Warning, true, "a comment that silences nothing";
    WRONG_TUPLE_LENGTH = "wrong-tuple-length", Error, false, "a tuple is unpacked into a different number of names";
}

pub fn find(code: &str) -> Option<&'static RuleDecl> {
    ALL.iter().copied().find(|rule| rule.code == code)
}
