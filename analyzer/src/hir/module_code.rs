//! The code of a file outside its functions: one body that calls of kernels are found in, and what it imports.

use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;

use super::body::{Body, InstKind, Value};
use super::lower;
use super::module::{Guard, index, survey};
use super::segment::{parse, segment_text, segments};
use super::source_map::{SourceMap, Span};
use crate::db::{Db, SourceFile};
use crate::ty::{KernelRef, Name};

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

/// Changes with the code outside functions only.
#[salsa::tracked(returns(ref))]
fn module_code(db: &dyn Db, file: SourceFile) -> ModuleCode {
    let mut code = ModuleCode::default();
    let executing = (0u32..).zip(&survey(db, file).names).filter(|(_, names)| names.executes);
    for (number, _) in executing {
        let Some(segment) = segment_text(db, file, number) else { continue };
        code.starts.push((u32::try_from(code.text.len()).unwrap_or(u32::MAX), number));
        code.text.push_str(segment.text(db));
    }
    code
}

/// The code of a file outside its functions, to find calls of kernels in. [`module_segment`] puts its spans into the
/// file.
#[salsa::tracked(returns(clone))]
pub fn module_body(db: &dyn Db, file: SourceFile) -> (Arc<Body>, Arc<SourceMap>) {
    let text = &module_code(db, file).text;
    let parsed = parse(text);
    let mut lowered = lower::module(&parsed.stmts, text, &parsed.errors);
    let repeated = repeated(db, file);
    if !repeated.is_empty() {
        pin(db, file, repeated, Arc::make_mut(&mut lowered.body), &lowered.map);
    }
    (lowered.body, lowered.map)
}

/// The names that a file defines as functions several times, as notebooks do, and as nothing else: with the statements
/// that define them.
#[salsa::tracked(returns(deref))]
fn repeated(db: &dyn Db, file: SourceFile) -> Vec<(Name, Vec<u32>)> {
    let index = index(db, file);
    let several = index.names.iter().filter_map(|name| {
        let places = index.bindings.get(name).filter(|places| places.len() > 1)?;
        let defined: Vec<u32> = index.named(name).map(|(_, segment, _)| *segment).collect();
        let bound = places.iter().all(|place| place.guard == Guard::Always);
        (bound && defined.len() == places.len()).then(|| (name.clone(), defined))
    });
    several.collect()
}

/// Makes each read of a name that is defined several times the read of the definition before it.
fn pin(db: &dyn Db, file: SourceFile, repeated: &[(Name, Vec<u32>)], body: &mut Body, map: &SourceMap) {
    for inst in body.blocks.iter_mut().flat_map(|block| &mut block.insts) {
        let InstKind::Assign { value: Value::Global(name), .. } = &mut inst.kind else { continue };
        let Some((_, defined)) = repeated.iter().find(|(repeated, _)| repeated == name) else { continue };
        let Some((segment, _)) = map.span(inst.origin).and_then(|span| module_segment(db, file, span)) else {
            continue;
        };
        if let Some(ordinal) = defined.iter().rposition(|at| *at <= segment) {
            *name = format!("{name}{PIN}{ordinal}").into();
        }
    }
}

/// Stands between a name and which of its definitions is meant.
const PIN: char = '@';

/// The function that a read in the code of a file names, if it is one of several definitions.
pub(crate) fn pinned(file: SourceFile, name: &str) -> Option<KernelRef> {
    // Hardly any is, and this is asked of every name.
    let at = name.bytes().position(|byte| byte == PIN as u8)?;
    Some(KernelRef::new(file, Name::from(&name[..at]), name[at + 1..].parse().ok()?))
}

/// Whether a function may see another definition of a name than the last: it stands between two.
pub(crate) fn is_between_definitions(db: &dyn Db, kernel: &KernelRef, name: &str) -> bool {
    let repeated = repeated(db, kernel.file);
    let Some((_, defined)) = repeated.iter().find(|(repeated, _)| **repeated == *name) else { return false };
    let Some(own) = super::module::segment_of(db, kernel.clone()) else { return false };
    defined.iter().any(|at| *at < own) && defined.iter().any(|at| *at > own)
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

/// The module-level names whose value comes from the environment or the command line.
pub(crate) fn from_environment(db: &dyn Db, file: SourceFile) -> &[Name] {
    &survey(db, file).from_environment
}

/// The name that a statement takes from the environment.
pub(super) fn taken_from_environment(text: &str) -> Option<Name> {
    const SOURCES: &[&str] = &["os.environ", "os.getenv(", "environ[", "environ.get(", "getenv(", "sys.argv"];
    // All of them have one of these words.
    static WORDS: LazyLock<[Finder<'static>; 3]> =
        LazyLock::new(|| ["environ", "getenv", "argv"].map(|word| Finder::new(word.as_bytes())));
    if !WORDS.iter().any(|word| word.find(text.as_bytes()).is_some()) {
        return None;
    }
    let code = text.split(" #").next()?;
    let (name, value) = code.split_once('=')?;
    let name = name.split(':').next()?.trim();
    let plain = !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || char == '_');
    (plain && SOURCES.iter().any(|source| value.contains(source))).then(|| name.into())
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
