//! The functions that the calls of a factory make: what an inner function sees of the calls around it.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::super::module::{index, segment_count};
use super::super::segment::{parsed, segment_text};
use super::eval::{Env, Eval};
use super::supposed::made_by_calls;
use super::value::V;
use super::{Global, package_folder};
use crate::db::{Db, SourceFile};
use crate::ty::{KernelRef, Name};

/// At most so many calls are run, callers followed outwards, and files read for one name.
const MOST_ROOTS: usize = 128;
const MOST_OUTWARDS: u32 = 4;
const MOST_FILES: usize = 40;

/// What a module runs when it is imported, and so calls a factory or hands it to what calls it.
#[derive(Clone, Copy)]
enum Root<'a> {
    /// The outermost call of an expression, and the call that takes the factory's result.
    Call {
        outermost: &'a Expr,
        around: Option<&'a Expr>,
    },
    Decorated(&'a StmtFunctionDef),
}

/// Where a name is read in a module.
struct Mentions<'a, 'k> {
    name: &'k str,
    /// Whether the module has this name.
    known: &'k dyn Fn(&str) -> bool,
    /// The outermost function or class around.
    function: Option<&'a str>,
    class: bool,
    outermost: Option<&'a Expr>,
    /// The innermost call around, and the call around that.
    calls: (Option<&'a Expr>, Option<&'a Expr>),
    roots: Vec<Root<'a>>,
    /// Functions of the module that read it.
    readers: Vec<Name>,
    /// It is read in a class, or where no call is seen.
    lost: bool,
}

impl<'a> Mentions<'a, '_> {
    fn is_named(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Name(name) => {
                name.ctx.is_load() && name.id.as_str() == self.name && (self.known)(self.name)
            }
            Expr::Attribute(attribute) => {
                let of_module =
                    || attribute.value.as_name_expr().is_some_and(|of| (self.known)(of.id.as_str()));
                attribute.attr.as_str() == self.name && of_module()
            }
            _ => false,
        }
    }

    fn found(&mut self, expr: &'a Expr) {
        let (call, around) = self.calls;
        let called = matches!(call, Some(Expr::Call(call)) if std::ptr::eq(&*call.func, expr));
        match (self.class, self.function, self.outermost) {
            (true, ..) => self.lost = true,
            (_, Some(reader), _) if reader != self.name => self.readers.push(reader.into()),
            (_, Some(_), _) => {}
            (_, None, Some(outermost)) => {
                self.roots.push(Root::Call { outermost, around: around.filter(|_| called) });
            }
            (_, None, None) => self.lost = true,
        }
    }
}

impl<'a> Visitor<'a> for Mentions<'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let outside = self.function.is_none() && !self.class;
        match stmt {
            Stmt::FunctionDef(def) if outside => {
                let is_mention = |expr: &Expr| {
                    let called = expr.as_call_expr().map_or(expr, |call| &call.func);
                    self.is_named(called)
                };
                if def.decorator_list.iter().any(|decorator| is_mention(&decorator.expression)) {
                    self.roots.push(Root::Decorated(def));
                }
                self.function = Some(def.name.as_str());
                self.visit_parameters(&def.parameters);
                self.visit_body(&def.body);
                self.function = None;
            }
            Stmt::ClassDef(_) if outside => {
                self.class = true;
                walk_stmt(self, stmt);
                self.class = false;
            }
            stmt => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.is_named(expr) {
            self.found(expr);
            return;
        }
        let before = (self.outermost, self.calls);
        if expr.is_call_expr() {
            self.outermost = self.outermost.or(Some(expr));
            self.calls = (Some(expr), self.calls.0);
        }
        walk_expr(self, expr);
        (self.outermost, self.calls) = before;
    }
}

/// The functions that the package makes of an inner function of a factory.
pub struct Instances {
    pub kernels: Vec<KernelRef>,
    /// The factory is called where the arguments depend on further calls: others than those found may give it others.
    pub supposed: bool,
}

/// Every function that the package makes of an inner function of a factory, as far as its calls can be followed. No
/// query may ask, since files come and go unnoticed.
pub fn instances(db: &dyn Db, kernel: &KernelRef) -> Instances {
    let none = Instances { kernels: Vec::new(), supposed: false };
    let Some((factory, _)) = kernel.qualname.split_once(".<locals>.") else { return none };
    if kernel.captured.is_some() {
        return none;
    }
    let mut made = Made::default();
    if factory.contains('.') {
        made.supposed = true;
    } else {
        made.by_modules(db, kernel, factory);
    }
    // Of functions that the factory leaves plain, those count that are jitted where it is called.
    let mut kernels = if made.jitted.is_empty() { made.plain } else { made.jitted };
    if made.supposed && (made.lost || kernels.is_empty()) {
        for kernel in made_by_calls(db, kernel) {
            if !kernels.contains(&kernel) {
                kernels.push(kernel);
            }
        }
    }
    Instances { kernels, supposed: made.supposed }
}

/// The functions that the calls of a factory make.
#[derive(Default)]
struct Made {
    plain: Vec<KernelRef>,
    jitted: Vec<KernelRef>,
    roots: usize,
    /// Calls inside functions were followed, or could not be.
    supposed: bool,
    lost: bool,
}

impl Made {
    /// What the modules of the package make when they are imported, by calls of the factory or of a function that
    /// reads its name.
    fn by_modules(&mut self, db: &dyn Db, kernel: &KernelRef, factory: &str) {
        let mut files = vec![kernel.file];
        for path in db.python_files(&package_folder(db, kernel.file)) {
            let file = db.source(&path);
            if file != kernel.file {
                files.push(file);
            }
        }
        let mut names: Vec<(Name, u32)> = vec![(factory.into(), 0)];
        let mut at = 0;
        while let Some((name, outwards)) = names.get(at).cloned() {
            at += 1;
            let with_name =
                |file: &&SourceFile| file.text(db).as_deref().is_some_and(|text| text.contains(&*name));
            let files: Vec<SourceFile> = files.iter().filter(with_name).copied().collect();
            // A name that stands everywhere says nothing about one function.
            if outwards > 0 && files.len() > MOST_FILES {
                self.lost = true;
                continue;
            }
            let mut read = false;
            for file in files {
                for reader in self.in_module(db, file, &name, kernel, &mut read) {
                    self.supposed = true;
                    if outwards == MOST_OUTWARDS {
                        self.lost = true;
                    } else if !names.iter().any(|(known, _)| *known == reader) {
                        names.push((reader, outwards + 1));
                    }
                }
            }
            self.lost |= outwards > 0 && !read;
        }
        self.supposed |= self.lost;
    }

    /// Adds what a module makes where it reads a name; returns the functions of the module that read it.
    fn in_module(
        &mut self,
        db: &dyn Db,
        file: SourceFile,
        name: &str,
        kernel: &KernelRef,
        read: &mut bool,
    ) -> Vec<Name> {
        let known = |name: &str| index(db, file).bindings.contains_key(name);
        let mut readers = Vec::new();
        for number in 0..segment_count(db, file) {
            let Some(segment) = segment_text(db, file, number) else { continue };
            let mut mentions = Mentions {
                name,
                known: &known,
                function: None,
                class: false,
                outermost: None,
                calls: (None, None),
                roots: Vec::new(),
                readers: Vec::new(),
                lost: false,
            };
            mentions.visit_body(&parsed(db, segment).stmts);
            self.lost |= mentions.lost;
            *read |= mentions.lost || !mentions.roots.is_empty() || !mentions.readers.is_empty();
            readers.append(&mut mentions.readers);
            for root in mentions.roots {
                self.roots += 1;
                if self.roots > MOST_ROOTS {
                    self.lost = true;
                    break;
                }
                self.run(&Eval::new(db), file, root, kernel);
            }
        }
        readers
    }

    fn run<'db>(&mut self, eval: &Eval<'db>, file: SourceFile, root: Root<'db>, kernel: &KernelRef) {
        let env = Env::Module(file);
        let around = match root {
            Root::Call { outermost, around } => {
                eval.expr(&env, outermost);
                around.map(|around| Eval::new(eval.db).expr(&env, around))
            }
            Root::Decorated(def) => {
                let function = eval.function(&env, def);
                Some(eval.decorated(&function))
            }
        };
        let around =
            around.filter(|value| matches!(value, V::Jitted(function, _) if function.kernel == *kernel));
        for value in eval.made.take() {
            let (V::Jitted(function, _) | V::Function(function)) = &value else { continue };
            if function.kernel != *kernel {
                continue;
            }
            let (instance, jitted) = match eval.finish(around.as_ref().unwrap_or(&value)) {
                Global::Jitted(instance, _) => (instance, true),
                Global::Plain(instance) => (instance, false),
                _ => continue,
            };
            let kind = if jitted { &mut self.jitted } else { &mut self.plain };
            if !kind.contains(&instance) {
                kind.push(instance);
            }
        }
    }
}
