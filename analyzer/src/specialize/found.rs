//! The calls of kernels in plain Python: the module's own statements, the functions that these call, the examples of
//! docstrings, and every other plain function that calls a kernel.

use rustc_hash::FxHashMap;

use crate::db::{Db, SourceFile};
use crate::hir::body::{Body, Call, Inst, InstKind, Origin, ParamKind, Use, Value};
use crate::hir::guarded::is_guarded;
use crate::hir::source_map::Span;
use crate::hir::{JitKind, JitOptions, doctest, module, module_code};
use crate::infer::query::{ProjectView, infer, infer_body};
use crate::infer::{Callee, ProblemKind, SpecKey, TypedBody};
use crate::rules::{self, RuleDecl};
use crate::table::RefusalKind;
use crate::ty::{KernelRef, Name, Ty, Why};

use super::callers::{imported_names, kernel_names, names_of_kernels};
use super::values::{EMPTY_LIST, is_dict_display, refused_display, type_of_value};

/// A place in the file's own code: its statement, and the span from the statement's start. So it stays what it is
/// while other statements are edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) segment: u32,
    pub(crate) span: Span,
}

impl Site {
    /// The span in the file.
    pub(crate) fn in_file(self, db: &dyn Db, file: SourceFile) -> Span {
        self.span.offset(module::segment_start(db, file, self.segment).unwrap_or(0))
    }
}

/// A call of a kernel from plain Python, with the types that Numba's `typeof` gives its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundCall {
    pub(crate) key: SpecKey,
    pub(crate) site: Site,
    /// It stands in an example of a docstring.
    pub(crate) example: bool,
    /// Arguments that are Python lists.
    pub(crate) lists: Vec<Site>,
}

/// What the plain Python of a file does with kernels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlainCode {
    pub(crate) calls: Vec<FoundCall>,
    /// The calls of each kernel, as places in `calls`.
    of_kernel: FxHashMap<KernelRef, Vec<u32>>,
    /// Calls that compile a kernel while a clock is running: its name, and the place.
    pub(crate) cold: Vec<(Name, Site)>,
    /// Calls of `np.random.seed`.
    pub(crate) seeds: Vec<Site>,
    /// Calls of kernels that fit no way to bind their parameters.
    pub(crate) misfits: Vec<Misfit>,
}

/// A call whose arguments do not fit the parameters of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) rule: &'static RuleDecl,
    pub(crate) message: String,
    pub(crate) site: Site,
}

impl PlainCode {
    /// The kernels that are called, in no order.
    pub(super) fn kernels(&self) -> impl Iterator<Item = &KernelRef> {
        self.of_kernel.keys()
    }

    /// The calls of this kernel, in order.
    pub(crate) fn calls_of(&self, kernel: &KernelRef) -> impl Iterator<Item = &FoundCall> {
        let places = self.of_kernel.get(kernel).into_iter().flatten();
        places.filter_map(|place| self.calls.get(*place as usize))
    }

    fn add(&mut self, call: FoundCall) {
        let place = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        self.of_kernel.entry(call.key.kernel.clone()).or_default().push(place);
        self.calls.push(call);
    }
}

/// Every call of a kernel in the plain Python of a file, and what else is found on the way.
#[salsa::tracked(returns(ref))]
pub(crate) fn plain_code(db: &dyn Db, file: SourceFile) -> PlainCode {
    let mut found = PlainCode::default();
    if kernel_names(db, file).is_empty() && imported_names(db, file).is_empty() {
        return found;
    }
    let mut walk = Walk { db, file, found: &mut found, seen: Vec::new(), example: false, warm: Vec::new() };
    let (body, map) = module_code::module_body(db, file);
    walk.module(&body, &|origin| {
        let (segment, span) = module_code::module_segment(db, file, map.span(origin)?)?;
        Some(Site { segment, span })
    });
    let warm = std::mem::take(&mut walk.warm);
    walk.example = true;
    for example in doctest::examples(db, file) {
        walk.module(&example.body, &|origin| {
            let span = example.in_segment(example.map.span(origin)?);
            Some(Site { segment: example.segment, span })
        });
    }
    walk.example = false;
    let names = names_of_kernels(db, file);
    if !names.is_empty() {
        for kernel in module::all_functions(db, file) {
            walk.function(&kernel, names, &warm);
        }
    }
    found
}

struct Walk<'a> {
    db: &'a dyn Db,
    file: SourceFile,
    found: &'a mut PlainCode,
    seen: Vec<SpecKey>,
    /// What is walked over is an example of a docstring.
    example: bool,
    /// Kernels that were called, or handed on, and may be compiled.
    warm: Vec<KernelRef>,
}

/// What reads a clock.
const CLOCKS: &[&str] = &[
    "time.time",
    "time.time_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.monotonic",
    "time.process_time",
    "timeit.default_timer",
];

/// The path of the library function that an instruction calls.
fn library_call<'a>(typed: &'a TypedBody, inst: &Inst) -> Option<&'a str> {
    let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind else { return None };
    match typed.ty(call.func.var) {
        Ty::Function(path) | Ty::Hole(Why::NotInTable(path) | Why::UnresolvedImport(path)) => Some(path),
        _ => None,
    }
}

/// Whether a block may run again after it has run.
fn repeats(body: &Body, block: u32) -> bool {
    let mut todo: Vec<u32> = body.blocks[block as usize].term.successors().map(|to| to.0).collect();
    let mut seen = vec![false; body.blocks.len()];
    while let Some(at) = todo.pop() {
        if at == block {
            return true;
        }
        if !std::mem::replace(&mut seen[at as usize], true) {
            todo.extend(body.blocks[at as usize].term.successors().map(|to| to.0));
        }
    }
    false
}

/// What is wrong with how a call binds the parameters of a function, if that is the problem.
fn binding(function: &str, kind: &ProblemKind) -> Option<(&'static RuleDecl, String)> {
    match kind {
        ProblemKind::ArgumentCount { takes, given } => {
            let plural = if *takes == 1 { "" } else { "s" };
            let message = format!("`{function}` takes {takes} argument{plural}, {given} are given");
            Some((&rules::ARGUMENT_COUNT, message))
        }
        ProblemKind::Refused { refusal, .. } => match &refusal.kind {
            RefusalKind::MissingArgument(name) => {
                Some((&rules::ARGUMENT_COUNT, format!("`{function}` is called without `{name}`")))
            }
            RefusalKind::UnknownKeyword(name) => {
                Some((&rules::UNSUPPORTED_KEYWORD, format!("`{function}` has no parameter `{name}`")))
            }
            _ => None,
        },
        _ => None,
    }
}

type SiteOf<'a> = dyn Fn(Origin) -> Option<Site> + 'a;

impl Walk<'_> {
    /// The code of a module, or code that runs as if it were that.
    fn module(&mut self, body: &Body, site: &SiteOf<'_>) {
        let kernel = module_code::module_kernel(self.file);
        let view = ProjectView::of_python(self.db, &kernel);
        let typed = infer_body(&view, body, &[], None, &JitOptions::default());
        self.body(&typed, site);
    }

    /// A plain function that calls something of the name of a kernel and that nothing so far has called. The kernels in
    /// `warm` are compiled by then.
    fn function(&mut self, kernel: &KernelRef, names: &[Name], warm: &[KernelRef]) {
        let known = self.seen.iter().any(|key| key.kernel == *kernel);
        if known || kernel.qualname.contains("<locals>") {
            return;
        }
        // Most functions of a file of kernels are kernels, whose bodies need no look.
        if module::declared(self.db, kernel.clone()).kind != JitKind::Plain {
            return;
        }
        let Some(body) = module::body(self.db, kernel.clone()) else { return };
        let mut insts = body.blocks.iter().flat_map(|block| &block.insts);
        let calls = insts.any(|inst| match &inst.kind {
            InstKind::Assign { value: Value::Global(name) | Value::Attr(_, name), .. } => {
                names.binary_search(name).is_ok()
            }
            _ => false,
        });
        if !calls {
            return;
        }
        self.warm.clear();
        self.warm.extend_from_slice(warm);
        let args = super::unknown_args(&body);
        let key = SpecKey { kernel: kernel.clone(), args, options: None, ret: None, python: true };
        self.inside(&key);
    }

    /// The body of a plain function of this file, called like this.
    fn inside(&mut self, key: &SpecKey) {
        self.seen.push(key.clone());
        let inner = infer(self.db, key);
        if let (Some(map), Some(segment)) = (
            module::relative_source_map(self.db, key.kernel.clone()),
            module::segment_of(self.db, key.kernel.clone()),
        ) {
            self.body(&inner, &|origin| Some(Site { segment, span: map.span(origin)? }));
        }
    }

    fn body(&mut self, typed: &TypedBody, site: &SiteOf<'_>) {
        let changing = changing(typed);
        let mut clock: Option<Vec<(Name, Site)>> = None;
        for (number, block) in (0_u32..).zip(&typed.body.blocks) {
            for inst in &block.insts {
                match library_call(typed, inst) {
                    Some(path) if CLOCKS.contains(&path) => {
                        self.found.cold.extend(clock.replace(Vec::new()).unwrap_or_default());
                    }
                    Some("numpy.random.seed") if !self.example => self.found.seeds.extend(site(inst.origin)),
                    _ => {}
                }
                let Some(resolved) = typed.resolved(inst.id) else {
                    self.misfit(typed, inst, site);
                    self.empty_list(typed, inst, site);
                    continue;
                };
                if let Callee::Kernel(key) = &resolved.callee {
                    if let Some(cold) = &mut clock
                        && self.compiles(key)
                        && !repeats(&typed.body, number)
                        && let Some(site) = site(inst.origin)
                    {
                        cold.push((key.kernel.qualname.clone(), site));
                    }
                    self.warm.push(key.kernel.bare());
                    self.call(typed, inst, key, &changing, site);
                }
                self.hand_on(typed, inst);
            }
        }
    }

    /// A call of a kernel that was refused for how many arguments it gives, or how they are named.
    fn misfit(&mut self, typed: &TypedBody, inst: &Inst, site: &SiteOf<'_>) {
        let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind else { return };
        let Ty::Dispatcher(kernel) = typed.ty(call.func.var) else { return };
        let problem = typed.problems.iter().find(|problem| problem.origin == inst.origin);
        let Some((rule, message)) = problem.and_then(|problem| binding(&kernel.qualname, &problem.kind))
        else {
            return;
        };
        let declared = module::declared(self.db, (**kernel).clone());
        // From Python such parameters are named as ever.
        let named_only = module::body(self.db, (**kernel).clone())
            .is_none_or(|body| body.params.iter().any(|param| param.kind == ParamKind::KeywordOnly));
        if named_only || self.example || declared.kind != JitKind::Jit || declared.options.python_outside {
            return;
        }
        let Some(site) = site(inst.origin) else { return };
        if !is_guarded(self.db, self.file, site.segment, site.span.start) {
            self.found.misfits.push(Misfit { rule, message, site });
        }
    }

    /// A call with an empty list written out, which inference leaves open: its item type may come later.
    fn empty_list(&mut self, typed: &TypedBody, inst: &Inst, site: &SiteOf<'_>) {
        let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind else { return };
        let Ty::Dispatcher(kernel) = typed.ty(call.func.var) else { return };
        let displays = |used: &Use| refused_display(typed, used.var).is_some_and(|what| what == EMPTY_LIST);
        let mut uses = call.args.iter().chain(call.kwargs.iter().map(|(_, used)| used));
        let declared = module::declared(self.db, (**kernel).clone());
        let known = call.star.is_none() && declared.kind == JitKind::Jit && !declared.options.python_outside;
        if !known || !uses.any(displays) {
            return;
        }
        let Some(body) = module::body(self.db, (**kernel).clone()) else { return };
        let mut args = super::unknown_args(&body);
        self.refuse_displays(kernel, typed, call, &mut args);
        self.add(kernel, args, inst, Vec::new(), site);
    }

    /// Whether a call of this kernel compiles it first.
    fn compiles(&self, key: &SpecKey) -> bool {
        let declared = module::declared(self.db, key.kernel.clone());
        let options = &declared.options;
        !key.python
            && !self.example
            && declared.kind == JitKind::Jit
            && declared.signatures.is_empty()
            && !options.cache
            && !options.computed
            && !options.python_outside
            && !self.warm.contains(&key.kernel.bare())
    }

    /// Who is given a kernel may call it.
    fn hand_on(&mut self, typed: &TypedBody, inst: &Inst) {
        let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind else { return };
        for used in call.args.iter().chain(call.kwargs.iter().map(|(_, used)| used)) {
            if let Ty::Dispatcher(kernel) = typed.ty(used.var) {
                self.warm.push(kernel.bare());
            }
        }
    }

    fn call(&mut self, typed: &TypedBody, inst: &Inst, key: &SpecKey, changing: &[bool], site: &SiteOf<'_>) {
        if key.python {
            if self.seen.len() < 64 && !self.seen.contains(key) && key.kernel.file == self.file {
                self.inside(key);
            }
            return;
        }
        let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind else { return };
        if module::declared(self.db, key.kernel.clone()).options.python_outside {
            return;
        }
        let mut lists = Vec::new();
        let uses: Vec<&Use> = call.args.iter().chain(call.kwargs.iter().map(|(_, used)| used)).collect();
        let mut dicts: Vec<&Ty> = Vec::new();
        for used in uses {
            // A list of objects is refused, not deprecated.
            if matches!(typed.ty(used.var), Ty::List { elem, .. } if elem.as_python_object().is_none())
                && refused_display(typed, used.var).is_none()
                && let Some(site) = site(used.origin)
            {
                lists.push(site);
            }
            if is_dict_display(typed, used.var) {
                dicts.push(typed.ty(used.var));
            }
        }
        let python = |ty: &Ty| match dicts.contains(&ty) {
            true => Ty::python_object("a dict"),
            false => type_of_value(self.db, ty),
        };
        let mut args: Vec<Ty> = key.args.iter().map(python).collect();
        self.refuse_defaults(&key.kernel, call, &mut args);
        self.refuse_displays(&key.kernel, typed, call, &mut args);
        self.forget(&key.kernel, call, changing, &mut args);
        self.add(&key.kernel, args, inst, lists, site);
    }

    fn add(&mut self, kernel: &KernelRef, args: Vec<Ty>, inst: &Inst, lists: Vec<Site>, site: &SiteOf<'_>) {
        let nowhere = Site { segment: 0, span: Span::new(0, 0) };
        let site = site(inst.origin).unwrap_or(nowhere);
        if !is_guarded(self.db, self.file, site.segment, site.span.start) {
            let key = SpecKey { kernel: kernel.clone(), args, options: None, ret: None, python: false };
            self.found.add(FoundCall { key, site, example: self.example, lists });
        }
    }
}

impl Walk<'_> {
    /// Leaves the arguments open that Python may give another type than inference says.
    fn forget(&self, kernel: &KernelRef, call: &Call, changing: &[bool], args: &mut [Ty]) {
        let changes = |used: &Use| changing.get(used.var.0 as usize).copied().unwrap_or(true);
        let open = || Ty::Hole(Why::NotModelled("a value whose type changes"));
        if call.star.is_some_and(|star| changes(&star)) {
            args.iter_mut().for_each(|arg| *arg = open());
        }
        let positional = call.args.iter().zip(&mut *args).filter(|(used, _)| changes(used));
        positional.for_each(|(_, arg)| *arg = open());
        let Some(body) = module::body(self.db, kernel.clone()) else { return };
        for (name, _) in call.kwargs.iter().filter(|(_, used)| changes(used)) {
            let at = body.params.iter().position(|param| param.name == *name);
            if let Some(arg) = at.and_then(|at| args.get_mut(at)) {
                *arg = open();
            }
        }
    }

    /// A list display in the call itself may be one that Numba cannot take.
    fn refuse_displays(&self, kernel: &KernelRef, typed: &TypedBody, call: &Call, args: &mut [Ty]) {
        for (used, arg) in call.args.iter().zip(&mut *args) {
            if let Some(what) = refused_display(typed, used.var) {
                *arg = Ty::python_object(&what);
            }
        }
        if call.kwargs.is_empty() {
            return;
        }
        let Some(body) = module::body(self.db, kernel.clone()) else { return };
        for (name, used) in &call.kwargs {
            let at = body.params.iter().position(|param| param.name == *name);
            if let Some(what) = refused_display(typed, used.var)
                && let Some(arg) = at.and_then(|at| args.get_mut(at))
            {
                *arg = Ty::python_object(&what);
            }
        }
    }

    /// Numba cannot take a list, dict or set from the default of a parameter that a call leaves out.
    fn refuse_defaults(&self, kernel: &KernelRef, call: &Call, args: &mut [Ty]) {
        let Some(body) = module::body(self.db, kernel.clone()) else { return };
        for ((param, index), arg) in body.params.iter().zip(0..).zip(args) {
            let given = index < call.args.len() || call.kwargs.iter().any(|(name, _)| *name == param.name);
            let what = match arg {
                Ty::List { .. } => "a list",
                Ty::Dict(_) => "a dict",
                Ty::Set { .. } => "a set",
                _ => continue,
            };
            if !given && call.star.is_none() {
                *arg = Ty::python_object(&format!("{what} by default"));
            }
        }
    }
}

/// By variable: whether Python may see another type in it than the one that inference gives, which stands for all
/// that the variable may hold. That is so where paths with different types meet, for items of lists that are assigned
/// to, and for what is computed from such values.
fn changing(typed: &TypedBody) -> Vec<bool> {
    let insts = || typed.body.blocks.iter().flat_map(|block| &block.insts);
    let mut changing = vec![false; typed.body.vars.len()];
    let stored: Vec<&Ty> = insts()
        .filter_map(|inst| match &inst.kind {
            InstKind::SetItem { target, .. } => Some(typed.ty(target.var)),
            _ => None,
        })
        .collect();
    let is_mutable = |ty: &Ty| matches!(ty, Ty::List { .. } | Ty::Dict(_));
    let mut again = true;
    while again {
        again = false;
        for inst in insts() {
            let InstKind::Assign { dst, value } = &inst.kind else { continue };
            if changing[dst.0 as usize] {
                continue;
            }
            let mut changes = match value {
                Value::Phi(inputs) => {
                    let mut types = inputs.iter().map(|(_, input)| typed.ty(input.var).unliteral());
                    let first = types.next();
                    types.any(|ty| Some(&ty) != first.as_ref())
                }
                Value::Item(target, _) => {
                    let ty = typed.ty(target.var);
                    is_mutable(ty) && stored.contains(&ty)
                }
                _ => false,
            };
            value.clone().uses_mut(&mut |used| changes |= changing[used.var.0 as usize]);
            changing[dst.0 as usize] = changes;
            again |= changes;
        }
    }
    changing
}
