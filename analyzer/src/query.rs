//! The questions a [`Snapshot`] answers, as plain data. This is all that the command line and the server see.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::db::{Db, Snapshot};
use crate::infer::Verdict;
use crate::mono::{MonoProgram, NotCompiled};
use crate::rules::Diagnostic;
use crate::ty::Name;

/// A decorated function of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelInfo {
    /// `__qualname__`
    pub name: Name,
    /// Byte ranges: decorators to the end of the body; the name after `def`.
    pub start: u32,
    pub end: u32,
    pub name_start: u32,
    pub name_end: u32,
    pub first_line: u32,
    pub def_line: u32,
    /// The specializations known from signatures and calls, chosen one first; empty if arguments are unknown.
    pub specializations: Vec<SpecializationInfo>,
    /// Parameter names with their defaults as source text.
    pub params: Vec<(Name, Option<String>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecializationInfo {
    /// Spelled as Numba spells them.
    pub args: Vec<String>,
    pub verdict: Verdict,
    pub ret: Option<String>,
    /// `signature`, `call at line 12`, `argument`.
    pub origin: String,
    /// Where the machine could run it, `None`; else why not.
    pub not_compiled: Option<String>,
}

/// A question about one function and its argument types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferRequest {
    pub path: PathBuf,
    /// Python's `__qualname__`.
    pub function: String,
    /// Of `def` or of a decorator; decides between functions of one name.
    pub line: Option<u32>,
    /// Spelled as Numba spells them; `None` takes the declared or found ones, else holes.
    pub args: Option<Vec<String>>,
    /// The decorator's options as JSON-like name and value texts, when they differ from the file's.
    pub options: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferAnswer {
    pub verdict: Verdict,
    pub return_type: Option<String>,
    /// By name, in order of first definition: the types of its SSA versions.
    pub locals: Vec<(Name, Vec<String>)>,
    /// The first is the one that Numba raises.
    pub diagnostics: Vec<InferDiagnostic>,
    pub why: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferDiagnostic {
    pub code: &'static str,
    pub line: u32,
    pub column: u32,
    pub message: String,
}

/// What an editor shows when the pointer rests on something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    pub start: u32,
    pub end: u32,
    /// Markdown.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HintKind {
    Variable,
    Parameter,
    Return,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlayHint {
    pub offset: u32,
    pub label: String,
    pub kind: HintKind,
}

impl Snapshot {
    /// Every finding of a file, sorted by place.
    pub fn diagnostics(&self, path: &Path) -> Vec<Diagnostic> {
        let _ = path;
        Vec::new()
    }

    /// The decorated functions of a file, in order.
    pub fn kernels(&self, path: &Path) -> Vec<KernelInfo> {
        let _ = path;
        Vec::new()
    }

    /// Numba's verdict on one function, or why the request cannot be read.
    pub fn infer(&self, request: &InferRequest) -> Result<InferAnswer, String> {
        let _ = request;
        Err("not answered yet".into())
    }

    /// The program behind one specialization, ready for code generation.
    pub fn mono(&self, request: &InferRequest) -> Result<MonoProgram, NotCompiled> {
        let _ = request;
        Err(NotCompiled {
            why: "not answered yet".into(),
            line: None,
        })
    }

    pub fn hover(&self, path: &Path, offset: u32) -> Option<Hover> {
        let _ = (path, offset);
        None
    }

    pub fn inlay_hints(&self, path: &Path, start: u32, end: u32) -> Vec<InlayHint> {
        let _ = (path, start, end);
        Vec::new()
    }

    /// The text that the offsets of this snapshot's answers refer to.
    pub fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.db.source(path).text(&self.db).clone()
    }

    /// Where the name at this offset is defined: file, start and end.
    pub fn definition(&self, path: &Path, offset: u32) -> Option<(PathBuf, u32, u32)> {
        let _ = (path, offset);
        None
    }
}
