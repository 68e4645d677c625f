//! The questions a [`Snapshot`] answers, as plain data. This is all that the command line and the server see.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check;
use crate::db::{Db, Snapshot, SourceFile};
use crate::hir::body::ParamKind;
use crate::hir::folding::{self, Fold};
use crate::hir::{globals, module};
use crate::ide;
use crate::infer::query::infer_final;
use crate::infer::{Problem, ProblemKind, SpecKey, TypedBody, Verdict};
use crate::mono::project::DbProject;
use crate::mono::{MonoProgram, NotCompiled};
use crate::rules::{Diagnostic, Edit, TypesFrom};
use crate::specialize::{self, Source};
use crate::table::RefusalKind;
use crate::ty::{KernelRef, Name, Ty, Why};

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

/// What a kernel is compiled for, and what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecializationInfo {
    /// Spelled as Numba spells them.
    pub args: Vec<String>,
    pub verdict: Verdict,
    /// `None` where it is not compiled, or unknown.
    pub ret: Option<String>,
    pub types_from: TypesFrom,
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

/// Numba's answer to an [`InferRequest`], types spelled as Numba spells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferAnswer {
    pub verdict: Verdict,
    /// `None` where it is refused, or the type is unknown.
    pub return_type: Option<String>,
    /// By name, in order of first definition: the types of its SSA versions.
    pub locals: Vec<(Name, Vec<String>)>,
    /// The first is the one that Numba raises.
    pub diagnostics: Vec<InferDiagnostic>,
    /// What is unknown. Empty where nothing is.
    pub why: Vec<Why>,
}

/// One refusal, at the place that Numba blames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferDiagnostic {
    /// The rule's.
    pub code: &'static str,
    /// From 1, in the whole text.
    pub line: u32,
    /// From 1, in characters.
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

/// What an inlay hint tells the type of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HintKind {
    Variable,
    Parameter,
    Return,
}

/// A type to show between the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlayHint {
    /// The byte before which it stands.
    pub offset: u32,
    pub label: String,
    pub kind: HintKind,
}

/// One use of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub path: PathBuf,
    pub start: u32,
    pub end: u32,
    /// It is the `def`, the parameter or the import.
    pub definition: bool,
    /// It sets the name.
    pub write: bool,
}

/// The function whose arguments are being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHelp {
    pub name: String,
    /// As they are shown: `a: int64 = 0`.
    pub parameters: Vec<String>,
    pub ret: Option<Ty>,
    /// The parameter that the argument at the cursor is for.
    pub active: Option<usize>,
    pub note: Option<String>,
}

/// What a name stands for, in the protocol's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    Namespace,
    Type,
    Class,
    Function,
    Method,
    Property,
    Parameter,
    Variable,
}

/// A name in a kernel, and what it is to Numba.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SemanticToken {
    pub start: u32,
    pub end: u32,
    pub kind: TokenKind,
    pub definition: bool,
    /// Frozen when the kernel is compiled.
    pub constant: bool,
}

/// A change that is offered without a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub title: String,
    /// In the file that was asked about.
    pub edits: Vec<Edit>,
}

impl Snapshot {
    /// Every finding of a file, sorted by place.
    pub fn diagnostics(&self, path: &Path) -> Vec<Diagnostic> {
        check::file_diagnostics(&self.db, self.file(path))
    }

    /// The decorated functions of a file, in order.
    pub fn kernels(&self, path: &Path) -> Vec<KernelInfo> {
        let file = self.file(path);
        let items = module::kernels(&self.db, file);
        items
            .iter()
            .map(|item| KernelInfo {
                name: item.kernel.qualname.clone(),
                start: item.range.0,
                end: item.range.1,
                name_start: item.name_range.0,
                name_end: item.name_range.1,
                first_line: item.first_line,
                def_line: item.def_line,
                specializations: self.specializations(&item.kernel),
                params: module::params(&self.db, item.kernel.clone()),
            })
            .collect()
    }

    /// How many decorated functions a file has.
    pub fn kernel_count(&self, path: &Path) -> usize {
        module::decorated(&self.db, self.file(path)).len()
    }

    /// The explicit signatures of a function's decorator: argument types, spelled as Numba spells them. `None` if there
    /// is no such function.
    pub fn signatures(&self, path: &Path, function: &str, line: Option<u32>) -> Option<Vec<Vec<String>>> {
        let kernel = module::find_function(&self.db, self.file(path), function, line)?;
        let declared = module::declared(&self.db, kernel);
        let spelled =
            declared.signatures.iter().map(|signature| signature.args.iter().map(Ty::to_string).collect());
        Some(spelled.collect())
    }

    fn specializations(&self, kernel: &KernelRef) -> Vec<SpecializationInfo> {
        specialize::wanted(&self.db, kernel)
            .into_iter()
            .filter(|wanted| !wanted.key.args.iter().any(Ty::has_hole) || wanted.source == Source::Signature)
            .map(|wanted| {
                let typed = infer_final(&self.db, &wanted.key);
                let verdict = typed.verdict();
                SpecializationInfo {
                    args: wanted.key.args.iter().map(Ty::to_string).collect(),
                    verdict,
                    ret: (verdict == Verdict::Ok).then(|| typed.ret.to_string()),
                    types_from: check::types_from(&self.db, kernel.file, wanted.source),
                }
            })
            .collect()
    }

    /// Numba's verdict on one function, or why the request cannot be read.
    pub fn infer(&self, request: &InferRequest) -> Result<InferAnswer, String> {
        if let Some(answer) = self.miscounted(request) {
            return Ok(answer);
        }
        let key = self.key(request)?;
        let typed = infer_final(&self.db, &key);
        let mut answer = self.answer(&key, &typed);
        if answer.verdict == Verdict::Unknown
            && let Some(agreed) = self.agreed(&key)
        {
            answer = agreed;
        }
        Ok(answer)
    }

    /// The answer to a request that gives more or fewer types than the function has parameters: Numba compiles for no
    /// such types.
    fn miscounted(&self, request: &InferRequest) -> Option<InferAnswer> {
        let file = self.file(&request.path);
        let given = request.args.as_ref()?.len();
        let kernel = module::find_function(&self.db, file, &request.function, request.line)?;
        let takes = module::body(&self.db, kernel.clone())?.params.len();
        if given == takes {
            return None;
        }
        let (_, start) = module::source_map(&self.db, kernel.clone())?;
        let text = file.text(&self.db).clone().unwrap_or_default();
        let plural = if takes == 1 { "" } else { "s" };
        let diagnostic = InferDiagnostic {
            code: crate::rules::ARGUMENT_COUNT.code,
            line: check::line_of(&text, start),
            column: column_of(&text, start),
            message: format!(
                "`{}` has {takes} parameter{plural}, and types are given for {given}",
                request.function
            ),
        };
        Some(InferAnswer {
            verdict: Verdict::Error,
            return_type: None,
            locals: Vec::new(),
            diagnostics: vec![diagnostic],
            why: Vec::new(),
        })
    }

    /// What the functions that the project makes of an inner function say. Whoever asks of these types means one that
    /// takes them: those that Numba refuses count only if it refuses all.
    ///
    /// Functions made by calls that depend on further calls are no proof that others fail, too. Of these, one whose own
    /// calls cannot take as many arguments as this one passes on is not the one that was called.
    fn agreed(&self, key: &SpecKey) -> Option<InferAnswer> {
        let made = globals::instances(&self.db, &key.kernel);
        let mut accepted: Option<InferAnswer> = None;
        let mut refused: Option<InferAnswer> = None;
        let mut unknown = made.supposed;
        for kernel in made.kernels {
            let ret = self.declared_return(&kernel, &key.args).or_else(|| key.ret.clone());
            let key = SpecKey { kernel, ret, ..key.clone() };
            let typed = infer_final(&self.db, &key);
            if made.supposed && miscounts(&typed) {
                continue;
            }
            let answer = self.answer(&key, &typed);
            let known = match answer.verdict {
                Verdict::Ok => &mut accepted,
                Verdict::Error => &mut refused,
                Verdict::Unknown => {
                    unknown = true;
                    continue;
                }
            };
            match known {
                None => *known = Some(answer),
                Some(first) => {
                    if first.return_type != answer.return_type {
                        first.return_type = None;
                    }
                    first.locals.retain(|local| answer.locals.contains(local));
                }
            }
        }
        accepted.or(refused.filter(|_| !unknown))
    }

    /// The specialization that a request asks for.
    pub(crate) fn key(&self, request: &InferRequest) -> Result<SpecKey, String> {
        let file = self.file(&request.path);
        if file.text(&self.db).is_none() {
            return Err(format!("{}: no such file, or not text", request.path.display()));
        }
        let kernel =
            module::find_function(&self.db, file, &request.function, request.line).ok_or_else(|| {
                format!("{}: no function is called `{}`", request.path.display(), request.function)
            })?;
        let body = module::body(&self.db, kernel.clone())
            .ok_or_else(|| format!("`{}` cannot be read", request.function))?;
        let declared = module::declared(&self.db, kernel.clone());
        let options = (!request.options.is_empty())
            .then(|| Arc::new(crate::options::apply(&declared.options, &request.options)));
        let Some(texts) = &request.args else {
            let wanted = specialize::wanted(&self.db, &kernel).into_iter().next();
            let mut key = wanted.map_or_else(
                || SpecKey {
                    kernel: kernel.clone(),
                    args: specialize::unknown_args(&body),
                    options: None,
                    ret: None,
                    python: false,
                },
                |wanted| wanted.key,
            );
            key.options = options;
            return Ok(key);
        };
        if texts.len() != body.params.len() {
            return Err(format!(
                "`{}` has {} parameters, {} types are given",
                request.function,
                body.params.len(),
                texts.len()
            ));
        }
        let mut args = Vec::with_capacity(texts.len());
        for text in texts {
            let ty: Ty = text.parse().map_err(|error| format!("type `{text}`: {error}"))?;
            args.push(globals::complete(&self.db, file, &ty));
        }
        let ret = self.declared_return(&kernel, &args);
        Ok(SpecKey { kernel, args, options, ret, python: false })
    }

    /// A call that an explicit signature covers is compiled with that signature's return type.
    fn declared_return(&self, kernel: &KernelRef, args: &[Ty]) -> Option<Ty> {
        let declared = module::declared(&self.db, kernel.clone());
        let covering = declared.signatures.iter().find(|signature| signature.args == args);
        covering.and_then(|signature| signature.ret.clone())
    }

    fn answer(&self, key: &SpecKey, typed: &TypedBody) -> InferAnswer {
        let text = key.kernel.file.text(&self.db).clone().unwrap_or_default();
        let verdict = typed.verdict();
        let diagnostics = typed.problems.iter().map(|problem| {
            let found = check::problem_diagnostic(&self.db, &key.kernel, Some(typed), problem);
            let origin = problem.numba_origin.unwrap_or(problem.origin);
            let blamed = module::source_map(&self.db, key.kernel.clone())
                .and_then(|(map, offset)| Some(map.span(origin)?.start + offset));
            let start = blamed.unwrap_or(found.start);
            InferDiagnostic {
                code: found.rule.code,
                line: check::line_of(&text, start),
                column: column_of(&text, start),
                message: found.message,
            }
        });
        InferAnswer {
            verdict,
            return_type: (verdict != Verdict::Error && !typed.ret.has_hole()).then(|| typed.ret.to_string()),
            locals: locals(typed),
            diagnostics: diagnostics.collect(),
            why: typed.whys.clone(),
        }
    }

    /// The program behind one specialization, ready for code generation.
    pub fn mono(&self, request: &InferRequest) -> Result<MonoProgram, NotCompiled> {
        let refused = |why: String| NotCompiled { why, line: None };
        let key = self.key(request).map_err(refused)?;
        MonoProgram::from_typed(&DbProject::new(&self.db), &key)
    }

    /// What is known of the smallest expression around a byte offset.
    pub fn hover(&self, path: &Path, offset: u32) -> Option<Hover> {
        ide::hover(&self.db, self.file(path), offset)
    }

    /// The hints between two byte offsets, in order.
    pub fn inlay_hints(&self, path: &Path, start: u32, end: u32) -> Vec<InlayHint> {
        ide::inlay_hints(&self.db, self.file(path), start, end)
    }

    /// The text that the offsets of this snapshot's answers refer to.
    pub fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.db.source(path).text(&self.db).clone()
    }

    /// Where the name at this offset is defined: file, start and end.
    pub fn definition(&self, path: &Path, offset: u32) -> Option<(PathBuf, u32, u32)> {
        ide::definition(&self.db, self.file(path), offset)
    }

    /// Every use of the name at an offset. Functions are looked for in the other files, too.
    pub fn references(&self, path: &Path, offset: u32, files: &[PathBuf]) -> Vec<Reference> {
        ide::references(&self.db, self.file(path), offset, files)
    }

    /// The function whose call is being written at an offset.
    pub fn signature_help(&self, path: &Path, offset: u32) -> Option<SignatureHelp> {
        ide::signature_help(&self.db, self.file(path), offset)
    }

    /// The names in the kernels that touch a range.
    pub fn semantic_tokens(&self, path: &Path, start: u32, end: u32) -> Vec<SemanticToken> {
        ide::semantic_tokens(&self.db, self.file(path), start, end)
    }

    /// What of a file can be folded away.
    pub fn folds(&self, path: &Path) -> Vec<Fold> {
        folding::folds(&self.db, self.file(path))
    }

    /// What can be done with the code in a range.
    pub fn actions(&self, path: &Path, start: u32, end: u32) -> Vec<Action> {
        ide::actions(&self.db, self.file(path), start, end)
    }

    pub(crate) fn file(&self, path: &Path) -> SourceFile {
        self.db.source(path)
    }
}

/// Whether a function passes its own `*args` on to one that takes more or fewer.
fn miscounts(typed: &TypedBody) -> bool {
    let any_number = typed.body.params.iter().any(|param| param.kind == ParamKind::VarArgs);
    let counts = |problem: &Problem| match &problem.kind {
        ProblemKind::ArgumentCount { .. } => true,
        ProblemKind::Refused { refusal, .. } => {
            matches!(refusal.kind, RefusalKind::TooManyArguments { .. } | RefusalKind::MissingArgument(_))
        }
        _ => false,
    };
    any_number && typed.problems.first().is_some_and(counts)
}

/// The user's variables in order of first definition, each with the types of its versions, every type once.
fn locals(typed: &TypedBody) -> Vec<(Name, Vec<String>)> {
    let mut locals: Vec<(Name, Vec<(u32, String)>)> = Vec::new();
    for (var, ty) in typed.body.vars.iter().zip(&typed.types) {
        let Some(name) = &var.name else { continue };
        // Names with a dot belong to inlined functions.
        if matches!(ty, Ty::Poison) || name.contains('.') {
            continue;
        }
        let entry = (var.version, ty.to_string());
        match locals.iter_mut().find(|(known, _)| known == name) {
            Some((_, versions)) => versions.push(entry),
            None => locals.push((name.clone(), vec![entry])),
        }
    }
    locals
        .into_iter()
        .map(|(name, mut versions)| {
            versions.sort();
            let mut types: Vec<String> = Vec::new();
            for (_, ty) in versions {
                if !types.contains(&ty) {
                    types.push(ty);
                }
            }
            (name, types)
        })
        .collect()
}

/// The 1-based column of a byte offset, in characters.
fn column_of(text: &str, offset: u32) -> u32 {
    let end = (offset as usize).min(text.len());
    let start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
    u32::try_from(text[start..end].chars().count() + 1).unwrap_or(u32::MAX)
}
