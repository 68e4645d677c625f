//! The functions of a file, and the queries about one function: its body, its declaration, its place.
//!
//! The index of a file holds names only, so an edit inside a function leaves it as it is and re-runs nothing else.

use std::sync::Arc;

use ruff_python_ast::{ExceptHandler, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use super::body::Body;
use super::decorator;
pub use super::segment::syntax_errors;
use super::segment::{Lambda, ParsedSegment, SegmentText, parse, parsed, segment_text, segments, span};
use super::source_map::{SourceMap, Span};
use super::{Declared, KernelItem, Lowered, lower};
use crate::db::{Db, SourceFile};
use crate::ty::{KernelRef, Name};

/// A function of the project as a key of queries.
#[salsa::interned(debug)]
pub struct Kernel<'db> {
    #[returns(ref)]
    pub of: KernelRef,
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
pub(super) struct Outline {
    pub(super) functions: Vec<Function>,
    pub(super) bindings: Vec<Binding>,
    /// Indices of bindings that are `from x import *`.
    pub(super) stars: Vec<u32>,
    /// Whether something is assigned a call with a name or a lambda among its arguments: it may jit that function.
    pub(super) calls_with_names: bool,
    /// Whether the module runs something here other than definitions and imports.
    pub(super) executes: bool,
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
    pub(super) bindings: rustc_hash::FxHashMap<Name, Vec<BindingPlace>>,
    pub(super) stars: Vec<BindingPlace>,
    /// The names in order of first binding, since the map has none.
    pub(super) names: Vec<Name>,
    /// Whether some function assigns a global.
    pub(super) globals_assigned: bool,
    /// The statements with [`Outline::calls_with_names`], in order.
    pub(super) calls_with_names: Vec<u32>,
}

/// How many segments a file has.
pub(super) fn segment_count(db: &dyn Db, file: SourceFile) -> u32 {
    u32::try_from(segments(db, file).len()).unwrap_or(0)
}

/// The outline of a segment. Runs again when its text changes.
#[salsa::tracked(returns(ref))]
pub(super) fn outline<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Outline {
    let parsed = parsed(db, segment);
    let defines = |stmt: &Stmt| {
        matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Import(_) | Stmt::ImportFrom(_))
    };
    let mut outline = Outline { executes: !parsed.stmts.iter().all(defines), ..Outline::default() };
    for (_, found) in walk(parsed) {
        match found {
            Found::Function { qualname, top_level, .. } => {
                outline.functions.push(Function { qualname, top_level })
            }
            Found::Binding { name, guard, syntax, .. } => {
                if let Syntax::Value(ruff_python_ast::Expr::Call(call)) = syntax {
                    outline.calls_with_names |=
                        call.arguments.args.iter().any(|arg| arg.is_name_expr() || arg.is_lambda_expr());
                }
                if matches!(syntax, Syntax::Star(_)) {
                    outline.stars.push(u32::try_from(outline.bindings.len()).unwrap_or(u32::MAX));
                }
                outline.bindings.push(Binding { name, guard });
            }
        }
    }
    outline
}

/// The names of a file. Runs again on an edit of the file; changes only with the names.
#[salsa::tracked(returns(ref))]
pub(super) fn index(db: &dyn Db, file: SourceFile) -> Index {
    let mut index = Index::default();
    for (number, segment) in (0u32..).zip(segments(db, file)) {
        let outline = outline(db, segment.text);
        if outline.calls_with_names {
            index.calls_with_names.push(number);
        }
        for (at, function) in (0u32..).zip(&outline.functions) {
            index.functions.push((function.qualname.clone(), number, at));
        }
        for (at, binding) in (0u32..).zip(&outline.bindings) {
            let place = BindingPlace { segment: number, binding: at, guard: binding.guard };
            index.globals_assigned |= binding.guard == Guard::FromFunction;
            if outline.stars.contains(&at) {
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

/// Every function that a decorator makes Numba's, with its place. Runs again on every edit of the file.
#[salsa::tracked(returns(ref), no_eq)]
pub fn kernels(db: &dyn Db, file: SourceFile) -> Vec<KernelItem> {
    let Some(text) = file.text(db) else { return Vec::new() };
    let lines = Lines::new(text);
    let mut items: Vec<KernelItem> = functions(db, file)
        .into_iter()
        .filter_map(|(kernel, place)| {
            let declared = declared(db, kernel.clone());
            (declared.kind != super::JitKind::Plain).then(|| KernelItem {
                kernel,
                declared,
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

/// The place of every function of a file, decorated or not, in order. Runs again on every edit of the file.
pub fn function_ranges(db: &dyn Db, file: SourceFile) -> Vec<(KernelRef, (u32, u32))> {
    functions(db, file)
        .into_iter()
        .map(|(kernel, place)| (kernel, (place.range.start, place.range.end)))
        .collect()
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

/// The places of a segment's functions, as many as its outline has.
#[salsa::tracked(returns(deref))]
fn function_places<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Vec<FunctionPlace> {
    let found = walk(parsed(db, segment)).into_iter();
    let defs = found.filter_map(|(_, found)| match found {
        Found::Function { def, .. } => Some(def),
        Found::Binding { .. } => None,
    });
    defs.map(|def| place_of(def, segment.text(db))).collect()
}

fn functions(db: &dyn Db, file: SourceFile) -> Vec<(KernelRef, FunctionPlace)> {
    let mut ordinals: rustc_hash::FxHashMap<&Name, u32> = Default::default();
    let mut out = Vec::new();
    for segment in segments(db, file) {
        let functions = &outline(db, segment.text).functions;
        if functions.is_empty() {
            continue;
        }
        for (function, place) in functions.iter().zip(function_places(db, segment.text)) {
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
pub(crate) fn place(db: &dyn Db, kernel: KernelRef) -> Option<(FunctionPlace, &str)> {
    let (segment, function, _) = locate(db, Kernel::new(db, kernel))?;
    Some((*function_places(db, segment).get(function as usize)?, segment.text(db)))
}

/// Which statement of its file a function is in.
pub(crate) fn segment_of(db: &dyn Db, kernel: KernelRef) -> Option<u32> {
    locate(db, Kernel::new(db, kernel)).map(|(.., number)| number)
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
    let all = functions(db, file).into_iter().map(|(kernel, _)| kernel);
    all.filter(|kernel| &*kernel.qualname == qualname).collect()
}

/// The functions that stand directly in a class.
pub(super) fn functions_in(db: &dyn Db, file: SourceFile, class: &str) -> Vec<KernelRef> {
    let all = functions(db, file).into_iter().map(|(kernel, _)| kernel);
    all.filter(|kernel| kernel.qualname.rsplit_once('.').is_some_and(|(outer, _)| outer == class)).collect()
}

/// Where a function is: the text of its segment, and which function of it. Changes when that statement's text does.
#[salsa::tracked(returns(clone))]
pub(super) fn locate<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Option<(SegmentText<'db>, u32, u32)> {
    let of = kernel.of(db);
    let mut same = index(db, of.file).functions.iter().filter(|(qualname, ..)| *qualname == of.qualname);
    let (_, segment, function) = same.nth(of.ordinal as usize)?;
    Some((segment_text(db, of.file, *segment)?, *function, *segment))
}

/// The syntax of a function, with the functions and classes around it, outermost first.
pub(super) fn syntax<'db>(
    db: &'db dyn Db,
    kernel: &KernelRef,
) -> Option<(&'db StmtFunctionDef, Vec<Scope<'db>>)> {
    let (segment, function, _) = locate(db, Kernel::new(db, kernel.clone()))?;
    let mut found = walk(parsed(db, segment)).into_iter().filter_map(|(scopes, found)| match found {
        Found::Function { def, .. } => Some((def, scopes)),
        Found::Binding { .. } => None,
    });
    found.nth(function as usize)
}

#[salsa::tracked(returns(ref))]
fn lowered_function<'db>(db: &'db dyn Db, segment: SegmentText<'db>, function: u32) -> Option<Lowered> {
    let parsed = parsed(db, segment);
    let mut functions = walk(parsed).into_iter().filter_map(|(scopes, found)| match found {
        Found::Function { def, .. } => Some((def, scopes)),
        Found::Binding { .. } => None,
    });
    let (def, scopes) = functions.nth(function as usize)?;
    let mut enclosing: Vec<Name> = Vec::new();
    for scope in scopes {
        if let Scope::Function(outer) = scope {
            enclosing.extend(locals(outer));
        }
    }
    let mut lowered = lower::function(def, segment.text(db), &enclosing);
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
    let (segment, function, _) = locate(db, kernel)?;
    lowered_function(db, segment, function).as_ref().map(|lowered| lowered.body.clone())
}

/// The body of a function. Changes only with what the code says, not with where it stands or how it is spaced.
pub fn body(db: &dyn Db, kernel: KernelRef) -> Option<Arc<Body>> {
    body_query(db, Kernel::new(db, kernel))
}

/// Where the parts of the body stand, and the start of the segment that the spans count from. Changes when moved.
pub fn source_map(db: &dyn Db, kernel: KernelRef) -> Option<(Arc<SourceMap>, u32)> {
    let start = segment_start(db, kernel.file, segment_of(db, kernel.clone())?)?;
    Some((relative_source_map(db, kernel)?, start))
}

/// Where the parts of the body stand in their statement.
pub(crate) fn relative_source_map(db: &dyn Db, kernel: KernelRef) -> Option<Arc<SourceMap>> {
    let (segment, function, _) = locate(db, Kernel::new(db, kernel))?;
    lowered_function(db, segment, function).as_ref().map(|lowered| lowered.map.clone())
}

#[salsa::tracked(returns(clone))]
fn declared_query<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Declared {
    decorator::declared(db, kernel.of(db))
}

/// What the decorators of a function say, or the call that jits it. Changes only with what they say.
pub fn declared(db: &dyn Db, kernel: KernelRef) -> Declared {
    declared_query(db, Kernel::new(db, kernel))
}

/// The parameters of a function with their defaults as the source has them.
pub fn params(db: &dyn Db, kernel: KernelRef) -> Vec<(Name, Option<String>)> {
    let Some((segment, ..)) = locate(db, Kernel::new(db, kernel.clone())) else { return Vec::new() };
    let Some((def, _)) = syntax(db, &kernel) else { return Vec::new() };
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

/// Stands for the code of a file outside its functions.
pub fn module_kernel(file: SourceFile) -> KernelRef {
    KernelRef::new(file, "<module>", 0)
}

/// What a file does outside its functions and classes: the texts of these statements, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ModuleCode {
    text: String,
    /// Where a statement starts in `text`, and which of the file's it is.
    starts: Vec<(u32, u32)>,
}

/// Runs again on every edit of the file; changes with the code outside functions only.
#[salsa::tracked(returns(ref))]
fn module_code(db: &dyn Db, file: SourceFile) -> ModuleCode {
    let mut code = ModuleCode::default();
    for (number, segment) in (0u32..).zip(segments(db, file)) {
        if outline(db, segment.text).executes {
            code.starts.push((u32::try_from(code.text.len()).unwrap_or(u32::MAX), number));
            code.text.push_str(segment.text.text(db));
        }
    }
    code
}

/// The code of a file outside its functions, to find calls of kernels in. [`module_segment`] puts its spans into the
/// file.
#[salsa::tracked(returns(clone))]
pub fn module_body(db: &dyn Db, file: SourceFile) -> (Arc<Body>, Arc<SourceMap>) {
    let text = &module_code(db, file).text;
    let lowered = lower::module(&parse(text).stmts, text);
    (lowered.body, lowered.map)
}

/// The statement of the file that a span of [`module_body`] is in, and the span from its start.
pub(crate) fn module_segment(db: &dyn Db, file: SourceFile, span: Span) -> Option<(u32, Span)> {
    let starts = &module_code(db, file).starts;
    let after = starts.partition_point(|(start, _)| *start <= span.start);
    let (start, number) = *starts.get(after.checked_sub(1)?)?;
    Some((number, Span::new(span.start - start, span.end.saturating_sub(start))))
}

/// Whether some function of the file assigns a global.
pub(crate) fn assigns_globals(db: &dyn Db, file: SourceFile) -> bool {
    index(db, file).globals_assigned
}

/// The module-level names whose value comes from the environment or the command line. Changes with them only.
#[salsa::tracked(returns(deref))]
pub(crate) fn from_environment(db: &dyn Db, file: SourceFile) -> Vec<Name> {
    const SOURCES: &[&str] = &["os.environ", "os.getenv(", "environ[", "environ.get(", "getenv(", "sys.argv"];
    let texts = segments(db, file).iter().map(|segment| segment.text.text(db));
    let named = texts.filter_map(|text| {
        let code = text.split(" #").next()?;
        let (name, value) = code.split_once('=')?;
        let name = name.split(':').next()?.trim();
        let plain = !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || char == '_');
        (plain && SOURCES.iter().any(|source| value.contains(source))).then(|| name.into())
    });
    named.collect()
}

/// The modules that a file imports as a whole at the start of a line, with the names it has for them.
#[salsa::tracked(returns(deref))]
fn whole_imports(db: &dyn Db, file: SourceFile) -> Vec<(Name, Name)> {
    let texts = segments(db, file).iter().map(|segment| segment.text.text(db));
    let imported = texts.filter_map(|text| {
        let rest = text.lines().next()?.strip_prefix("import ")?.trim_start();
        let (module, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let alias = match rest.trim() {
            "" => module,
            rest => rest.strip_prefix("as ")?.split_whitespace().next()?,
        };
        Some((module.into(), alias.into()))
    });
    imported.collect()
}

/// The name under which a file imports a module as a whole. Changes with the imports only.
pub(crate) fn imported_as(db: &dyn Db, file: SourceFile, module: &str) -> Option<Name> {
    let imports = whole_imports(db, file);
    imports.iter().find(|(name, _)| **name == *module).map(|(_, alias)| alias.clone())
}

/// A scope that a function is defined in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope<'a> {
    Function(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
}

/// What the walk over a segment meets.
pub(super) enum Found<'a> {
    Function {
        qualname: Name,
        def: &'a StmtFunctionDef,
        top_level: bool,
    },
    /// A binding at module level.
    Binding {
        name: Name,
        guard: Guard,
        syntax: Syntax<'a>,
        /// The conditions of the `if`s around it, and what they must be.
        tests: Vec<(&'a ruff_python_ast::Expr, bool)>,
    },
}

/// The syntax behind a binding.
#[derive(Clone, Copy, Debug)]
pub(super) enum Syntax<'a> {
    Def(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
    /// `name = value`
    Value(&'a ruff_python_ast::Expr),
    /// `name: type` without a value.
    Annotated,
    /// `a, name = value`: the item at this index.
    Item(&'a ruff_python_ast::Expr, u32),
    /// `import a.b as name`: the module; without `as`, its first part.
    Import(&'a str),
    /// `from .a import b as name`
    From {
        level: u32,
        module: &'a str,
        name: &'a str,
    },
    Star(&'a ruff_python_ast::StmtImportFrom),
    /// A loop variable, `name += ...`, `with ... as name`: bound, and no reader can say to what.
    Other,
}

/// Every function and every module-level binding of a segment, in the order of the source.
pub(super) fn walk(parsed: &ParsedSegment) -> Vec<(Vec<Scope<'_>>, Found<'_>)> {
    let mut walker = Walker { lambdas: &parsed.lambdas, ..Walker::default() };
    walker.block(&parsed.stmts, Guard::Always);
    walker.lambdas_of(None);
    walker.out
}

/// The bindings of a function's own statements.
pub(super) fn walk_block(stmts: &[Stmt]) -> Vec<Found<'_>> {
    let mut walker = Walker::default();
    walker.block(stmts, Guard::Always);
    walker.out.into_iter().map(|(_, found)| found).collect()
}

#[derive(Default)]
struct Walker<'a> {
    lambdas: &'a [Lambda],
    out: Vec<(Vec<Scope<'a>>, Found<'a>)>,
    scopes: Vec<Scope<'a>>,
    tests: Vec<(&'a ruff_python_ast::Expr, bool)>,
}

impl<'a> Walker<'a> {
    fn block(&mut self, stmts: &'a [Stmt], guard: Guard) {
        for stmt in stmts {
            self.stmt(stmt, guard);
        }
    }

    /// The lambdas right inside a function or class.
    fn lambdas_of(&mut self, parent: Option<TextRange>) {
        for lambda in self.lambdas.iter().filter(|lambda| lambda.parent == parent) {
            let qualname = qualname(&self.scopes, &lambda.def.name);
            let found = Found::Function { qualname, def: &lambda.def, top_level: false };
            self.out.push((self.scopes.clone(), found));
        }
    }

    fn bind(&mut self, name: &str, guard: Guard, syntax: Syntax<'a>) {
        if self.scopes.is_empty() {
            let tests = self.tests.clone();
            self.out.push((Vec::new(), Found::Binding { name: name.into(), guard, syntax, tests }));
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt, guard: Guard) {
        let inner = if guard == Guard::Always { Guard::Branch } else { guard };
        match stmt {
            Stmt::FunctionDef(def) => {
                let found = Found::Function {
                    qualname: qualname(&self.scopes, &def.name),
                    def,
                    top_level: self.scopes.is_empty(),
                };
                self.out.push((self.scopes.clone(), found));
                self.bind(&def.name, guard, Syntax::Def(def));
                self.scopes.push(Scope::Function(def));
                self.block(&def.body, Guard::Always);
                self.lambdas_of(Some(def.range()));
                self.scopes.pop();
            }
            Stmt::ClassDef(class) => {
                self.bind(&class.name, guard, Syntax::Class(class));
                self.scopes.push(Scope::Class(class));
                self.block(&class.body, Guard::Always);
                self.lambdas_of(Some(class.range()));
                self.scopes.pop();
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.target(target, Syntax::Value(&assign.value), guard);
                }
            }
            Stmt::AnnAssign(assign) => {
                let syntax = match &assign.value {
                    Some(value) => Syntax::Value(value),
                    None => Syntax::Annotated,
                };
                self.target(&assign.target, syntax, guard);
            }
            Stmt::AugAssign(assign) => self.target(&assign.target, Syntax::Other, guard),
            Stmt::For(stmt) => {
                self.target(&stmt.target, Syntax::Other, guard);
                self.block(&stmt.body, inner);
                self.block(&stmt.orelse, inner);
            }
            Stmt::While(stmt) => {
                self.block(&stmt.body, inner);
                self.block(&stmt.orelse, inner);
            }
            Stmt::If(stmt) => self.branch(stmt, guard, inner),
            Stmt::With(stmt) => {
                for item in &stmt.items {
                    if let Some(target) = &item.optional_vars {
                        self.target(target, Syntax::Other, guard);
                    }
                }
                // A `with` runs its body once.
                self.block(&stmt.body, guard);
            }
            Stmt::Match(stmt) => {
                for case in &stmt.cases {
                    self.block(&case.body, inner);
                }
            }
            Stmt::Try(stmt) => {
                let body = if guard == Guard::Always { Guard::Try } else { guard };
                self.block(&stmt.body, body);
                for handler in &stmt.handlers {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    self.block(&handler.body, Guard::Except);
                }
                self.block(&stmt.orelse, body);
                self.block(&stmt.finalbody, guard);
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let module = alias.name.as_str();
                    match &alias.asname {
                        Some(name) => self.bind(name, guard, Syntax::Import(module)),
                        None => {
                            let first = module.split('.').next().unwrap_or(module);
                            self.bind(first, guard, Syntax::Import(first));
                        }
                    }
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let name = alias.name.as_str();
                    if name == "*" {
                        self.bind("*", guard, Syntax::Star(import));
                        continue;
                    }
                    let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
                    self.bind(bound, guard, Syntax::From { level: import.level, module, name });
                }
            }
            Stmt::Global(global) => {
                if matches!(self.scopes.last(), Some(Scope::Function(_))) {
                    for name in &global.names {
                        let found = Found::Binding {
                            name: name.as_str().into(),
                            guard: Guard::FromFunction,
                            syntax: Syntax::Other,
                            tests: Vec::new(),
                        };
                        self.out.push((Vec::new(), found));
                    }
                }
            }
            _ => {}
        }
    }

    fn branch(&mut self, stmt: &'a ruff_python_ast::StmtIf, guard: Guard, inner: Guard) {
        let outer = self.tests.len();
        // What only a type checker sees is set apart, and then the rest always runs.
        let mut rest = inner;
        match known_test(&stmt.test) {
            Some(Test::TypeChecking) => {
                self.block(&stmt.body, Guard::TypeOnly);
                rest = guard;
            }
            Some(Test::Main) => self.block(&stmt.body, Guard::Main),
            None => {
                self.tests.push((&stmt.test, true));
                self.block(&stmt.body, inner);
                self.tests.truncate(outer);
                self.tests.push((&stmt.test, false));
            }
        }
        for clause in &stmt.elif_else_clauses {
            let before = self.tests.len();
            if let Some(test) = &clause.test {
                self.tests.push((test, true));
            }
            self.block(&clause.body, rest);
            self.tests.truncate(before);
            if let Some(test) = &clause.test {
                self.tests.push((test, false));
            }
        }
        self.tests.truncate(outer);
    }

    fn target(&mut self, target: &'a ruff_python_ast::Expr, syntax: Syntax<'a>, guard: Guard) {
        use ruff_python_ast::Expr;
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), guard, syntax),
            Expr::Tuple(_) | Expr::List(_) => {
                let elts = match target {
                    Expr::Tuple(tuple) => &tuple.elts,
                    Expr::List(list) => &list.elts,
                    _ => return,
                };
                let starred = elts.iter().any(|item| matches!(item, Expr::Starred(_)));
                for (at, item) in (0u32..).zip(elts) {
                    let syntax = match syntax {
                        Syntax::Value(value) if !starred => Syntax::Item(value, at),
                        _ => Syntax::Other,
                    };
                    self.target(item, syntax, guard);
                }
            }
            Expr::Starred(starred) => self.target(&starred.value, Syntax::Other, guard),
            // Named tuples get their defaults so: `P.__new__.__defaults__ = (0, None)`.
            Expr::Attribute(attribute) if attribute.attr.as_str() == "__defaults__" => {
                if let Expr::Attribute(inner) = &*attribute.value
                    && let Expr::Name(class) = &*inner.value
                {
                    self.bind(&defaults_of(class.id.as_str()), guard, syntax);
                }
            }
            _ => {}
        }
    }
}

/// The name under which the defaults that are assigned to a class are bound.
pub(super) fn defaults_of(class: &str) -> String {
    format!("{class}.__new__.__defaults__")
}

enum Test {
    TypeChecking,
    Main,
}

fn known_test(test: &ruff_python_ast::Expr) -> Option<Test> {
    use ruff_python_ast::Expr;
    match test {
        Expr::Name(name) if name.id.as_str() == "TYPE_CHECKING" => Some(Test::TypeChecking),
        Expr::Attribute(attribute) if attribute.attr.as_str() == "TYPE_CHECKING" => Some(Test::TypeChecking),
        Expr::Compare(compare) => match &*compare.left {
            Expr::Name(name) if name.id.as_str() == "__name__" => Some(Test::Main),
            _ => None,
        },
        _ => None,
    }
}

/// Python's `__qualname__`.
fn qualname(scopes: &[Scope<'_>], name: &str) -> Name {
    let mut out = String::new();
    for scope in scopes {
        match scope {
            Scope::Function(def) => {
                out.push_str(&def.name);
                out.push_str(".<locals>.");
            }
            Scope::Class(class) => {
                out.push_str(&class.name);
                out.push('.');
            }
        }
    }
    out.push_str(name);
    out.into()
}

/// The names that a function binds: its parameters and whatever its statements assign.
pub(super) fn locals(def: &StmtFunctionDef) -> Vec<Name> {
    let mut names: Vec<Name> = def.parameters.iter().map(|param| param.name().as_str().into()).collect();
    let mut walker = Walker::default();
    walker.block(&def.body, Guard::Always);
    for (_, found) in walker.out {
        if let Found::Binding { name, guard, .. } = found
            && guard != Guard::FromFunction
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Line numbers of offsets.
pub(crate) struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Lines {
        let starts = text.match_indices('\n').map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
        Lines { starts: std::iter::once(0).chain(starts).collect() }
    }

    /// From 1.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}

/// The functions of Numba's whose first argument is what they give a type or a compiled form.
const EXTENDS: [&str; 14] = [
    "overload(",
    "overload_attribute(",
    "overload_classmethod(",
    "overload_method(",
    ".register(",
    "type_callable(",
    "lower_builtin(",
    "lower(",
    "infer_global(",
    "register_global(",
    "define_boxing(",
    "define_constructor(",
    "define_proxy(",
    "as_numba_type(",
];

/// The functions and classes that this file makes known to Numba, as `@overload(name)` and
/// `@typeof_impl.register(Name)` do: the last part of what is named. Changes only with that list.
#[salsa::tracked(returns(deref))]
pub fn extended(db: &dyn Db, file: SourceFile) -> Vec<Name> {
    let of_segments = segments(db, file).iter().flat_map(|segment| extended_by(db, segment.text));
    let mut names: Vec<Name> = of_segments.cloned().collect();
    names.sort();
    names.dedup();
    names
}

#[salsa::tracked(returns(deref))]
fn extended_by<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Vec<Name> {
    let text = segment.text(db);
    let mut names: Vec<Name> = Vec::new();
    for (at, found) in EXTENDS.iter().flat_map(|call| text.match_indices(call)) {
        let dotted: String = text[at + found.len()..]
            .trim_start()
            .chars()
            .take_while(|char| char.is_alphanumeric() || matches!(char, '_' | '.'))
            .collect();
        let name = dotted.rsplit('.').next().unwrap_or_default();
        if !name.is_empty() {
            names.push(name.into());
        }
    }
    names
}

/// The attributes and methods that this file gives to types, as `@overload_method(types.Array, "name")` does.
#[salsa::tracked(returns(deref))]
pub fn extended_attributes(db: &dyn Db, file: SourceFile) -> Vec<Name> {
    let of_segments = segments(db, file).iter().flat_map(|segment| attributes_by(db, segment.text));
    let mut names: Vec<Name> = of_segments.cloned().collect();
    names.sort();
    names.dedup();
    names
}

#[salsa::tracked(returns(deref))]
fn attributes_by<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Vec<Name> {
    let text = segment.text(db);
    let mut names: Vec<Name> = Vec::new();
    for call in ["overload_method(", "overload_attribute(", "overload_classmethod("] {
        for (at, _) in text.match_indices(call) {
            let given = text[at + call.len()..].split(')').next().unwrap_or_default();
            let quoted = given.split(['"', '\'']).nth(1);
            names.extend(quoted.map(Name::from));
        }
    }
    names
}

/// Whether `file` makes the function or class of this qualified name known to Numba.
pub fn extends(db: &dyn Db, file: SourceFile, qualname: &str) -> bool {
    let name = qualname.rsplit('.').next().unwrap_or(qualname);
    extended(db, file).iter().any(|known| **known == *name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::db::{Database, Host, NoFiles, Settings};

    const CODE: &str = "import numpy as np\nfrom numba import njit\n\nN = 3\n\n@njit\ndef f(x):\n    return x * N\n\n\n\
                        @njit\ndef g(x):\n    def inner(y):\n        return y\n    return inner(x)\n\n\
                        class C:\n    @staticmethod\n    @njit\n    def m(a, b=1):\n        return a\n\n\
                        if N:\n    @njit\n    def h(): return 1\nelse:\n    def h(): return 2\n";

    fn file(host: &Host) -> (&Database, SourceFile) {
        let db = host.database();
        (db, db.source(Path::new("/m.py")))
    }

    fn host_of(text: &str) -> Host {
        let mut host = Host::new(Arc::new(NoFiles), Settings::default());
        host.set_text(Path::new("/m.py"), Some(text));
        host
    }

    #[test]
    fn every_decorated_function_is_found_where_it_stands() {
        let host = host_of(CODE);
        let (db, file) = file(&host);
        let found: Vec<_> = kernels(db, file)
            .iter()
            .map(|item| (&*item.kernel.qualname, item.first_line, item.def_line))
            .collect();
        assert_eq!(found, [("f", 6, 7), ("g", 11, 12), ("C.m", 18, 20), ("h", 24, 25)]);
        let item = &kernels(db, file)[2];
        assert_eq!(&CODE[item.name_range.0 as usize..item.name_range.1 as usize], "m");
        assert!(CODE[item.range.0 as usize..].starts_with("@staticmethod"));
        assert_eq!(params(db, item.kernel.clone()), [("a".into(), None), ("b".into(), Some("1".into()))]);
    }

    #[test]
    fn a_line_decides_between_functions_of_one_name() {
        let host = host_of(CODE);
        let (db, file) = file(&host);
        let ordinal = |line| find_function(db, file, "h", line).map(|kernel| kernel.ordinal);
        assert_eq!(ordinal(Some(24)), Some(0));
        assert_eq!(ordinal(Some(25)), Some(0));
        assert_eq!(ordinal(Some(27)), Some(1));
        assert_eq!(ordinal(None), Some(1));
        assert!(find_function(db, file, "g.<locals>.inner", None).is_some());
        assert_eq!(find_function(db, file, "nothing", None), None);
    }

    /// The queries that run again for what every function says, after an edit.
    fn executed_after(edit: impl Fn(&str) -> String) -> Vec<String> {
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let writer = log.clone();
        let write = move |event: &str| {
            writer.lock().expect("no test panics while it holds the log").push(event.to_owned())
        };
        let mut host = Host::with_log(Arc::new(NoFiles), Settings::default(), Some(Arc::new(write)));
        host.set_text(Path::new("/m.py"), Some(CODE));
        let ask = |host: &Host| {
            let (db, file) = file(host);
            for item in kernels(db, file) {
                body(db, item.kernel.clone());
                source_map(db, item.kernel.clone());
                crate::hir::globals::global(db, file, &"N".into());
            }
        };
        ask(&host);
        log.lock().expect("no test panics while it holds the log").clear();
        host.set_text(Path::new("/m.py"), Some(&edit(CODE)));
        ask(&host);
        log.lock().expect("no test panics while it holds the log").clone()
    }

    fn count(events: &[String], query: &str) -> usize {
        events.iter().filter(|event| event.contains(query)).count()
    }

    #[test]
    fn a_comment_between_functions_parses_and_lowers_nothing() {
        let events = executed_after(|text| text.replace("N = 3\n", "# about N\nN = 3\n"));
        for query in ["parsed(", "outline(", "lowered_function(", "declared_query(", "global_query("] {
            assert_eq!(count(&events, query), 0, "{query} of {events:#?}");
        }
    }

    #[test]
    fn an_edit_in_one_function_parses_and_lowers_that_function_only() {
        let events = executed_after(|text| text.replace("x * N", "x * N + 1"));
        assert_eq!(count(&events, "parsed("), 1);
        assert_eq!(count(&events, "lowered_function("), 1);
        assert_eq!(count(&events, "global_query("), 0);
    }
}
