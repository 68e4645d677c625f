//! The diagnostics: what each is called, how bad it is, and the page that explains it.
//!
//! To add one: a line in [`ALL`], a page `rules/<code>.md`, and whoever finds it builds a [`Diagnostic`].

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
    LIST_ARGUMENT = "list-argument", Warning, false, "a Python list is passed to a jitted function";
    LIST_AS_SHAPE = "list-as-shape", Error, true, "a list is passed where an array shape is wanted";
    SYNTAX_ERROR = "syntax-error", Error, false, "the file does not parse as Python";
    TYPE_INSTABILITY = "type-instability", Error, false, "a variable has types that cannot be merged";
    UNDECORATED_CALLEE = "undecorated-callee", Error, true, "a plain Python function is called from jitted code";
    UNSUPPORTED_CALL = "unsupported-call", Error, false, "a call that nopython mode has no implementation of";
    UNSUPPORTED_SYNTAX = "unsupported-syntax", Error, false, "a form of statement or expression that Numba refuses";
}

pub fn find(code: &str) -> Option<&'static RuleDecl> {
    ALL.iter().copied().find(|rule| rule.code == code)
}
