//! The functions of a file, and the queries about one function: its body, its declaration, its place.
//!
//! The index of a file holds names only, so an edit inside a function leaves it as it is and re-runs nothing else.

use std::sync::Arc;

use ruff_python_ast::{Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use super::body::Body;
use super::segment::{SegmentText, SyntaxError, parsed, segments, span};
use super::source_map::{SourceMap, Span};
use super::walk::{Found, Scope, Syntax, function_at, locals, walk};
use super::{Declared, JitKind, KernelItem, Lowered, decorator, lower, module_code};
use crate::db::{Db, SourceFile};
use crate::ty::{KernelRef, Name, Ty};

/// A function of the project as a key of queries. There are few, so they are kept.
#[salsa::interned(debug, revisions = usize::MAX)]
pub struct Kernel<'db> {
    #[returns(ref)]
    pub of: KernelRef,
}

/// What names a function to queries: its key, or what a key is made of. Making one is a look into a table.
pub trait AsKernel<'db> {
    fn key(self, db: &'db dyn Db) -> Kernel<'db>;
}

impl<'db> AsKernel<'db> for Kernel<'db> {
    fn key(self, _: &'db dyn Db) -> Kernel<'db> {
        self
    }
}

impl<'db> AsKernel<'db> for KernelRef {
    fn key(self, db: &'db dyn Db) -> Kernel<'db> {
        Kernel::new(db, self)
    }
}

impl<'db> AsKernel<'db> for &KernelRef {
    fn key(self, db: &'db dyn Db) -> Kernel<'db> {
        Kernel::new(db, self.clone())
    }
}

/// A function as a segment has it: names and order, no positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) qualname: Name,
    /// Bound by `def` at module level or inside an `if`, `try` ... there.
    pub(super) top_level: bool,
}

/// What a segment binds at module level, by name, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) name: Name,
    pub(super) guard: Guard,
}

/// Under what a binding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Guard {
    Always,
    /// In a `try`, or the `else` of one.
    Try,
    /// In an `except` of that `try`.
    Except,
    /// In a branch of an `if` or `match`, in a loop or a `with`.
    Branch,
    /// `if __name__ == "__main__":`
    Main,
    /// `if TYPE_CHECKING:`
    TypeOnly,
    /// Assigned by a function that declares it `global`.
    FromFunction,
}

/// The names of a segment. Changes only when a function or a binding comes, goes or is renamed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) functions: Vec<Function>,
    pub(super) bindings: Vec<Binding>,
    /// Indices of bindings that are `from x import *`.
    pub(super) stars: Vec<u32>,
    /// The names of containers that statements change in place.
    pub(super) changed: Vec<Name>,
    /// Whether something is assigned a call with a name or a lambda among its arguments: it may jit that function.
    pub(super) calls_with_names: bool,
    /// Whether the module runs something here other than definitions and imports.
    pub(super) executes: bool,
}

/// What a segment says to its file: one query, since every edit of the file looks at it in every segment.
#[derive(Debug, PartialEq, Eq)]
struct Outline {
    names: Arc<Names>,
    /// The places of the functions, as many as there are names.
    places: Vec<FunctionPlace>,
    errors: Vec<SyntaxError>,
    /// The name that takes its value from the environment.
    from_environment: Option<Name>,
}

/// What the segments of a file say together. Changes with the names, the syntax errors and what is taken from the
/// environment, not with places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    pub(super) names: Vec<Arc<Names>>,
    /// Which segment they are in, and the places there.
    errors: Vec<(u32, SyntaxError)>,
    pub(super) from_environment: Vec<Name>,
}

/// Where a binding stands: the statement of the file, and the binding in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct BindingPlace {
    pub(super) segment: u32,
    pub(super) binding: u32,
    pub(super) guard: Guard,
}

/// The names of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// In order: qualified name, and which function of which segment.
    pub(super) functions: Vec<(Name, u32, u32)>,
    /// The places of a name in `functions`.
    by_name: rustc_hash::FxHashMap<Name, smallvec::SmallVec<[u32; 1]>>,
    pub(super) bindings: rustc_hash::FxHashMap<Name, Vec<BindingPlace>>,
    pub(super) stars: Vec<BindingPlace>,
    /// The names of containers that statements of the module change in place.
    pub(super) changed: Vec<Name>,
    /// The names in order of first binding, since the map has none.
    pub(super) names: Vec<Name>,
    /// Whether some function assigns a global.
    pub(super) globals_assigned: bool,
    /// The statements with [`Names::calls_with_names`], in order.
    pub(super) calls_with_names: Vec<u32>,
}

impl Index {
    /// The functions of a qualified name, in order.
    pub(super) fn named(&self, qualname: &Name) -> impl Iterator<Item = &(Name, u32, u32)> {
        let places = self.by_name.get(qualname).into_iter().flatten();
        places.filter_map(|place| self.functions.get(*place as usize))
    }
}

/// How many segments a file has.
pub(super) fn segment_count(db: &dyn Db, file: SourceFile) -> u32 {
    u32::try_from(segments(db, file).len()).unwrap_or(0)
}

/// The outline of a segment. Runs again when its text changes.
#[salsa::tracked(returns(ref))]
fn outline<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Outline {
    let (parsed, text) = (parsed(db, segment), segment.text(db));
    let mut places = Vec::new();
    let defines = |stmt: &Stmt| {
        matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Import(_) | Stmt::ImportFrom(_))
    };
    let mut names = Names { executes: !parsed.stmts.iter().all(defines), ..Names::default() };
    for (_, found) in walk(parsed) {
        match found {
            Found::Function { qualname, top_level, def } => {
                places.push(place_of(def, text));
                names.functions.push(Function { qualname, top_level });
            }
            Found::Binding { name, guard, syntax, .. } => {
                if let Syntax::Value(ruff_python_ast::Expr::Call(call)) = syntax {
                    names.calls_with_names |=
                        call.arguments.args.iter().any(|arg| arg.is_name_expr() || arg.is_lambda_expr());
                }
                if matches!(syntax, Syntax::Star(_)) {
                    names.stars.push(u32::try_from(names.bindings.len()).unwrap_or(u32::MAX));
                }
                names.bindings.push(Binding { name, guard });
            }
            Found::Change(name) => names.changed.push(name),
        }
    }
    Outline {
        names: Arc::new(names),
        places,
        errors: parsed.errors.clone(),
        from_environment: module_code::taken_from_environment(text),
    }
}

/// Runs again on every edit of the file, and looks at every segment once.
#[salsa::tracked(returns(ref))]
pub(super) fn survey(db: &dyn Db, file: SourceFile) -> Survey {
    let mut survey = Survey::default();
    for (number, segment) in (0u32..).zip(segments(db, file)) {
        let outline = outline(db, segment.text);
        survey.names.push(outline.names.clone());
        survey.errors.extend(outline.errors.iter().map(|error| (number, error.clone())));
        survey.from_environment.extend(outline.from_environment.clone());
    }
    survey
}

/// Every syntax error of a file with its place in the file.
pub fn syntax_errors(db: &dyn Db, file: SourceFile) -> impl Iterator<Item = SyntaxError> {
    survey(db, file).errors.iter().map(move |(number, error)| {
        let start = segment_start(db, file, *number).unwrap_or(0);
        SyntaxError { span: error.span.offset(start), ..error.clone() }
    })
}

/// The names of a file. Changes only with them.
#[salsa::tracked(returns(ref))]
pub(super) fn index(db: &dyn Db, file: SourceFile) -> Index {
    let mut index = Index::default();
    for (number, names) in (0u32..).zip(&survey(db, file).names) {
        if names.calls_with_names {
            index.calls_with_names.push(number);
        }
        index.changed.extend(names.changed.iter().cloned());
        for (at, function) in (0u32..).zip(&names.functions) {
            let place = u32::try_from(index.functions.len()).unwrap_or(u32::MAX);
            index.by_name.entry(function.qualname.clone()).or_default().push(place);
            index.functions.push((function.qualname.clone(), number, at));
        }
        for (at, binding) in (0u32..).zip(&names.bindings) {
            let place = BindingPlace { segment: number, binding: at, guard: binding.guard };
            index.globals_assigned |= binding.guard == Guard::FromFunction;
            if names.stars.contains(&at) {
                index.stars.push(place);
                continue;
            }
            let places = index.bindings.entry(binding.name.clone()).or_default();
            if places.is_empty() {
                index.names.push(binding.name.clone());
            }
            places.push(place);
        }
    }
    index
}

/// A function that a decorator makes Numba's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub struct Decorated<'db> {
    pub kernel: Kernel<'db>,
    pub kind: JitKind,
    /// A signature has a Python list among its arguments.
    pub takes_lists: bool,
}

/// Every function that a decorator makes Numba's, in order. Changes only with what decorators say.
#[salsa::tracked(returns(deref))]
pub fn decorated<'db>(db: &'db dyn Db, file: SourceFile) -> Vec<Decorated<'db>> {
    let kernels = all_functions(db, file).map(|kernel| Kernel::new(db, kernel));
    let decorated = kernels.filter_map(|kernel| {
        let declared = declared_query(db, kernel);
        let mut args = declared.signatures.iter().flat_map(|signature| &signature.args);
        let takes_lists = args.any(|ty| matches!(ty, Ty::List { source, .. } if source.is_reflected()));
        (declared.kind != JitKind::Plain).then_some(Decorated { kernel, kind: declared.kind, takes_lists })
    });
    decorated.collect()
}

/// The same with their places. Runs again on every edit of the file.
#[salsa::tracked(returns(ref), no_eq)]
pub fn kernels(db: &dyn Db, file: SourceFile) -> Vec<KernelItem> {
    let Some(text) = file.text(db) else { return Vec::new() };
    let lines = Lines::new(text);
    let mut items: Vec<KernelItem> = functions(db, file)
        .into_iter()
        .filter_map(|(kernel, place)| {
            let declared = declared(db, kernel.clone());
            (declared.kind != JitKind::Plain).then(|| KernelItem {
                kernel,
                declared: declared.clone(),
                range: (place.range.start, place.range.end),
                name_range: (place.name.start, place.name.end),
                first_line: lines.line(place.range.start),
                def_line: lines.line(place.def),
            })
        })
        .collect();
    items.sort_by_key(|item| item.range);
    items
}

/// Every function of a file, decorated or not, in order. Changes only when one comes, goes or is renamed.
pub(crate) fn all_functions(db: &dyn Db, file: SourceFile) -> impl Iterator<Item = KernelRef> {
    let mut ordinals: rustc_hash::FxHashMap<&Name, u32> = Default::default();
    index(db, file).functions.iter().map(move |(qualname, ..)| {
        let next = ordinals.entry(qualname).or_default();
        *next += 1;
        KernelRef::new(file, qualname.clone(), *next - 1)
    })
}

/// Positions of a function in its statement, or in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FunctionPlace {
    /// From the first decorator to the end of the body.
    pub(crate) range: Span,
    pub(crate) name: Span,
    /// Of the word `def`, or `async`.
    def: u32,
}

impl FunctionPlace {
    fn offset(self, by: u32) -> FunctionPlace {
        FunctionPlace { range: self.range.offset(by), name: self.name.offset(by), def: self.def + by }
    }
}

fn functions(db: &dyn Db, file: SourceFile) -> Vec<(KernelRef, FunctionPlace)> {
    let mut ordinals: rustc_hash::FxHashMap<&Name, u32> = Default::default();
    let mut out = Vec::new();
    for segment in segments(db, file) {
        let outline = outline(db, segment.text);
        for (function, place) in outline.names.functions.iter().zip(&outline.places) {
            let next = ordinals.entry(&function.qualname).or_default();
            let kernel = KernelRef::new(file, function.qualname.clone(), *next);
            *next += 1;
            out.push((kernel, place.offset(segment.start)));
        }
    }
    out
}

fn place_of(def: &StmtFunctionDef, text: &str) -> FunctionPlace {
    let range = span(def);
    let name = span(&def.name);
    let after_decorators = def.decorator_list.last().map_or(range.start, |last| u32::from(last.end()));
    // Between the last decorator and the name stand line breaks, comments and `def` or `async def`.
    let between = text.get(after_decorators as usize..name.start as usize).unwrap_or("");
    let mut def_at = after_decorators;
    for line in between.split_inclusive('\n') {
        let code = line.trim_start();
        if code.starts_with("def") || code.starts_with("async") {
            def_at += u32::try_from(line.len() - code.len()).unwrap_or(0);
            return FunctionPlace { range, name, def: def_at };
        }
        def_at += u32::try_from(line.len()).unwrap_or(0);
    }
    FunctionPlace { range, name, def: name.start }
}

/// Where a function stands in its statement, and the statement's text. Changes with that text only.
pub(crate) fn place<'db>(db: &'db dyn Db, kernel: impl AsKernel<'db>) -> Option<(FunctionPlace, &'db str)> {
    let (segment, function, _) = locate(db, kernel.key(db))?;
    Some((*outline(db, segment).places.get(function as usize)?, segment.text(db)))
}

/// Which statement of its file a function is in.
pub(crate) fn segment_of<'db>(db: &'db dyn Db, kernel: impl AsKernel<'db>) -> Option<u32> {
    locate(db, kernel.key(db)).map(|(.., number)| number)
}

/// Where a statement of a file starts. Changes when it is moved.
pub(crate) fn segment_start(db: &dyn Db, file: SourceFile, number: u32) -> Option<u32> {
    segments(db, file).get(number as usize).map(|segment| segment.start)
}

/// The function of this qualified name; `line` is that of its `def` or of a decorator and decides between several.
pub fn find_function(db: &dyn Db, file: SourceFile, qualname: &str, line: Option<u32>) -> Option<KernelRef> {
    let mut candidates: Vec<_> =
        functions(db, file).into_iter().filter(|(kernel, _)| &*kernel.qualname == qualname).collect();
    let (Some(line), [_, _, ..]) = (line, &candidates[..]) else {
        // Python keeps the last definition of a name.
        return candidates.pop().map(|(kernel, _)| kernel);
    };
    let text = file.text(db).as_deref()?;
    let lines = Lines::new(text);
    let at = candidates.iter().position(|(_, place)| {
        (lines.line(place.range.start)..=lines.line(place.name.start)).contains(&line)
    });
    let inside = || {
        candidates.iter().position(|(_, place)| {
            (lines.line(place.range.start)..=lines.line(place.range.end)).contains(&line)
        })
    };
    let at = at.or_else(inside)?;
    Some(candidates.swap_remove(at).0)
}

/// Every function of a qualified name, in order.
pub(super) fn find_functions(db: &dyn Db, file: SourceFile, qualname: &str) -> Vec<KernelRef> {
    all_functions(db, file).filter(|kernel| &*kernel.qualname == qualname).collect()
}

/// The functions that stand directly in a class.
pub(super) fn functions_in(db: &dyn Db, file: SourceFile, class: &str) -> Vec<KernelRef> {
    let inside =
        |kernel: &KernelRef| kernel.qualname.rsplit_once('.').is_some_and(|(outer, _)| outer == class);
    all_functions(db, file).filter(inside).collect()
}

/// Where a function is: the text of its segment, and which function of it. Changes when that statement's text does.
#[salsa::tracked(returns(clone))]
pub(super) fn locate<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Option<(SegmentText<'db>, u32, u32)> {
    let of = kernel.of(db);
    let mut same = index(db, of.file).named(&of.qualname);
    let (_, segment, function) = same.nth(of.ordinal as usize)?;
    // Not by way of `segment_text`: that would run again for each, too.
    let text = segments(db, of.file).get(*segment as usize)?.text;
    Some((text, *function, *segment))
}

/// The syntax of a function, with the functions and classes around it, outermost first.
pub(super) fn syntax<'db>(
    db: &'db dyn Db,
    kernel: impl AsKernel<'db>,
) -> Option<(&'db StmtFunctionDef, Vec<Scope<'db>>)> {
    let (segment, function, _) = locate(db, kernel.key(db))?;
    function_in(db, segment, function)
}

/// The syntax of the n-th function of a segment, with the functions and classes around it, outermost first.
pub(super) fn function_in<'db>(
    db: &'db dyn Db,
    segment: SegmentText<'db>,
    index: u32,
) -> Option<(&'db StmtFunctionDef, Vec<Scope<'db>>)> {
    let place = outline(db, segment).places.get(index as usize)?;
    let range = TextRange::new(place.range.start.into(), place.range.end.into());
    function_at(parsed(db, segment), index, range)
}

#[salsa::tracked(returns(ref))]
fn lowered_function<'db>(db: &'db dyn Db, segment: SegmentText<'db>, function: u32) -> Option<Lowered> {
    let parsed = parsed(db, segment);
    let (def, scopes) = function_in(db, segment, function)?;
    let mut enclosing: Vec<Name> = Vec::new();
    for scope in scopes {
        if let Scope::Function(outer) = scope {
            enclosing.extend(locals(outer));
        }
    }
    let mut lowered = lower::function(def, segment.text(db), &parsed.errors, &enclosing);
    let range = def.range();
    let broken = |error: &super::segment::SyntaxError| {
        error.span.start <= u32::from(range.end()) && error.span.end >= u32::from(range.start())
    };
    if parsed.errors.iter().any(broken) && !lowered.body.broken {
        Arc::make_mut(&mut lowered.body).broken = true;
    }
    Some(lowered)
}

#[salsa::tracked(returns(clone))]
fn body_query<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Option<Arc<Body>> {
    lowered_body(db, kernel)
}

fn lowered_body<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Option<Arc<Body>> {
    let (segment, function, _) = locate(db, kernel)?;
    lowered_function(db, segment, function).as_ref().map(|lowered| lowered.body.clone())
}

/// The body of a function. Changes only with what the code says, not with where it stands or how it is spaced.
pub fn body<'db>(db: &'db dyn Db, kernel: impl AsKernel<'db>) -> Option<Arc<Body>> {
    let kernel = kernel.key(db);
    if db.is_frozen() { lowered_body(db, kernel) } else { body_query(db, kernel) }
}

/// Where the parts of the body stand, and the start of the segment that the spans count from. Changes when moved.
pub fn source_map<'db>(db: &'db dyn Db, kernel: impl AsKernel<'db>) -> Option<(Arc<SourceMap>, u32)> {
    let kernel = kernel.key(db);
    let start = segment_start(db, kernel.of(db).file, segment_of(db, kernel)?)?;
    Some((relative_source_map(db, kernel)?, start))
}

/// Where the parts of the body stand in their statement.
pub(crate) fn relative_source_map<'db>(
    db: &'db dyn Db,
    kernel: impl AsKernel<'db>,
) -> Option<Arc<SourceMap>> {
    let (segment, function, _) = locate(db, kernel.key(db))?;
    lowered_function(db, segment, function).as_ref().map(|lowered| lowered.map.clone())
}

#[salsa::tracked(returns(ref))]
fn declared_query<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Declared {
    decorator::declared(db, kernel)
}

/// What the decorators of a function say, or the call that jits it. Changes only with what they say.
pub fn declared<'db>(db: &'db dyn Db, kernel: impl AsKernel<'db>) -> &'db Declared {
    declared_query(db, kernel.key(db))
}

/// The parameters of a function with their defaults as the source has them.
pub fn params(db: &dyn Db, kernel: KernelRef) -> Vec<(Name, Option<String>)> {
    let kernel = Kernel::new(db, kernel);
    let Some((segment, ..)) = locate(db, kernel) else { return Vec::new() };
    let Some((def, _)) = syntax(db, kernel) else { return Vec::new() };
    let text = segment.text(db);
    let source =
        |node: &ruff_python_ast::Expr| text.get(node.range().to_std_range()).unwrap_or("").to_owned();
    let mut out = Vec::new();
    let plain = |param: &ruff_python_ast::ParameterWithDefault| {
        (Name::from(param.parameter.name.as_str()), param.default.as_deref().map(source))
    };
    out.extend(def.parameters.posonlyargs.iter().chain(&def.parameters.args).map(plain));
    if let Some(param) = &def.parameters.vararg {
        out.push((format!("*{}", param.name).into(), None));
    }
    out.extend(def.parameters.kwonlyargs.iter().map(plain));
    if let Some(param) = &def.parameters.kwarg {
        out.push((format!("**{}", param.name).into(), None));
    }
    out
}

/// Where the name of a function stands in its file. Changes when it is moved.
pub fn name_span(db: &dyn Db, kernel: KernelRef) -> Option<Span> {
    let start = segment_start(db, kernel.file, segment_of(db, kernel.clone())?)?;
    Some(place(db, kernel)?.0.name.offset(start))
}

/// Line numbers of offsets.
pub(crate) struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Lines {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes());
        let starts = breaks.map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX));
        Lines { starts: std::iter::once(0).chain(starts).collect() }
    }

    /// From 1.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
