//! Every finding of one file.

use std::path::PathBuf;

use crate::db::{Db, SourceFile};
use crate::hir::body::Origin;
use crate::hir::module;
use crate::hir::source_map::Span;
use crate::infer::query::infer_final;
use crate::infer::{Problem, ProblemKind};
use crate::rules::report::{self, Kernels, Place};
use crate::rules::{self, Diagnostic, Related, words};
use crate::specialize::{Source, Wanted, calls, wanted};
use crate::ty::{KernelRef, Ty};

/// The findings of a file, sorted by place.
pub(crate) fn file_diagnostics(db: &dyn Db, file: SourceFile) -> Vec<Diagnostic> {
    let Some(text) = file.text(db).clone() else { return Vec::new() };
    let mut found: Vec<Diagnostic> = module::syntax_errors(db, file)
        .into_iter()
        .map(|error| plain(&rules::SYNTAX_ERROR, error.span, error.message, error.help))
        .collect();
    for item in module::kernels(db, file).iter() {
        for wanted in wanted(db, &item.kernel) {
            kernel_diagnostics(db, &text, &wanted, &mut found);
        }
    }
    for call in calls(db, file).iter() {
        for (start, end) in &call.lists {
            found.push(list_argument(Span::new(*start, *end), call.key.kernel.qualname.as_ref()));
        }
    }
    found.sort_by(|a, b| {
        (a.start, a.end, a.rule.code, &a.message).cmp(&(b.start, b.end, b.rule.code, &b.message))
    });
    found.dedup_by(|a, b| {
        (a.start, a.end, a.rule.code, &a.message) == (b.start, b.end, b.rule.code, &b.message)
    });
    found
}

fn kernel_diagnostics(db: &dyn Db, text: &str, wanted: &Wanted, found: &mut Vec<Diagnostic>) {
    let typed = infer_final(db, &wanted.key);
    for problem in &typed.problems {
        let mut diagnostic = match &problem.kind {
            ProblemKind::InCallee { callee, args, problem: cause }
                if callee.file == wanted.key.kernel.file =>
            {
                at_callee(db, text, &wanted.key.kernel, problem.origin, callee, args, cause)
            }
            _ => Some((problem_diagnostic(db, text, &wanted.key.kernel, problem), wanted.key.args.clone())),
        };
        if let Some((diagnostic, args)) = &mut diagnostic {
            diagnostic.specialization = specialization(args);
            diagnostic.specialization_origin = Some(match wanted.source {
                Source::Signature => "its signature".to_string(),
                Source::Call(offset) => format!("the call in line {}", line_of(text, offset)),
                Source::Unknown => "any argument types".to_string(),
            });
        }
        found.extend(diagnostic.map(|(diagnostic, _)| diagnostic));
    }
}

/// Spelled for people; `None` where nothing is known.
fn specialization(args: &[Ty]) -> Option<Vec<String>> {
    if args.iter().all(Ty::is_hole) {
        return None;
    }
    Some(args.iter().map(words::ty).collect())
}

/// A callee's own problem is shown in the callee, with the call that leads to it beside.
fn at_callee(
    db: &dyn Db,
    text: &str,
    caller: &KernelRef,
    call: Origin,
    callee: &KernelRef,
    args: &[Ty],
    cause: &Problem,
) -> Option<(Diagnostic, Vec<Ty>)> {
    if let ProblemKind::InCallee { callee: inner, args, problem } = &cause.kind
        && inner.file == callee.file
    {
        return at_callee(db, text, callee, cause.origin, inner, args, problem);
    }
    let mut diagnostic = problem_diagnostic(db, text, callee, cause);
    if let Some((path, span)) = (View { db }).inside(caller, call) {
        let args: Vec<String> = args.iter().map(words::ty).collect();
        let message = format!("called here with ({})", args.join(", "));
        diagnostic.related.push(Related { path, start: span.start, end: span.end, message });
    }
    Some((diagnostic, args.to_vec()))
}

/// The diagnostic of one problem of one kernel of this file.
pub(crate) fn problem_diagnostic(
    db: &dyn Db,
    text: &str,
    kernel: &KernelRef,
    problem: &Problem,
) -> Diagnostic {
    let (map, offset) = module::source_map(db, kernel.clone()).unwrap_or_default();
    let fallback = module::name_span(db, kernel.clone()).unwrap_or(Span::new(offset, offset));
    let place = Place {
        path: kernel.file.path(db).to_path_buf(),
        text,
        map: &map,
        offset,
        function: kernel.qualname.clone(),
        fallback,
    };
    report::diagnostic(problem, &place, &View { db })
}

/// Where kernels stand, for related places.
struct View<'a> {
    db: &'a dyn Db,
}

impl Kernels for View<'_> {
    fn definition(&self, kernel: &KernelRef) -> Option<(PathBuf, Span)> {
        let span = module::name_span(self.db, kernel.clone())?;
        Some((kernel.file.path(self.db).to_path_buf(), span))
    }

    fn inside(&self, kernel: &KernelRef, origin: Origin) -> Option<(PathBuf, Span)> {
        let (map, offset) = module::source_map(self.db, kernel.clone())?;
        let span = map.span(origin)?.offset(offset);
        Some((kernel.file.path(self.db).to_path_buf(), span))
    }
}

fn plain(rule: &'static rules::RuleDecl, span: Span, message: String, help: Option<String>) -> Diagnostic {
    Diagnostic {
        rule,
        start: span.start,
        end: span.end,
        message,
        note: None,
        help,
        related: Vec::new(),
        fix: None,
        function: None,
        specialization: None,
        specialization_origin: None,
    }
}

fn list_argument(span: Span, function: &str) -> Diagnostic {
    let mut diagnostic = plain(
        &rules::LIST_ARGUMENT,
        span,
        format!("a Python list is passed to the jitted function `{function}`"),
        Some("pass an array instead: `np.array([..])`".to_string()),
    );
    diagnostic.note = Some("Numba copies it in and back item by item, and this is deprecated".to_string());
    diagnostic
}

/// The 1-based line of a byte offset.
pub(crate) fn line_of(text: &str, offset: u32) -> u32 {
    let end = (offset as usize).min(text.len());
    let lines = text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(lines + 1).unwrap_or(u32::MAX)
}
