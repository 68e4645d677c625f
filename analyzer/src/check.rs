//! Every finding of one file.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::db::{Db, SourceFile};
use crate::hir::body::{InstKind, Origin, RefusedKind, Value};
use crate::hir::module::{self, AsKernel, Kernel};
use crate::hir::module_code;
use crate::hir::source_map::Span;
use crate::hir::{JitKind, KernelItem};
use crate::infer::query::infer_final;
use crate::infer::{Problem, ProblemKind, SpecKey, TypedBody};
use crate::rules::report::{self, Around, Kernels, Place};
use crate::rules::{self, Applicability, CallPlace, Diagnostic, Edit, Fix, Related, TypesFrom, lint, words};
use crate::specialize::{CallSite, Source, Wanted, plain_code, probe, wanted};
use crate::ty::{KernelRef, Name, Ty, Why};

/// The findings of a file, sorted by place.
pub(crate) fn file_diagnostics(db: &dyn Db, file: SourceFile) -> Vec<Diagnostic> {
    let Some(text) = file.text(db).clone() else { return Vec::new() };
    let mut found: Vec<Diagnostic> = module::syntax_errors(db, file)
        .map(|error| plain(&rules::SYNTAX_ERROR, error.span, error.message, error.help))
        .collect();
    let checked = |kind: JitKind| {
        use JitKind::{Extension, GeneratedJit, Intrinsic, Overload, Plain};
        !matches!(kind, Extension | Overload | Intrinsic | GeneratedJit | Plain)
    };
    for item in module::decorated(db, file).iter().filter(|item| checked(item.kind)) {
        let found_here = match db.is_frozen() {
            true => Cow::Owned(find_in_kernel(db, item.kernel)),
            false => Cow::Borrowed(kernel_findings(db, item.kernel)),
        };
        for finding in found_here.iter() {
            let mut diagnostic = finding.diagnostic.clone();
            move_by(&mut diagnostic, start_of(db, &finding.place), file.path(db));
            diagnostic.types_from = Some(types_from(db, file, finding.source));
            found.push(diagnostic);
        }
    }
    for item in module::decorated(db, file).iter().filter(|item| item.takes_lists) {
        let kernel = item.kernel.of(db);
        let name = module::name_span(db, kernel.clone());
        found.extend(name.map(|name| list_argument(name, kernel.qualname.as_ref())));
    }
    stale_globals(db, file, &mut found);
    let code = plain_code(db, file);
    for (function, site) in &code.cold {
        found.push(cold_timing(site.in_file(db, file), function));
    }
    found.extend(
        code.misfits
            .iter()
            .map(|call| plain(call.rule, call.site.in_file(db, file), call.message.clone(), None)),
    );
    if !code.seeds.is_empty() && draws_unseeded(db, file, &text) {
        found.extend(code.seeds.iter().map(|site| seed_outside(site.in_file(db, file))));
    }
    for call in code.calls.iter().filter(|call| !call.example) {
        for site in &call.lists {
            let span = site.in_file(db, file);
            let mut diagnostic = list_argument(span, call.key.kernel.qualname.as_ref());
            diagnostic.fix = array_instead(db, file, &text, span);
            found.push(diagnostic);
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

/// Where the types of a specialization of a kernel in `file` come from.
pub(crate) fn types_from(db: &dyn Db, file: SourceFile, source: Source) -> TypesFrom {
    let place = |call: CallSite| match call.file == file {
        true => CallPlace::Here(call.site.in_file(db, file).start),
        false => CallPlace::There(beside(file.path(db), call.file.path(db)), call.line(db)),
    };
    match source {
        Source::Signature => TypesFrom::Signature,
        Source::Call(call) => TypesFrom::Call(place(call)),
        Source::Example(call) => TypesFrom::Example(place(call)),
        Source::Annotations => TypesFrom::Annotations,
        Source::Docstring => TypesFrom::Docstring,
        Source::Unknown => TypesFrom::Any,
        Source::Tried => TypesFrom::Tried,
    }
}

/// A path from the last folder that it shares with another one.
fn beside(path: &Path, other: &Path) -> String {
    let shared = path.components().zip(other.components()).take_while(|(a, b)| a == b).count();
    let rest: PathBuf = other.components().skip(shared).collect();
    rest.display().to_string().replace('\\', "/")
}

/// A finding about a kernel. Its places count from the start of the statement that holds the function `place`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    diagnostic: Diagnostic,
    place: KernelRef,
    source: Source,
}

/// What is found in one kernel, for all its specializations. Runs again when its text or its types change; that it
/// moves changes nothing, unless its findings point at other functions.
#[salsa::tracked(returns(deref))]
fn kernel_findings<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Vec<Finding> {
    find_in_kernel(db, kernel)
}

fn find_in_kernel<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Vec<Finding> {
    let kind = module::declared(db, kernel).kind;
    let checks = match db.is_frozen() {
        true => Cow::Owned(checks_of(db, kernel)),
        false => Cow::Borrowed(checks(db, kernel)),
    };
    let mut found = Vec::new();
    for wanted in &checks.wanted {
        kernel_diagnostics(db, kind, wanted, checks.refused.as_ref(), &mut found);
    }
    found
}

/// What a kernel is checked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Checks {
    wanted: Vec<Wanted>,
    /// The specialization that shows why no argument types make it compile, where only that is known.
    refused: Option<SpecKey>,
}

/// Runs again when a kernel's types change, not when its text does.
#[salsa::tracked(returns(ref))]
fn checks<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Checks {
    checks_of(db, kernel)
}

fn checks_of<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Checks {
    let mut wanted = wanted(db, kernel);
    let (mut is_open, mut untyped) = (false, None);
    for wanted in &mut wanted {
        let mut typed = infer_final(db, &wanted.key);
        if let Some(key) = wanted.undocumented.take().filter(|_| !typed.problems.is_empty()) {
            if key.args.iter().all(Ty::is_hole) {
                wanted.source = Source::Unknown;
            }
            typed = infer_final(db, &key);
            wanted.key = *key;
        }
        is_open |= is_silent(wanted, &typed);
        if wanted.key.args.iter().all(|ty| matches!(ty, Ty::Hole(Why::UntypedArgument(_)))) {
            untyped = Some(typed);
        }
    }
    let refused = if is_open { probe::refused_by_all(db, kernel, untyped) } else { None };
    Checks { wanted, refused }
}

/// Whether nothing is found, and types are missing.
fn is_silent(wanted: &Wanted, typed: &TypedBody) -> bool {
    wanted.source != Source::Signature
        && typed.problems.is_empty()
        && wanted.key.args.iter().any(Ty::has_hole)
}

fn kernel_diagnostics(
    db: &dyn Db,
    kind: JitKind,
    wanted: &Wanted,
    refused: Option<&SpecKey>,
    found: &mut Vec<Finding>,
) {
    let typed = infer_final(db, &wanted.key);
    // Numba compiles again with the values themselves where a call from Python meets `literally`.
    if wanted.source != Source::Signature && typed.problems.iter().any(asks_for_value) {
        return;
    }
    problem_findings(db, wanted, &typed, found);
    if let Some(key) = refused.filter(|_| is_silent(wanted, &typed)) {
        let mut tried = infer_final(db, key);
        Arc::make_mut(&mut tried).problems.truncate(1);
        let key = key.clone();
        problem_findings(db, &Wanted { key, source: Source::Tried, undocumented: None }, &tried, found);
    }
    let kernel = &wanted.key.kernel;
    let warnings = with_place(db, kernel, Some(&typed), |place, _| lint::warnings(&typed, kind, place));
    found
        .extend(warnings.into_iter().map(|warning| about(warning, kernel.clone(), &wanted.key.args, wanted)));
}

fn asks_for_value(problem: &Problem) -> bool {
    match &problem.kind {
        ProblemKind::InCallee { problem, .. } => asks_for_value(problem),
        ProblemKind::Refused { what, .. } => &**what == "numba.literally",
        _ => false,
    }
}

fn problem_findings(db: &dyn Db, wanted: &Wanted, typed: &TypedBody, found: &mut Vec<Finding>) {
    let kernel = &wanted.key.kernel;
    // A dict that nothing could be put into is not empty by mistake.
    let refused_item = typed.problems.iter().any(|problem| match &problem.kind {
        ProblemKind::Refused { what, args, .. } => {
            &**what == "[] =" && matches!(args.first(), Some(Ty::Dict(_)))
        }
        _ => false,
    });
    let is_consequence = |problem: &Problem| {
        refused_item && matches!(&problem.kind, ProblemKind::Imprecise { ty: Ty::Dict(_), .. })
    };
    for problem in typed.problems.iter().filter(|problem| !is_consequence(problem)) {
        let finding = match &problem.kind {
            ProblemKind::InCallee { callee, args, problem: cause } if callee.file == kernel.file => {
                at_callee(db, kernel, problem.origin, callee, args, cause)
            }
            _ => {
                let diagnostic = relative_diagnostic(db, kernel, Some(typed), problem);
                Some((diagnostic, kernel.clone(), wanted.key.args.clone()))
            }
        };
        found.extend(finding.map(|(diagnostic, place, args)| about(diagnostic, place, &args, wanted)));
    }
}

/// Where the statement of a function starts.
fn start_of(db: &dyn Db, kernel: &KernelRef) -> u32 {
    let number = module::segment_of(db, kernel.clone());
    number.and_then(|number| module::segment_start(db, kernel.file, number)).unwrap_or(0)
}

/// Makes places in the file of those that count from the start of a statement.
fn move_by(diagnostic: &mut Diagnostic, start: u32, path: &Path) {
    let add = |from: &mut u32, to: &mut u32| {
        *from = from.wrapping_add(start);
        *to = to.wrapping_add(start);
    };
    add(&mut diagnostic.start, &mut diagnostic.end);
    for related in diagnostic.related.iter_mut().filter(|related| related.path == path) {
        add(&mut related.start, &mut related.end);
    }
    for edit in diagnostic.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
        add(&mut edit.start, &mut edit.end);
    }
}

/// Globals that a function of the file assigns, where kernels of the file read them.
fn stale_globals(db: &dyn Db, file: SourceFile, found: &mut Vec<Diagnostic>) {
    let from_environment = module_code::from_environment(db, file);
    if !module_code::assigns_globals(db, file) && from_environment.is_empty() {
        return;
    }
    let mut assigned: Vec<Name> = Vec::new();
    for kernel in module::all_functions(db, file) {
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
                && let Some(span) = map.span(inst.origin)
            {
                let cached = item.declared.options.cache && from_environment.contains(name);
                let (message, note) = if assigned.contains(name) && !own(name) {
                    let text = "keeps the value it has when this is compiled: later assignments are not seen";
                    (text, "to compiled code a global is a constant")
                } else if cached {
                    let text =
                        "comes from the environment, and `cache=True` keeps the value of the first run";
                    (
                        text,
                        "the code on disk is reused while the file is the same, whatever the value is by then",
                    )
                } else {
                    continue;
                };
                let message = format!("`{name}` {message}");
                let help = Some("pass it as an argument".to_string());
                let mut diagnostic = plain(&rules::STALE_GLOBAL, span.offset(offset), message, help);
                diagnostic.note = Some(note.to_string());
                diagnostic.function = Some(item.kernel.qualname.clone());
                found.push(diagnostic);
            }
        }
    }
}

/// Says which specialization a finding is about.
fn about(mut diagnostic: Diagnostic, place: KernelRef, args: &[Ty], wanted: &Wanted) -> Finding {
    diagnostic.specialization = specialization(args);
    Finding { diagnostic, place, source: wanted.source }
}

/// Spelled as Numba does, what is not known as `?`; `None` where nothing is known.
fn specialization(args: &[Ty]) -> Option<Vec<String>> {
    if args.iter().all(Ty::is_hole) {
        return None;
    }
    let spelled = |ty: &Ty| match ty.as_python_object() {
        Some(object) => object.to_string(),
        None if ty.has_hole() => words::ty(ty),
        None => ty.to_string(),
    };
    Some(args.iter().map(spelled).collect())
}

/// A callee's own problem is shown in the callee, with the call that leads to it beside.
fn at_callee(
    db: &dyn Db,
    caller: &KernelRef,
    call: Origin,
    callee: &KernelRef,
    args: &[Ty],
    cause: &Problem,
) -> Option<(Diagnostic, KernelRef, Vec<Ty>)> {
    if let ProblemKind::InCallee { callee: inner, args, problem } = &cause.kind
        && inner.file == callee.file
    {
        return at_callee(db, callee, cause.origin, inner, args, problem);
    }
    let mut diagnostic = relative_diagnostic(db, callee, None, cause);
    if let Some((path, span)) = (View { db, kernel: callee }).inside(caller, call) {
        let args: Vec<String> = args.iter().map(words::ty).collect();
        let message = format!("called here with ({})", args.join(", "));
        diagnostic.related.push(Related { path, start: span.start, end: span.end, message });
    }
    Some((diagnostic, callee.clone(), args.to_vec()))
}

/// The diagnostic of one problem of one kernel.
pub(crate) fn problem_diagnostic(
    db: &dyn Db,
    kernel: &KernelRef,
    typed: Option<&TypedBody>,
    problem: &Problem,
) -> Diagnostic {
    let mut diagnostic = relative_diagnostic(db, kernel, typed, problem);
    move_by(&mut diagnostic, start_of(db, kernel), kernel.file.path(db));
    diagnostic
}

/// The same, with places that count from the start of the kernel's statement.
fn relative_diagnostic(
    db: &dyn Db,
    kernel: &KernelRef,
    typed: Option<&TypedBody>,
    problem: &Problem,
) -> Diagnostic {
    with_place(db, kernel, typed, |place, view| report::diagnostic(problem, place, view))
}

/// Calls `each` with the places of a function.
fn with_place<T>(
    db: &dyn Db,
    kernel: &KernelRef,
    typed: Option<&TypedBody>,
    each: impl FnOnce(&Place<'_>, &View<'_>) -> T,
) -> T {
    let key = kernel.key(db);
    let map = module::relative_source_map(db, key).unwrap_or_default();
    let found = module::place(db, key);
    let (fallback, start) = found.map_or((Span::new(0, 0), 0), |(place, _)| (place.name, place.range.start));
    let view = View { db, kernel };
    let place = Place {
        path: kernel.file.path(db).to_path_buf(),
        text: found.map_or("", |(_, text)| text),
        map: &map,
        function: kernel.qualname.clone(),
        fallback,
        head: Span::new(start, fallback.start),
        typed,
        around: &view,
    };
    each(&place, &view)
}

/// The project as the findings of one kernel see it.
struct View<'a> {
    db: &'a dyn Db,
    kernel: &'a KernelRef,
}

impl View<'_> {
    /// A place in some file, as it counts for the findings of this kernel.
    fn seen(&self, kernel: &KernelRef, span: Span) -> (PathBuf, Span) {
        let span = if kernel.file == self.kernel.file { self.relative(span) } else { span };
        (kernel.file.path(self.db).to_path_buf(), span)
    }
}

impl Kernels for View<'_> {
    fn definition(&self, kernel: &KernelRef) -> Option<(PathBuf, Span)> {
        Some(self.seen(kernel, module::name_span(self.db, kernel.clone())?))
    }

    fn inside(&self, kernel: &KernelRef, origin: Origin) -> Option<(PathBuf, Span)> {
        let (map, offset) = module::source_map(self.db, kernel.clone())?;
        Some(self.seen(kernel, map.span(origin)?.offset(offset)))
    }
}

impl Around for View<'_> {
    fn imported_as(&self, module: &str) -> Option<Name> {
        module_code::imported_as(self.db, self.kernel.file, module)
    }

    fn text(&self) -> &str {
        self.kernel.file.text(self.db).as_deref().unwrap_or_default()
    }

    fn relative(&self, span: Span) -> Span {
        let start = start_of(self.db, self.kernel);
        Span::new(span.start.wrapping_sub(start), span.end.wrapping_sub(start))
    }

    fn absolute(&self, span: Span) -> Span {
        let start = start_of(self.db, self.kernel);
        Span::new(span.start.wrapping_add(start), span.end.wrapping_add(start))
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
        types_from: None,
    }
}

fn cold_timing(span: Span, function: &str) -> Diagnostic {
    let mut diagnostic = plain(
        &rules::COLD_TIMING,
        span,
        format!("the time that is measured here includes compiling `{function}`: this is its first call"),
        Some("call it once before, with arguments of the same types".to_string()),
    );
    diagnostic.note =
        Some("a jitted function is compiled by its first call for each combination of types".to_string());
    diagnostic
}

/// Whether kernels of a file draw random numbers, and none seeds the generator that they use.
fn draws_unseeded(db: &dyn Db, file: SourceFile, text: &str) -> bool {
    let code = |item: &KernelItem| text.get(item.range.0 as usize..item.range.1 as usize).unwrap_or_default();
    let kernels = module::kernels(db, file);
    kernels.iter().any(|item| code(item).contains("np.random.") || code(item).contains("numpy.random."))
        && !kernels.iter().any(|item| code(item).contains("random.seed("))
}

fn seed_outside(span: Span) -> Diagnostic {
    let mut diagnostic = plain(
        &rules::SEED_OUTSIDE,
        span,
        "this does not seed the random numbers that jitted code draws".to_string(),
        Some("call `np.random.seed` in a jitted function, or pass a generator as an argument".to_string()),
    );
    diagnostic.note = Some("jitted code has generators of its own, one for each thread".to_string());
    diagnostic
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

/// The list as an array. Unsafe: what the function does to the list would be seen by nobody.
fn array_instead(db: &dyn Db, file: SourceFile, text: &str, span: Span) -> Option<Fix> {
    let np = module_code::imported_as(db, file, "numpy")?;
    let source = text.get(span.start as usize..span.end as usize)?;
    let edit = Edit { start: span.start, end: span.end, text: format!("{np}.array({source})") };
    Some(Fix {
        title: "make it an array argument".to_string(),
        applicability: Applicability::Unsafe,
        edits: vec![edit],
    })
}

/// The 1-based line of a byte offset.
pub(crate) fn line_of(text: &str, offset: u32) -> u32 {
    let end = (offset as usize).min(text.len());
    let lines = text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(lines + 1).unwrap_or(u32::MAX)
}
