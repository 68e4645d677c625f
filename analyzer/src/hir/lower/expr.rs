//! Expressions, in the order in which CPython evaluates them.

use ruff_python_ast::{self as ast, CmpOp as AstCmp, Expr, Operator};
use ruff_text_size::Ranged;

use super::builder::Gen;
use super::code::{At, Label, Op};
use super::fold;
use super::scope::Meaning;
use crate::hir::body::{BinaryOp, CmpOp, RefusedKind, UnaryOp};
use crate::hir::source_map::Syntax;
use crate::ty::{Const, Name};

impl Gen<'_, '_> {
    /// Compiles an expression whose value ends up on the stack.
    pub(super) fn expr(&mut self, expr: &Expr) {
        let syntax = match expr {
            Expr::Name(_) => Syntax::Name,
            Expr::List(_) => Syntax::ListDisplay,
            _ => Syntax::Expression,
        };
        let at = self.source.at(expr.range(), syntax);
        if let Some(value) = fold::constant(expr) {
            return self.emit_const(value, at);
        }
        match expr {
            Expr::Name(name) if is_no_name(&name.id) => self.missing(at),
            Expr::Name(name) => self.load(&name.id, at),
            Expr::NumberLiteral(_) => {
                self.refuse(RefusedKind::Other("an integer constant of more than 64 bits".into()), 0, 1, at);
            }
            Expr::BinOp(binary) => self.binary(binary, at),
            Expr::UnaryOp(unary) => self.unary(unary, at),
            Expr::BoolOp(boolean) => self.boolean(boolean, at),
            Expr::Compare(compare) => self.compare(compare, at),
            Expr::If(conditional) => self.conditional(conditional, at),
            Expr::Call(call) => self.call(call, at),
            Expr::Attribute(attribute) if is_no_name(&attribute.attr) => {
                self.expr(&attribute.value);
                self.incomplete(1, at);
            }
            Expr::Attribute(attribute) => {
                self.expr(&attribute.value);
                self.emit(Op::Attr(attribute.attr.as_str().into()), at);
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
                match self.source.is_broken(subscript.range) {
                    true => self.incomplete(2, at),
                    false => self.emit(Op::Item, at),
                }
            }
            Expr::Slice(slice) => self.slice(slice, at),
            Expr::Tuple(tuple) => self.display(&tuple.elts, Display::Tuple, at),
            Expr::List(list) => self.display(&list.elts, Display::List, at),
            Expr::Set(set) => self.display(&set.elts, Display::Set, at),
            Expr::Dict(dict) => self.dict(dict, at),
            Expr::Named(named) => self.walrus(named, at),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::ListComp(comprehension) => self.list_comprehension(comprehension, at),
            Expr::DictComp(comprehension) => self.dict_comprehension(comprehension, at),
            Expr::SetComp(comprehension) => {
                self.refused_comprehension(RefusedKind::SetComprehension, &comprehension.generators, at);
            }
            // The next statement's `for` after a bracket that is not closed.
            Expr::Generator(generator) if self.source.is_broken(generator.range) => self.missing(at),
            Expr::Generator(generator) => {
                self.refused_comprehension(RefusedKind::GeneratorExpression, &generator.generators, at);
            }
            Expr::FString(string) => self.f_string(string, at),
            Expr::Yield(value) => {
                match &value.value {
                    Some(value) => self.expr(value),
                    None => self.emit_const(Const::None, at),
                }
                self.emit(Op::Yield, at);
            }
            Expr::YieldFrom(value) => {
                self.expr(&value.value);
                self.refuse(RefusedKind::YieldFrom, 1, 1, at);
            }
            Expr::Await(value) => {
                self.expr(&value.value);
                self.refuse(RefusedKind::Await, 1, 1, at);
            }
            Expr::TString(_) => self.refuse(RefusedKind::Other("a template string".into()), 0, 1, at),
            // Only broken text has a star or a shell command here.
            Expr::Starred(starred) => {
                self.broken = true;
                self.expr(&starred.value);
            }
            Expr::IpyEscapeCommand(_) => self.missing(at),
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_) => self.missing(at),
        }
    }

    /// A hole in the text.
    fn missing(&mut self, at: At) {
        self.incomplete(0, at);
    }

    /// An expression of which something is missing, made of values on the stack.
    fn incomplete(&mut self, values: u32, at: At) {
        self.broken = true;
        self.refuse(RefusedKind::Missing, values, 1, at);
    }

    fn binary(&mut self, binary: &ast::ExprBinOp, at: At) {
        if let Some(args) = percent_format(binary) {
            args.iter().for_each(|arg| self.expr(arg));
            return self.refuse(RefusedKind::PercentFormat, args.len() as u32, 1, at);
        }
        self.expr(&binary.left);
        self.expr(&binary.right);
        self.emit(Op::Binary(binary_op(binary.op)), at);
    }

    fn unary(&mut self, unary: &ast::ExprUnaryOp, at: At) {
        // `not a in b` is `a not in b`; the orderings keep their `not`, for the sake of NaN.
        if let (ast::UnaryOp::Not, Expr::Compare(compare)) = (unary.op, &*unary.operand)
            && let [op] = &*compare.ops
            && let Some(op) = negated(*op)
        {
            self.expr(&compare.left);
            self.comparand(op, &compare.comparators[0]);
            return self.emit(Op::Compare(compare_op(op)), at);
        }
        self.expr(&unary.operand);
        let op = match unary.op {
            ast::UnaryOp::Invert => UnaryOp::Invert,
            ast::UnaryOp::Not => UnaryOp::Not,
            ast::UnaryOp::UAdd => UnaryOp::Pos,
            ast::UnaryOp::USub => UnaryOp::Neg,
        };
        self.emit(Op::Unary(op), at);
    }

    fn boolean(&mut self, boolean: &ast::ExprBoolOp, at: At) {
        let Some((last, rest)) = boolean.values.split_last() else {
            return self.missing(at);
        };
        let end = self.new_block();
        let when = boolean.op == ast::BoolOp::Or;
        for value in rest {
            self.expr(value);
            self.emit(Op::JumpIf { when, keep: true, to: end }, at);
        }
        self.expr(last);
        self.place_join(end, at);
    }

    fn compare(&mut self, compare: &ast::ExprCompare, at: At) {
        self.expr(&compare.left);
        let (Some(last), Some(op)) = (compare.comparators.last(), compare.ops.last()) else {
            return self.missing(at);
        };
        if compare.ops.len() == 1 {
            self.comparand(*op, last);
            return self.emit(Op::Compare(compare_op(*op)), at);
        }
        let (cleanup, end) = (self.new_block(), self.new_block());
        self.chain(compare, at, |cx, at| cx.emit(Op::JumpIf { when: false, keep: true, to: cleanup }, at));
        self.comparand(*op, last);
        self.emit(Op::Compare(compare_op(*op)), at);
        self.emit_no_line(Op::Jump(end), at);
        self.place(cleanup);
        self.emit(Op::Swap(2), at);
        self.emit(Op::Pop, at);
        self.place_join(end, at);
    }

    /// All but the last comparison of a chain; each keeps its right operand below its outcome.
    fn chain(&mut self, compare: &ast::ExprCompare, at: At, test: impl Fn(&mut Self, At)) {
        let links = compare.ops.len() - 1;
        for (op, right) in compare.ops.iter().zip(&compare.comparators).take(links) {
            self.comparand(*op, right);
            self.emit(Op::Swap(2), at);
            self.emit(Op::Copy(2), at);
            self.emit(Op::Compare(compare_op(*op)), at);
            test(self, at);
        }
    }

    /// The right operand of a comparison: a list written after `in` becomes a tuple.
    fn comparand(&mut self, op: AstCmp, right: &Expr) {
        match op {
            AstCmp::In | AstCmp::NotIn => self.iterable(right),
            _ => self.expr(right),
        }
    }

    /// What is searched or walked over once: a list display that nobody else can see becomes a tuple.
    pub(super) fn iterable(&mut self, expr: &Expr) {
        let Expr::List(list) = expr else {
            return self.expr(expr);
        };
        if list.elts.iter().any(Expr::is_starred_expr) {
            return self.expr(expr);
        }
        let at = self.source.at(expr.range(), Syntax::ListDisplay);
        match fold::tuple_of(&list.elts) {
            Some(value) => self.emit_const(value, at),
            None => self.display(&list.elts, Display::Tuple, at),
        }
    }

    fn conditional(&mut self, conditional: &ast::ExprIf, at: At) {
        let mut test_at = at;
        let (end, orelse) = (self.new_block(), self.new_block());
        self.jump_if(&conditional.test, orelse, false, &mut test_at);
        self.expr(&conditional.body);
        self.emit_no_line(Op::Jump(end), at);
        self.place(orelse);
        self.expr(&conditional.orelse);
        self.place_join(end, at);
    }

    /// Compiles a condition: jumps to `to` when its truth is `when`, falls through otherwise. A comparison moves
    /// the place of what follows to itself, as in CPython.
    pub(super) fn jump_if(&mut self, expr: &Expr, to: Label, when: bool, at: &mut At) {
        match expr {
            // A negated membership or identity test has become one operator.
            Expr::UnaryOp(unary)
                if unary.op == ast::UnaryOp::Not
                    && !is_negatable(&unary.operand)
                    && fold::constant(expr).is_none() =>
            {
                return self.jump_if(&unary.operand, to, !when, at);
            }
            Expr::BoolOp(boolean) => {
                let decisive = boolean.op == ast::BoolOp::Or;
                let Some((last, rest)) = boolean.values.split_last() else {
                    return self.missing(*at);
                };
                let short = if decisive == when { to } else { self.new_block() };
                for value in rest {
                    self.jump_if(value, short, decisive, at);
                }
                self.jump_if(last, to, when, at);
                if short != to {
                    self.place(short);
                }
                return;
            }
            Expr::If(conditional) => {
                let (end, orelse) = (self.new_block(), self.new_block());
                self.jump_if(&conditional.test, orelse, false, at);
                self.jump_if(&conditional.body, to, when, at);
                self.emit_no_line(Op::Jump(end), *at);
                self.place(orelse);
                self.jump_if(&conditional.orelse, to, when, at);
                return self.place(end);
            }
            Expr::Compare(compare) => {
                *at = self.at(compare);
                if compare.ops.len() > 1 {
                    return self.jump_if_chain(compare, to, when, *at);
                }
            }
            _ => {}
        }
        self.expr(expr);
        self.emit(Op::JumpIf { when, keep: false, to }, *at);
    }

    fn jump_if_chain(&mut self, compare: &ast::ExprCompare, to: Label, when: bool, at: At) {
        let (Some(last), Some(op)) = (compare.comparators.last(), compare.ops.last()) else {
            return self.missing(at);
        };
        let (cleanup, end) = (self.new_block(), self.new_block());
        self.expr(&compare.left);
        self.chain(compare, at, |cx, at| cx.emit(Op::JumpIf { when: false, keep: false, to: cleanup }, at));
        self.comparand(*op, last);
        self.emit(Op::Compare(compare_op(*op)), at);
        self.emit(Op::JumpIf { when, keep: false, to }, at);
        self.emit_no_line(Op::Jump(end), at);
        self.place(cleanup);
        self.emit(Op::Pop, at);
        if !when {
            self.emit_no_line(Op::Jump(to), at);
        }
        self.place(end);
    }

    fn call(&mut self, call: &ast::ExprCall, at: At) {
        self.expr(&call.func);
        let arguments = &call.arguments;
        if self.source.is_broken(arguments.range) {
            arguments.args.iter().for_each(|arg| self.expr(arg));
            arguments.keywords.iter().for_each(|keyword| self.expr(&keyword.value));
            return self.incomplete(1 + arguments.len() as u32, at);
        }
        let stars = arguments.args.iter().any(Expr::is_starred_expr);
        let splat = arguments.keywords.iter().find(|keyword| keyword.arg.is_none());
        if stars || splat.is_some() {
            return self.star_call(arguments, at);
        }
        arguments.args.iter().for_each(|arg| self.expr(arg));
        arguments.keywords.iter().for_each(|keyword| self.expr(&keyword.value));
        let args = arguments.args.len() as u32;
        let names: Vec<Name> = arguments
            .keywords
            .iter()
            .filter_map(|keyword| Some(keyword.arg.as_ref()?.as_str().into()))
            .collect();
        let guarded = self.guarded();
        if let (Expr::Name(name), Some(first)) = (&*call.func, names.first())
            && !guarded
            && name.id.as_str() == "print"
            && self.scope.meaning("print") == Meaning::Global
        {
            let pops = 1 + args + names.len() as u32;
            return self.refuse(RefusedKind::PrintKeyword(first.clone()), pops, 1, at);
        }
        self.emit(Op::Call { args, names, guarded }, at);
    }

    /// A call with `*` or `**`: all positional arguments become one tuple; keywords are refused.
    fn star_call(&mut self, arguments: &ast::Arguments, at: At) {
        match &*arguments.args {
            [Expr::Starred(only)] => self.expr(&only.value),
            args => self.display(args, Display::Tuple, at),
        }
        if arguments.keywords.is_empty() {
            return self.emit(Op::CallStar, at);
        }
        arguments.keywords.iter().for_each(|keyword| self.expr(&keyword.value));
        self.refuse(RefusedKind::KeywordSplat, 2 + arguments.keywords.len() as u32, 1, at);
    }

    fn slice(&mut self, slice: &ast::ExprSlice, at: At) {
        let parts = [&slice.lower, &slice.upper, &slice.step];
        parts.iter().for_each(|part| part.iter().for_each(|bound| self.expr(bound)));
        self.emit(Op::Slice(parts.map(Option::is_some)), at);
    }

    /// A tuple, list or set display. After the first star the parts are joined one by one.
    pub(super) fn display(&mut self, elts: &[Expr], kind: Display, at: At) {
        if kind != Display::Tuple && elts.len() > 2 && fold::all_constant(elts) {
            if kind == Display::List {
                self.refuse_guarded("a list of more than two constants inside `try`", at);
            }
            for elt in elts {
                let at = self.at(elt);
                fold::constant(elt).into_iter().for_each(|value| self.emit(Op::RawConst(value), at));
            }
            return self.emit(kind.build(elts.len() as u32), at);
        }
        let first_star = elts.iter().position(Expr::is_starred_expr).unwrap_or(elts.len());
        let (plain, rest) = elts.split_at(first_star);
        plain.iter().for_each(|elt| self.expr(elt));
        self.emit(kind.build(plain.len() as u32), at);
        let mut rest = rest;
        if !rest.is_empty() && kind != Display::Set {
            self.refuse_guarded("a starred display inside `try`", at);
        }
        while let Some((elt, others)) = rest.split_first() {
            let at = self.at(elt);
            rest = others;
            match (elt, kind) {
                (Expr::Starred(starred), _) => {
                    self.expr(&starred.value);
                    if kind == Display::Tuple {
                        self.emit(Op::ToTuple, at);
                    }
                    self.emit(kind.extend(), at);
                }
                // Neighbours without a star are joined together.
                (_, Display::Tuple) => {
                    let n = rest.iter().position(Expr::is_starred_expr).unwrap_or(rest.len());
                    self.expr(elt);
                    rest[..n].iter().for_each(|elt| self.expr(elt));
                    rest = &rest[n..];
                    self.emit(Op::Tuple(n as u32 + 1), at);
                    self.emit(Op::Concat, at);
                }
                (_, Display::List) => {
                    self.expr(elt);
                    self.emit(Op::Append(1), at);
                }
                (_, Display::Set) => {
                    self.expr(elt);
                    self.emit(Op::Extend("add"), at);
                }
            }
        }
    }

    /// A dict display. From the first `**` on, runs of items are dicts of their own, joined one by one.
    fn dict(&mut self, dict: &ast::ExprDict, at: At) {
        let mut rest = &*dict.items;
        let mut first = true;
        loop {
            let n = rest.iter().position(|item| item.key.is_none()).unwrap_or(rest.len());
            if n > 0 || first {
                for item in &rest[..n] {
                    item.key.iter().for_each(|key| self.expr(key));
                    self.expr(&item.value);
                }
                self.emit(Op::Dict(n as u32), at);
                if !first {
                    self.emit(Op::DictUpdate, at);
                }
            }
            first = false;
            let Some(splat) = rest.get(n) else { return };
            self.expr(&splat.value);
            self.refuse_guarded("`**` in a dict display inside `try`", at);
            self.emit(Op::DictUpdate, at);
            rest = &rest[n + 1..];
        }
    }

    fn walrus(&mut self, named: &ast::ExprNamed, at: At) {
        self.expr(&named.value);
        self.emit(Op::Copy(1), at);
        match &*named.target {
            Expr::Name(name) => {
                let meaning = self.scope.function_meaning(&name.id);
                self.store_as(&name.id, meaning, at);
            }
            _ => {
                self.broken = true;
                self.emit(Op::Pop, at);
            }
        }
    }

    fn f_string(&mut self, string: &ast::ExprFString, at: At) {
        let mut parts = 0;
        let mut text = String::new();
        for part in string.value.iter() {
            match part {
                ast::FStringPart::Literal(literal) => text.push_str(&literal.value),
                ast::FStringPart::FString(string) => {
                    for element in &string.elements {
                        match element {
                            ast::InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                            ast::InterpolatedStringElement::Interpolation(value) => {
                                if value.debug_text.is_some() {
                                    text.push('=');
                                }
                                parts += self.text(&mut text, at);
                                self.interpolation(value);
                                parts += 1;
                            }
                        }
                    }
                }
            }
        }
        parts += self.text(&mut text, at);
        match parts {
            0 => self.emit_const(fold::text(""), at),
            1 => {}
            _ => self.emit(Op::FString(parts), at),
        }
    }

    /// Pushes the text collected so far, if any, and says how many values that were.
    fn text(&mut self, text: &mut String, at: At) -> u32 {
        if text.is_empty() {
            return 0;
        }
        self.emit_const(fold::text(text), at);
        text.clear();
        1
    }

    fn interpolation(&mut self, value: &ast::InterpolatedElement) {
        let at = self.at(value);
        self.expr(&value.expression);
        // `{x=}` means `{x!r}`.
        let converted = value.conversion != ast::ConversionFlag::None || value.debug_text.is_some();
        if value.format_spec.is_some() {
            self.refuse(RefusedKind::FormatSpec, 1, 1, at);
        } else if converted {
            self.refuse(RefusedKind::FormatConversion, 1, 1, at);
        } else {
            self.emit(Op::Format, at);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Display {
    Tuple,
    List,
    Set,
}

impl Display {
    fn build(self, n: u32) -> Op {
        match self {
            Display::Tuple => Op::Tuple(n),
            Display::List => Op::List(n),
            Display::Set => Op::Set(n),
        }
    }

    fn extend(self) -> Op {
        match self {
            Display::Tuple => Op::Concat,
            Display::List => Op::Extend("extend"),
            Display::Set => Op::Extend("update"),
        }
    }
}

/// `"%s" % (a, b)`: CPython turns it into an f-string with conversions when it has only `%s`, `%r` and `%a`.
fn percent_format(binary: &ast::ExprBinOp) -> Option<&[Expr]> {
    let (Operator::Mod, Expr::StringLiteral(format), Expr::Tuple(args)) =
        (binary.op, &*binary.left, &*binary.right)
    else {
        return None;
    };
    if fold::all_constant(&args.elts) || args.elts.iter().any(Expr::is_starred_expr) {
        return None;
    }
    let mut chars = format.value.to_str().chars().peekable();
    let mut specs = 0;
    while let Some(char) = chars.next() {
        if char != '%' || chars.next_if_eq(&'%').is_some() {
            continue;
        }
        while chars.next_if(|flag| "-+ #0123456789.".contains(*flag)).is_some() {}
        if !matches!(chars.next(), Some('s' | 'r' | 'a')) {
            return None;
        }
        specs += 1;
    }
    (specs == args.elts.len()).then_some(&args.elts)
}

fn is_negatable(operand: &Expr) -> bool {
    matches!(operand, Expr::Compare(compare) if matches!(&*compare.ops, [op] if negated(*op).is_some()))
}

fn negated(op: AstCmp) -> Option<AstCmp> {
    match op {
        AstCmp::In => Some(AstCmp::NotIn),
        AstCmp::NotIn => Some(AstCmp::In),
        AstCmp::Is => Some(AstCmp::IsNot),
        AstCmp::IsNot => Some(AstCmp::Is),
        _ => None,
    }
}

pub(super) fn binary_op(op: Operator) -> BinaryOp {
    match op {
        Operator::Add => BinaryOp::Add,
        Operator::Sub => BinaryOp::Sub,
        Operator::Mult => BinaryOp::Mult,
        Operator::MatMult => BinaryOp::MatMult,
        Operator::Div => BinaryOp::Div,
        Operator::Mod => BinaryOp::Mod,
        Operator::Pow => BinaryOp::Pow,
        Operator::LShift => BinaryOp::LShift,
        Operator::RShift => BinaryOp::RShift,
        Operator::BitOr => BinaryOp::BitOr,
        Operator::BitXor => BinaryOp::BitXor,
        Operator::BitAnd => BinaryOp::BitAnd,
        Operator::FloorDiv => BinaryOp::FloorDiv,
    }
}

fn compare_op(op: AstCmp) -> CmpOp {
    match op {
        AstCmp::Eq => CmpOp::Eq,
        AstCmp::NotEq => CmpOp::NotEq,
        AstCmp::Lt => CmpOp::Lt,
        AstCmp::LtE => CmpOp::LtE,
        AstCmp::Gt => CmpOp::Gt,
        AstCmp::GtE => CmpOp::GtE,
        AstCmp::Is => CmpOp::Is,
        AstCmp::IsNot => CmpOp::IsNot,
        AstCmp::In => CmpOp::In,
        AstCmp::NotIn => CmpOp::NotIn,
    }
}

/// Whether a name is none: the parser puts the empty name where a name is missing, and a keyword where that stands in
/// the place of one. The text does not parse there.
pub(super) fn is_no_name(name: &str) -> bool {
    matches!(
        name,
        "" | "and"
            | "as"
            | "assert"
            | "async"
            | "await"
            | "break"
            | "class"
            | "continue"
            | "def"
            | "del"
            | "elif"
            | "else"
            | "except"
            | "finally"
            | "for"
            | "from"
            | "global"
            | "if"
            | "import"
            | "in"
            | "is"
            | "lambda"
            | "nonlocal"
            | "not"
            | "or"
            | "pass"
            | "raise"
            | "return"
            | "try"
            | "while"
            | "with"
            | "yield"
    )
}
