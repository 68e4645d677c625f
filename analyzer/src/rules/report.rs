//! From what the solver refuses to what a user reads: rule, sentence, reason, fix, related places.

use std::path::PathBuf;

use crate::hir::body::{BinaryOp, InstKind, Origin, RefusedKind, Terminator, Value, VarId};
use crate::hir::source_map::{SourceMap, Span, Syntax};
use crate::infer::{Problem, ProblemKind, TypedBody, Untyped};
use crate::table::{Refusal, RefusalKind};
use crate::ty::{KernelRef, Name, Ty};

use super::{Diagnostic, Fix, Related, RuleDecl, fixes, words};

/// The places of one function, from the start of its statement on: so what is said about a function stays as it is
/// while the statements around it are edited.
pub(crate) struct Place<'a> {
    pub(crate) path: PathBuf,
    /// Of the statement that holds the function.
    pub(crate) text: &'a str,
    pub(crate) map: &'a SourceMap,
    pub(crate) function: Name,
    /// Where to point when a problem has no place of its own: the function's name.
    pub(crate) fallback: Span,
    /// From the first decorator to the name.
    pub(crate) head: Span,
    /// What was typed, where that is at hand: to find the assignments behind a value.
    pub(crate) typed: Option<&'a TypedBody>,
    pub(crate) around: &'a dyn Around,
}

impl Place<'_> {
    pub(crate) fn span(&self, origin: Origin) -> Span {
        self.map.span(origin).unwrap_or(self.fallback)
    }

    pub(crate) fn source(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    pub(super) fn syntax(&self, origin: Origin) -> Option<Syntax> {
        self.map.syntax(origin)
    }

    pub(super) fn related(&self, origin: Origin, message: String) -> Option<Related> {
        let span = self.map.span(origin)?;
        Some(Related { path: self.path.clone(), start: span.start, end: span.end, message })
    }
}

/// The file around a function's statement.
pub(crate) trait Around {
    /// The name under which the file imports a module as a whole.
    fn imported_as(&self, module: &str) -> Option<Name>;
    /// The whole text. Who asks for it is asked again after every edit.
    fn text(&self) -> &str;
    /// A place in the whole text, as it counts from the start of the statement; before that, it wraps around.
    fn relative(&self, span: Span) -> Span;
    /// The inverse of `relative`.
    fn absolute(&self, span: Span) -> Span;
}

/// Where another kernel stands, for related places. In the same file, these count from the start of the statement.
pub(crate) trait Kernels {
    /// The path and the span of the function's name.
    fn definition(&self, kernel: &KernelRef) -> Option<(PathBuf, Span)>;
    /// The path and span of an origin inside the function.
    fn inside(&self, kernel: &KernelRef, origin: Origin) -> Option<(PathBuf, Span)>;
}

/// What a diagnostic says, before it has its place.
pub(super) struct Text {
    pub(super) rule: &'static RuleDecl,
    pub(super) message: String,
    pub(super) note: Option<String>,
    pub(super) help: Option<String>,
}

impl Text {
    pub(super) fn new(rule: &'static RuleDecl, message: impl Into<String>) -> Text {
        Text { rule, message: message.into(), note: None, help: None }
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Text {
        self.note = Some(note.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Text {
        self.help = Some(help.into());
        self
    }
}

/// The diagnostic for one problem.
pub(crate) fn diagnostic(problem: &Problem, place: &Place<'_>, kernels: &dyn Kernels) -> Diagnostic {
    let origin = edit_origin(problem, place);
    let span = match &problem.kind {
        ProblemKind::UnknownOption(name) => fixes::option(place, name),
        _ => None,
    };
    let span = span.unwrap_or_else(|| place.span(origin));
    let text = describe(&problem.kind, place, span, kernels);
    let mut related = Vec::new();
    let fix = fixes::of_problem(problem, place, kernels, place.span(problem.origin));
    match &problem.kind {
        ProblemKind::CannotUnify { inputs, name, .. } => {
            let what = name.as_ref().map_or_else(|| "this value".to_string(), |name| format!("`{name}`"));
            for (origin, ty) in inputs {
                related.extend(place.related(*origin, format!("{what} is {} here", words::ty(ty))));
            }
        }
        ProblemKind::ReturnTypes(returns) => {
            for (origin, ty) in returns {
                related.extend(place.related(*origin, format!("returns {} here", words::ty(ty))));
            }
        }
        ProblemKind::UndecoratedCallee(kernel) => {
            related.extend(kernels.definition(kernel).map(|(path, span)| Related {
                path,
                start: span.start,
                end: span.end,
                message: format!("`{}` is a plain Python function", kernel.qualname),
            }));
        }
        ProblemKind::InCallee { callee, problem, .. } => {
            let (innermost, cause) = innermost(callee, problem);
            related.extend(kernels.inside(innermost, cause.origin).map(|(path, span)| Related {
                path,
                start: span.start,
                end: span.end,
                message: format!("`{}` cannot be compiled because of this", innermost.qualname),
            }));
        }
        ProblemKind::Refused { refusal: Refusal { kind, .. }, .. } if made_elsewhere(kind) => {
            related.extend(place.related(problem.origin, "it is used here".to_string()));
        }
        _ => {}
    }
    related.dedup();
    Diagnostic {
        rule: text.rule,
        start: span.start,
        end: span.end,
        message: text.message,
        note: text.note,
        help: text.help.or_else(|| fix.as_ref().map(|fix: &Fix| fix.title.clone())),
        related,
        fix,
        function: Some(place.function.clone()),
        specialization: None,
        types_from: None,
    }
}

/// The place that a person would change: of values that cannot be merged the odd one, of a container the display
/// that made it.
pub(crate) fn edit_origin(problem: &Problem, place: &Place<'_>) -> Origin {
    let odd = match &problem.kind {
        ProblemKind::CannotUnify { inputs, .. } => odd_one(inputs, place.typed),
        ProblemKind::Syntax(RefusedKind::EscapingCapture(_)) => {
            place.typed.and_then(|typed| escape(typed, problem.origin))
        }
        ProblemKind::Syntax(RefusedKind::EarlyCapture) => {
            place.typed.and_then(|typed| self_reference(typed, problem.origin))
        }
        ProblemKind::Refused { what, args, .. } if &**what == "[] =" && is_list_of_none(args) => {
            place.typed.and_then(|typed| container_display(typed, problem.origin))
        }
        ProblemKind::ReturnTypes(returns) => odd_return(returns),
        ProblemKind::Refused { refusal: Refusal { kind, .. }, .. } if made_elsewhere(kind) => {
            place.typed.and_then(|typed| container_display(typed, problem.origin))
        }
        _ => None,
    };
    odd.filter(|origin| place.map.span(*origin).is_some()).unwrap_or(problem.origin)
}

/// A list that was made of None is meant to be filled, and holds nothing but None.
fn is_list_of_none(args: &[Ty]) -> bool {
    matches!(args.first(), Some(Ty::List { elem, .. }) if **elem == Ty::None)
}

/// Where an inner function reads its own name.
fn self_reference(typed: &TypedBody, origin: Origin) -> Option<Origin> {
    let inner = typed
        .body
        .functions
        .iter()
        .find(|inner| inner.origin == origin || inner.free.contains(&inner.name))?;
    inner.body.blocks.iter().flat_map(|block| &block.insts).find_map(|inst| match &inst.kind {
        InstKind::Assign { value: Value::Free(name) | Value::Global(name), .. } if *name == inner.name => {
            Some(inst.origin)
        }
        _ => None,
    })
}

/// Refusals whose cause is how a container was made, not how it is used.
fn made_elsewhere(kind: &RefusalKind) -> bool {
    matches!(kind, RefusalKind::HeterogeneousIndex(Ty::LiteralList(_) | Ty::LiteralStrKeyDict(_)))
        || matches!(kind, RefusalKind::NeedsLiteral(param) if &**param == "key")
}

/// Among arrays the one that is none; else the first assignment, which the later ones do not follow.
fn odd_one(inputs: &[(Origin, Ty)], typed: Option<&TypedBody>) -> Option<Origin> {
    // What assigns a parameter is its own instruction, with the place of its name.
    let parameter = |origin: Origin| {
        typed.is_some_and(|typed| typed.body.params.iter().any(|param| param.origin == origin))
    };
    let array = |ty: &Ty| matches!(ty, Ty::Array(_));
    let scalars: Vec<_> = inputs.iter().filter(|(_, ty)| !array(ty)).collect();
    match scalars.as_slice() {
        [one, ..] if inputs.iter().any(|(_, ty)| array(ty)) => Some(one.0),
        _ => {
            let text: Vec<_> = inputs.iter().filter(|(_, ty)| is_text(ty)).collect();
            if let [one] = text.as_slice()
                && inputs.len() > 1
                && inputs.iter().all(|(_, ty)| is_text(ty) || ty.is_number())
            {
                return Some(one.0);
            }
            let tuples = inputs.iter().all(|(_, ty)| matches!(ty, Ty::Tuple(_)));
            let origins = inputs.iter().map(|(origin, _)| *origin);
            let first = origins.filter(|origin| *origin != Origin::NONE && !parameter(*origin)).min();
            if tuples { None } else { first }
        }
    }
}

fn is_text(ty: &Ty) -> bool {
    matches!(ty.unliteral(), Ty::Str)
}

/// Among returned arrays the scalar, among numbers the string.
fn odd_return(returns: &[(Origin, Ty)]) -> Option<Origin> {
    if let [text] = returns.iter().filter(|(_, ty)| is_text(ty)).collect::<Vec<_>>().as_slice()
        && returns.iter().all(|(_, ty)| is_text(ty) || ty.is_number())
    {
        return Some(text.0);
    }
    let scalar = returns.iter().find(|(_, ty)| ty.is_number() || *ty == Ty::None)?;
    returns.iter().any(|(_, ty)| matches!(ty, Ty::Array(_))).then_some(scalar.0)
}

/// Where an inner function is returned.
fn escape(typed: &TypedBody, origin: Origin) -> Option<Origin> {
    let insts = || typed.body.blocks.iter().flat_map(|block| &block.insts);
    let made = insts().find(|inst| {
        inst.origin == origin && matches!(&inst.kind, InstKind::Assign { value: Value::MakeFunction(..), .. })
    });
    let mut names = vec![made?.kind.dst()?];
    for inst in insts() {
        if let InstKind::Assign { dst, value: Value::Copy(from) } = &inst.kind
            && names.contains(&from.var)
        {
            names.push(*dst);
        }
    }
    typed.body.blocks.iter().find_map(|block| match &block.term {
        Terminator::Return(value) if names.contains(&value.var) => Some(block.term_origin),
        _ => None,
    })
}

/// The division that gave the float that the instruction at this place indexes with.
pub(super) fn divided_index(typed: &TypedBody, origin: Origin) -> Option<Origin> {
    let insts = || typed.body.blocks.iter().flat_map(|block| &block.insts);
    let index = insts().find_map(|inst| match &inst.kind {
        InstKind::Assign { value: Value::Item(_, index), .. } if inst.origin == origin => Some(index.var),
        _ => None,
    })?;
    insts().find_map(|inst| match &inst.kind {
        InstKind::Assign { dst, value: Value::Binary(BinaryOp::Div, ..) } if *dst == index => {
            Some(inst.origin)
        }
        _ => None,
    })
}

/// Where the container was made that the instruction at this place indexes.
fn container_display(typed: &TypedBody, origin: Origin) -> Option<Origin> {
    let mut insts = typed.body.blocks.iter().flat_map(|block| &block.insts);
    let mut var: VarId = insts.find_map(|inst| match &inst.kind {
        InstKind::Assign { value: Value::Item(target, _), .. } | InstKind::SetItem { target, .. }
            if inst.origin == origin =>
        {
            Some(target.var)
        }
        _ => None,
    })?;
    for _ in 0..8 {
        let definition = typed
            .body
            .blocks
            .iter()
            .flat_map(|block| &block.insts)
            .find(|inst| inst.kind.dst() == Some(var))?;
        match &definition.kind {
            InstKind::Assign {
                value: Value::Copy(from) | Value::Binary(BinaryOp::Mult, from, _), ..
            } => {
                var = from.var;
            }
            InstKind::Assign { value: Value::List(_) | Value::Dict(_), .. } => {
                return Some(definition.origin);
            }
            _ => return None,
        }
    }
    None
}

fn innermost<'a>(callee: &'a KernelRef, problem: &'a Problem) -> (&'a KernelRef, &'a Problem) {
    match &problem.kind {
        ProblemKind::InCallee { callee, problem, .. } => innermost(callee, problem),
        _ => (callee, problem),
    }
}

fn describe(kind: &ProblemKind, place: &Place<'_>, span: Span, kernels: &dyn Kernels) -> Text {
    match kind {
        ProblemKind::Syntax(refused) => words::syntax(refused),
        ProblemKind::Refused { what, refusal, args } => {
            words::refusal(what, refusal, args, place.source(span))
        }
        ProblemKind::CannotUnify { name, inputs, .. } => cannot_unify(name.as_ref(), inputs),
        ProblemKind::ReturnTypes(returns) => {
            let types = words::distinct(returns.iter().map(|(_, ty)| ty));
            Text::new(
                &super::RETURN_INSTABILITY,
                format!("returns have types that cannot be merged: {types}"),
            )
            .note("a compiled function has one return type, and these have none in common")
            .help(match returns.iter().any(|(_, ty)| matches!(ty, Ty::Array(_))) {
                true => "return the same type on every path, for example an array of one element instead of a scalar",
                false if returns.iter().all(|(_, ty)| matches!(ty, Ty::Tuple(_))) => {
                    "return as many values of the same types on every path, or an array"
                }
                false => "return the same type on every path",
            })
        }
        ProblemKind::Imprecise { name, ty } => imprecise(name.as_ref(), ty),
        ProblemKind::Undetermined { name: None } if recursive(place, span) => Text::new(
            &super::UNDETERMINED_TYPE,
            "this recursive call has no type: no path returns without calling the function again",
        )
        .note("types start from a return that does not depend on a recursive call")
        .help("put the case that ends the recursion first"),
        ProblemKind::Undetermined { name } => {
            let what =
                name.as_ref().map_or_else(|| "this expression".to_string(), |name| format!("`{name}`"));
            Text::new(&super::UNDETERMINED_TYPE, format!("nothing determines the type of {what}"))
        }
        ProblemKind::UndefinedGlobal(name) => {
            Text::new(&super::UNDEFINED_NAME, format!("`{name}` is not defined"))
        }
        ProblemKind::UntypedGlobal { name, what } => {
            Text::new(&super::UNTYPED_GLOBAL, format!("`{name}` is {what}, which jitted code cannot use"))
                .note("a global is a compile-time constant, and Numba has no type for this one")
                .help(untyped_global_help(what))
        }
        ProblemKind::UndecoratedCallee(kernel) => Text::new(
            &super::UNDECORATED_CALLEE,
            format!(
                "`{}` is a plain Python function; jitted code can only call jitted functions",
                kernel.qualname
            ),
        )
        .help(format!("decorate `{}` with `@njit`", kernel.qualname)),
        ProblemKind::InCallee { callee, args, problem } => in_callee(callee, args, problem, place, kernels),
        ProblemKind::ArgumentType { index, ty } => {
            let param = place.typed.and_then(|typed| typed.body.params.get(*index as usize));
            words::argument_type(param.map(|param| &*param.name), ty)
        }
        ProblemKind::ArgumentCount { takes, given } => {
            let name = place.source(span).split('(').next().unwrap_or_default();
            let name =
                if super::scan::is_path(name) { format!("`{name}`") } else { "the function".to_string() };
            let plural = if *takes == 1 { "" } else { "s" };
            Text::new(
                &super::ARGUMENT_COUNT,
                format!("{name} takes {takes} argument{plural}, {given} are given"),
            )
        }
        ProblemKind::NoConversion { from, to } => Text::new(
            &super::NO_CONVERSION,
            format!("{} cannot be converted to the declared {}", words::ty(from), words::ty(to)),
        ),
        ProblemKind::Lowering { what } => Text::new(&super::NOT_IMPLEMENTED, what.to_string())
            .note("Numba fails on it only after it has found all types, and then names no line"),
        ProblemKind::PrangeIndex { name, copy } => words::prange_index(name, *copy),
        ProblemKind::Reduction { name, fault } => words::reduction(name, *fault),
        ProblemKind::UnknownOption(name) => {
            Text::new(&super::UNKNOWN_OPTION, format!("the decorator has no option `{name}`"))
        }
    }
}

fn untyped_global_help(what: &Untyped) -> &'static str {
    match what {
        Untyped::Dict => {
            "pass a `numba.typed.Dict` as an argument, or give each value a global name of its own"
        }
        Untyped::List => "make it a tuple or an array, or pass it as an argument",
        Untyped::Class => "give what you need of it a global name of its own, or use `jitclass`",
        Untyped::Object(class) if &**class == "object" => "use None, or an int that no value has",
        Untyped::Object(_) => "pass its fields as arguments",
        Untyped::Set => "pass it as an argument, or make it a tuple, an array or a number",
    }
}

/// Whether a span is a call of the very function that it stands in.
fn recursive(place: &Place<'_>, span: Span) -> bool {
    let name = place.function.rsplit('.').next().unwrap_or_default();
    place.source(span).strip_prefix(name).is_some_and(|rest| rest.starts_with('('))
}

fn cannot_unify(name: Option<&Name>, inputs: &[(Origin, Ty)]) -> Text {
    let types = words::distinct(inputs.iter().map(|(_, ty)| ty));
    let message = match name {
        Some(name) => format!("`{name}` has types that cannot be merged: {types}"),
        None => format!("the two sides have types that cannot be merged: {types}"),
    };
    let array = inputs.iter().any(|(_, ty)| matches!(ty, Ty::Array(_)));
    let number = inputs.iter().any(|(_, ty)| ty.is_number());
    let help = match name {
        Some(name) if array && number => {
            format!("make `{name}` an array on every path, for example `np.full(1, value)`, or use two names")
        }
        Some(_) => "give it one type on every path, or use two names".to_string(),
        None => "make both sides one type".to_string(),
    };
    Text::new(&super::TYPE_INSTABILITY, message)
        .note("a variable that is read after paths meet has one type in compiled code")
        .help(help)
}

fn imprecise(name: Option<&Name>, ty: &Ty) -> Text {
    let what = name.map_or_else(|| "this container".to_string(), |name| format!("`{name}`"));
    let (kind, help) = match ty {
        Ty::Dict(_) => {
            ("dict", "set an item in this function, or use `numba.typed.Dict.empty(key_type, value_type)`")
        }
        Ty::Set { .. } | Ty::TypedSet(_) => ("set", "add an item of the intended type in this function"),
        Ty::TypedList(_) => {
            ("typed list", "append to it in this function, or use `List.empty_list(item_type)`")
        }
        _ => (
            "list",
            "append to it in this function, or write `[0.0 for _ in range(0)]` with an item of its type",
        ),
    };
    Text::new(
        &super::UNTYPED_CONTAINER,
        format!("Numba cannot tell what {what} contains: the {kind} is empty"),
    )
    .note("only what this very function puts into it gives an empty container its item type")
    .help(help)
}

fn in_callee(
    callee: &KernelRef,
    args: &[Ty],
    problem: &Problem,
    place: &Place<'_>,
    kernels: &dyn Kernels,
) -> Text {
    let (innermost, cause) = innermost(callee, problem);
    let reason = describe(&cause.kind, place, Span::new(0, 0), kernels);
    let args: Vec<String> = args.iter().map(words::ty).collect();
    let mut text = Text::new(
        &super::CALLEE_ERROR,
        format!("`{}({})` cannot be compiled: {}", callee.qualname, args.join(", "), reason.message),
    );
    if innermost != callee {
        text = text.note(format!("the cause is in `{}`", innermost.qualname));
    }
    text
}
