//! Reasons of what is unknown.

use std::fmt;

use super::Name;

/// Why something cannot be known. Its `Display` is for a reader.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// A parameter whose type nobody gave.
    UntypedArgument(Name),
    /// An import that leads outside the files we can read.
    UnresolvedImport(Name),
    /// A global whose value a reader of the source cannot compute.
    UnknownGlobal(Name),
    /// A function, method or attribute that our table does not have yet.
    NotInTable(Name),
    /// A construct of the language that the analyzer does not model yet.
    NotModelled(&'static str),
    /// A spelling of a type that we do not model.
    UnknownType(Name),
    /// The text does not parse here.
    BrokenSource,
    /// A callee's own verdict is unknown.
    Callee(Name),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::UntypedArgument(name) => write!(f, "nothing says what `{name}` will be"),
            Why::UnresolvedImport(path) => {
                write!(f, "the import of `{path}` leads to nothing that can be read")
            }
            Why::UnknownGlobal(name) => write!(f, "the value of the global `{name}` is not known"),
            Why::NotInTable(path) => write!(f, "`{path}` is not in our table yet"),
            Why::NotModelled(what) => write!(f, "not modelled yet: {what}"),
            Why::UnknownType(spelling) => write!(f, "the type `{spelling}` is not modelled"),
            Why::BrokenSource => f.write_str("the source does not parse here"),
            Why::Callee(name) => write!(f, "the verdict on `{name}` is unknown"),
        }
    }
}
