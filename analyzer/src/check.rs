//! Every finding of one file.

use std::path::PathBuf;
use std::sync::Arc;

use crate::db::{Db, SourceFile};
use crate::hir::JitKind;
use crate::hir::body::{InstKind, Origin, RefusedKind, Value};
use crate::hir::module;
use crate::hir::source_map::Span;
use crate::infer::query::infer_final;
use crate::infer::{Problem, ProblemKind, TypedBody};
use crate::rules::report::{self, Kernels, Place};
use crate::rules::{self, Diagnostic, Related, lint, words};
use crate::specialize::{Source, Wanted, calls, probe, wanted};
use crate::ty::{KernelRef, Name, Ty};

/// The findings of a file, sorted by place.
pub(crate) fn file_diagnostics(db: &dyn Db, file: SourceFile) -> Vec<Diagnostic> {
    let Some(text) = file.text(db).clone() else { return Vec::new() };
    let mut found: Vec<Diagnostic> = module::syntax_errors(db, file)
        .into_iter()
        .map(|error| plain(&rules::SYNTAX_ERROR, error.span, error.message, error.help))
        .collect();
    let checked = |kind: JitKind| {
        use JitKind::{Extension, GeneratedJit, Intrinsic, Overload, Plain};
        !matches!(kind, Extension | Overload | Intrinsic | GeneratedJit | Plain)
    };
    for item in module::kernels(db, file).iter().filter(|item| checked(item.declared.kind)) {
        for wanted in wanted(db, &item.kernel) {
            kernel_diagnostics(db, &text, item.declared.kind, &wanted, &mut found);
        }
    }
    for item in module::kernels(db, file).iter() {
        let lists = item.declared.signatures.iter().flat_map(|signature| &signature.args);
        if lists.clone().any(|ty| matches!(ty, Ty::List { reflected: true, .. })) {
            found.push(list_argument(
                Span::new(item.name_range.0, item.name_range.1),
                item.kernel.qualname.as_ref(),
            ));
        }
    }
    stale_globals(db, file, &text, &mut found);
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

fn kernel_diagnostics(db: &dyn Db, text: &str, kind: JitKind, wanted: &Wanted, found: &mut Vec<Diagnostic>) {
    let typed = infer_final(db, &wanted.key);
    problem_diagnostics(db, text, wanted, &typed, found);
    if wanted.source == Source::Unknown
        && typed.problems.is_empty()
        && let Some(key) = probe::refused_by_all(db, &wanted.key.kernel)
    {
        let mut tried = infer_final(db, &key);
        Arc::make_mut(&mut tried).problems.truncate(1);
        problem_diagnostics(db, text, &Wanted { key, source: Source::Tried }, &tried, found);
    }
    let kernel = &wanted.key.kernel;
    for mut warning in with_place(db, text, kernel, Some(&typed), |place| lint::warnings(&typed, kind, place))
    {
        about(&mut warning, &wanted.key.args, wanted, text);
        found.push(warning);
    }
}

fn problem_diagnostics(
    db: &dyn Db,
    text: &str,
    wanted: &Wanted,
    typed: &TypedBody,
    found: &mut Vec<Diagnostic>,
) {
    for problem in &typed.problems {
        let mut diagnostic = match &problem.kind {
            ProblemKind::InCallee { callee, args, problem: cause }
                if callee.file == wanted.key.kernel.file =>
            {
                at_callee(db, text, &wanted.key.kernel, problem.origin, callee, args, cause)
            }
            _ => Some((
                problem_diagnostic(db, text, &wanted.key.kernel, Some(typed), problem),
                wanted.key.args.clone(),
            )),
        };
        if let Some((diagnostic, args)) = &mut diagnostic {
            about(diagnostic, args, wanted, text);
        }
        found.extend(diagnostic.map(|(diagnostic, _)| diagnostic));
    }
}

/// Globals that a function of the file assigns, where kernels of the file read them.
fn stale_globals(db: &dyn Db, file: SourceFile, text: &str, found: &mut Vec<Diagnostic>) {
    if !text.lines().any(|line| line.trim_start().starts_with("global ")) {
        return;
    }
    let mut assigned: Vec<Name> = Vec::new();
    for (kernel, _) in module::function_ranges(db, file) {
        let Some(body) = module::body(db, kernel) else { continue };
        assigned.extend(body.refused.iter().filter_map(|refused| match &refused.kind {
            RefusedKind::GlobalStore(name) => Some(name.clone()),
            _ => None,
        }));
    }
    for item in module::kernels(db, file).iter().filter(|item| item.declared.kind == JitKind::Jit) {
        let (Some(body), Some((map, offset))) =
            (module::body(db, item.kernel.clone()), module::source_map(db, item.kernel.clone()))
        else {
            continue;
        };
        for inst in body.blocks.iter().flat_map(|block| &block.insts) {
            let own = |name: &Name| {
                body.refused.iter().any(|refused| refused.kind == RefusedKind::GlobalStore(name.clone()))
            };
            if let InstKind::Assign { value: Value::Global(name), .. } = &inst.kind
                && assigned.contains(name)
                && !own(name)
                && let Some(span) = map.span(inst.origin)
            {
                let message = format!(
                    "`{name}` keeps the value it has when this is compiled: later assignments are not seen"
                );
                let help = Some("pass it as an argument".to_string());
                let mut diagnostic = plain(&rules::STALE_GLOBAL, span.offset(offset), message, help);
                diagnostic.note = Some("to compiled code a global is a constant".to_string());
                diagnostic.function = Some(item.kernel.qualname.clone());
                found.push(diagnostic);
            }
        }
    }
}

/// Says which specialization a finding is about.
fn about(diagnostic: &mut Diagnostic, args: &[Ty], wanted: &Wanted, text: &str) {
    diagnostic.specialization = specialization(args);
    diagnostic.specialization_origin = Some(match wanted.source {
        Source::Signature => "its signature".to_string(),
        Source::Call(offset) => format!("the call in line {}", line_of(text, offset)),
        Source::Unknown => "any argument types".to_string(),
        Source::Tried => "any argument types, for example these".to_string(),
    });
}

/// Spelled as Numba does, what is not known as `?`; `None` where nothing is known.
fn specialization(args: &[Ty]) -> Option<Vec<String>> {
    if args.iter().all(Ty::is_hole) {
        return None;
    }
    Some(args.iter().map(|ty| if ty.has_hole() { words::ty(ty) } else { ty.to_string() }).collect())
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
    let mut diagnostic = problem_diagnostic(db, text, callee, None, cause);
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
    typed: Option<&TypedBody>,
    problem: &Problem,
) -> Diagnostic {
    with_place(db, text, kernel, typed, |place| report::diagnostic(problem, place, &View { db }))
}

/// Calls `each` with the places of a function.
fn with_place<T>(
    db: &dyn Db,
    text: &str,
    kernel: &KernelRef,
    typed: Option<&TypedBody>,
    each: impl FnOnce(&Place<'_>) -> T,
) -> T {
    let (map, offset) = module::source_map(db, kernel.clone()).unwrap_or_default();
    let fallback = module::name_span(db, kernel.clone()).unwrap_or(Span::new(offset, offset));
    let start = module::kernels(db, kernel.file)
        .iter()
        .find(|item| item.kernel == kernel.bare())
        .map(|item| item.range.0);
    let place = Place {
        path: kernel.file.path(db).to_path_buf(),
        text,
        map: &map,
        offset,
        function: kernel.qualname.clone(),
        fallback,
        head: Span::new(start.unwrap_or(fallback.start), fallback.start),
        typed,
    };
    each(&place)
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
