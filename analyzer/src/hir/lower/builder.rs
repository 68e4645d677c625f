//! The compiler's state: code, names, places.

use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::code::{At, Capture, Code, Instr, Label, Op};
use super::scope::{Bound, Meaning, Scope};
use crate::hir::body::{InnerFunction, InnerKind, Origin, Param, ParamKind, RefusedKind, Var, VarId};
use crate::hir::segment::SyntaxError;
use crate::hir::source_map::{SourceMap, Span, Syntax};
use crate::ty::{Const, Name};

/// The text and the places found in it, shared by a function and those inside it.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) map: SourceMap,
    line_starts: Vec<u32>,
    /// Where the text does not parse.
    errors: Vec<Span>,
    /// The text, if there are such places.
    text: String,
}

impl Source {
    pub(super) fn new(text: &str, errors: &[SyntaxError]) -> Source {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        let text = if errors.is_empty() { String::new() } else { text.to_owned() };
        let errors = errors.iter().map(|error| error.span).collect();
        Source { map: SourceMap::default(), line_starts, errors, text }
    }

    /// Whether something may be missing of what ends with a bracket: it is not closed, or does not parse inside.
    pub(super) fn is_broken(&self, range: TextRange) -> bool {
        let Some(text) = self.text.get(range.to_std_range()) else { return false };
        let (start, end) = (u32::from(range.start()), u32::from(range.end()));
        !text.ends_with([')', ']']) || self.errors.iter().any(|error| error.start < end && error.end > start)
    }

    /// The line of a byte, from 1.
    fn line(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|start| *start <= offset) as u32
    }

    pub(super) fn at(&mut self, range: TextRange, syntax: Syntax) -> At {
        let span = Span::new(range.start().into(), range.end().into());
        // An expression and what it is made of often share a place.
        let origin = match self.map.spans.last() {
            Some(last) if *last == (span, syntax) => Origin(self.map.spans.len() as u32 - 1),
            _ => self.map.add(span, syntax),
        };
        At { origin, line: self.line(span.start) }
    }
}

/// What a `return`, `break` or `continue` has to undo on its way out, innermost last.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame<'a> {
    /// Where `continue` and `break` go; a `for` keeps its iterator on the stack.
    Loop { next: Label, exit: Label, iterator: bool },
    /// The protected part of a `try`; the handler of the `try` around it.
    Try { outer: Option<Label> },
    /// The protected part of a `try` with `finally`.
    Finally { body: &'a [ast::Stmt], outer: Option<Label> },
}

/// Compiles one function (or module, or expression).
#[derive(Debug)]
pub(super) struct Gen<'a, 's> {
    pub(super) source: &'s mut Source,
    pub(super) code: Code,
    pub(super) scope: Scope,
    pub(super) vars: Vec<Var>,
    pub(super) functions: Vec<Arc<InnerFunction>>,
    pub(super) frames: Vec<Frame<'a>>,
    pub(super) protect: Option<Label>,
    /// Inside an `except` or `finally` clause, as far as Numba keeps track: a `try` in it makes it forget.
    pub(super) handling: bool,
    /// A way out has been compiled in the innermost `try`, `except` or `finally`: Numba sees the rest as another region
    /// and no longer refuses everything at its start.
    pub(super) left: bool,
    /// How many `except` and `finally` clauses are around.
    pub(super) handlers: u32,
    /// Variables of enclosing functions that are assigned.
    nonlocals: Vec<Name>,
    pub(super) broken: bool,
    pub(super) comprehensions: bool,
    /// A module's statements: nothing in them is refused.
    pub(super) module: bool,
}

impl<'a, 's> Gen<'a, 's> {
    pub(super) fn new(source: &'s mut Source, bound: &Bound, enclosing: Vec<Name>) -> Gen<'a, 's> {
        let mut code = Code::default();
        let entry = code.new_block();
        code.place(entry);
        Gen {
            source,
            code,
            scope: Scope::new(bound, enclosing),
            vars: Vec::new(),
            functions: Vec::new(),
            frames: Vec::new(),
            protect: None,
            handling: false,
            left: false,
            handlers: 0,
            nonlocals: Vec::new(),
            broken: false,
            comprehensions: false,
            module: false,
        }
    }

    /// Makes the bound names variables, unless `global` or `nonlocal` says otherwise.
    pub(super) fn add_locals(&mut self, bound: &Bound) {
        for name in &bound.names {
            let elsewhere = bound.globals.contains(name) || bound.nonlocals.contains(name);
            if !elsewhere && !matches!(self.scope.function_meaning(name), Meaning::Local(_)) {
                let var = self.new_var(Some(name.clone()));
                self.scope.add_local(name.clone(), var);
            }
        }
    }

    pub(super) fn new_var(&mut self, name: Option<Name>) -> VarId {
        self.vars.push(Var { name, version: 0 });
        VarId(self.vars.len() as u32 - 1)
    }

    pub(super) fn at(&mut self, node: &impl Ranged) -> At {
        self.source.at(node.range(), Syntax::Expression)
    }

    pub(super) fn at_statement(&mut self, range: TextRange) -> At {
        self.source.at(range, Syntax::Statement)
    }

    /// Whether Numba makes each instruction a block here.
    pub(super) fn guarded(&self) -> bool {
        self.protect.is_some() || self.handlers > 0
    }

    /// Refuses what Numba reads only when it stands in one block.
    pub(super) fn refuse_guarded(&mut self, words: &str, at: At) {
        if self.guarded() && !self.left {
            self.refuse(RefusedKind::Other(words.into()), 0, 0, at);
        }
    }

    pub(super) fn emit(&mut self, op: Op, at: At) {
        let guarded = self.guarded();
        self.code.push(Instr { op, at, protect: self.protect, guarded });
    }

    /// Emits a jump that belongs to no line.
    pub(super) fn emit_no_line(&mut self, op: Op, at: At) {
        self.emit(op, At { line: 0, ..at });
    }

    pub(super) fn emit_const(&mut self, value: Const, at: At) {
        self.emit(Op::Const(value), at);
    }

    pub(super) fn refuse(&mut self, kind: RefusedKind, pops: u32, pushes: u32, at: At) {
        self.emit(Op::Refuse { kind: Box::new(kind), pops, pushes }, at);
    }

    pub(super) fn new_block(&mut self) -> Label {
        self.code.new_block()
    }

    pub(super) fn place(&mut self, label: Label) {
        self.code.place(label);
    }

    /// Places the block where the ways to a value meet.
    pub(super) fn place_join(&mut self, label: Label, at: At) {
        self.code.block_mut(label).joins = Some(at.origin);
        self.code.place(label);
    }

    pub(super) fn load(&mut self, name: &str, at: At) {
        let op = match self.scope.read(name) {
            Meaning::Local(var) => Op::Local(var),
            Meaning::Free => Op::Free(name.into()),
            Meaning::Global => Op::Global(name.into()),
        };
        self.emit(op, at);
    }

    pub(super) fn store(&mut self, name: &str, at: At) {
        let meaning = self.scope.meaning(name);
        self.store_as(name, meaning, at);
    }

    pub(super) fn store_as(&mut self, name: &str, meaning: Meaning, at: At) {
        match meaning {
            Meaning::Local(var) => self.emit(Op::Store(var), at),
            Meaning::Free => self.store_nonlocal(name, at),
            Meaning::Global => self.refuse(RefusedKind::GlobalStore(name.into()), 1, 0, at),
        }
    }

    /// Stores to a variable of an enclosing function, which Numba allows once. The variable has the outer one's name.
    fn store_nonlocal(&mut self, name: &str, at: At) {
        self.scope.read(name);
        if self.nonlocals.iter().any(|stored| &**stored == name) {
            return self.refuse(RefusedKind::NonlocalStore(name.into()), 1, 0, at);
        }
        self.nonlocals.push(name.into());
        let var = self.new_var(Some(name.into()));
        self.emit(Op::Store(var), at);
    }

    /// Emits the making of an inner function whose body is compiled already.
    pub(super) fn make_function(&mut self, function: InnerFunction, at: At) {
        let wants_keyword = |param: &Param| param.kind == ParamKind::KeywordOnly && param.default.is_some();
        if function.body.params.iter().any(wants_keyword) {
            let what = "a default of a keyword-only parameter of an inner function";
            return self.refuse(RefusedKind::Other(what.into()), 0, 1, at);
        }
        let mut captures = Vec::new();
        for name in &function.free {
            match self.scope.read(name) {
                Meaning::Local(var) => {
                    self.emit(Op::NeedsCell(var), at);
                    captures.push((name.clone(), Capture::Local(var)));
                }
                Meaning::Free => captures.push((name.clone(), Capture::Outer)),
                Meaning::Global => {}
            }
        }
        self.functions.push(Arc::new(function));
        self.emit(Op::MakeFunction(self.functions.len() as u32 - 1, captures), at);
    }

    pub(super) fn lambda(&mut self, lambda: &ast::ExprLambda) {
        let at = self.at(lambda);
        let bound = Bound::of_expression(&lambda.body);
        let (body, free) = super::inner(self, lambda.parameters.as_deref(), &bound, |inner| {
            inner.expr(&lambda.body);
            let at = inner.at(&*lambda.body);
            inner.emit(Op::Return, at);
        });
        let kind = InnerKind::Lambda;
        let function =
            InnerFunction { name: "<lambda>".into(), kind, body, free, decorated: false, origin: at.origin };
        self.make_function(function, at);
    }

    pub(super) fn inner_def(&mut self, def: &ast::StmtFunctionDef) {
        let at = self.at_statement(TextRange::new(def.range.start(), def.name.range.end()));
        for decorator in &def.decorator_list {
            self.expr(&decorator.expression);
        }
        let bound = Bound::of_function(&def.body);
        let (body, free) =
            super::inner(self, Some(&def.parameters), &bound, |inner| inner.function_body(&def.body));
        let function = InnerFunction {
            name: def.name.as_str().into(),
            kind: InnerKind::Def,
            body,
            free,
            decorated: !def.decorator_list.is_empty(),
            origin: at.origin,
        };
        self.make_function(function, at);
        for decorator in &def.decorator_list {
            let at = self.at(&decorator.expression);
            self.emit(Op::Call { args: 1, names: Vec::new(), guarded: false }, at);
        }
        self.store(&def.name, at);
    }
}
