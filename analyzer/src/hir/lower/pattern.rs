//! `match`: patterns become comparisons, as far as Numba can read them.

use ruff_python_ast::{self as ast, Pattern, Singleton};

use super::builder::Gen;
use super::code::{At, Label, Op};
use crate::hir::body::{CmpOp, RefusedKind, VarId};
use crate::hir::source_map::Syntax;
use crate::ty::Const;
use ruff_text_size::Ranged;

impl<'a> Gen<'a, '_> {
    pub(super) fn match_statement(&mut self, stmt: &'a ast::StmtMatch, at: At) {
        let end = self.new_block();
        let subject = self.new_var(None);
        let subject_at = self.at(&*stmt.subject);
        self.expr(&stmt.subject);
        self.emit(Op::Store(subject), subject_at);
        for case in &stmt.cases {
            let next = self.new_block();
            let mut pattern_at = self.at(&case.pattern);
            self.pattern(&case.pattern, subject, next);
            if let Some(guard) = &case.guard {
                self.jump_if(guard, next, false, &mut pattern_at);
            }
            self.stmts(&case.body);
            self.emit_no_line(Op::Jump(end), at);
            self.place(next);
        }
        self.place(end);
    }

    /// Goes on when the subject matches, and to `fail` when not.
    fn pattern(&mut self, pattern: &Pattern, subject: VarId, fail: Label) {
        let here = self.source.at(pattern.range(), Syntax::Expression);
        match pattern {
            Pattern::MatchValue(value) => {
                self.emit(Op::Local(subject), here);
                self.expr(&value.value);
                self.emit(Op::Compare(CmpOp::Eq), here);
                self.emit(Op::JumpIf { when: false, keep: false, to: fail }, here);
            }
            Pattern::MatchSingleton(singleton) => {
                let value = match singleton.value {
                    Singleton::None => Const::None,
                    Singleton::True => Const::Bool(true),
                    Singleton::False => Const::Bool(false),
                };
                self.emit(Op::Local(subject), here);
                self.emit_const(value, here);
                self.emit(Op::Compare(CmpOp::Is), here);
                self.emit(Op::JumpIf { when: false, keep: false, to: fail }, here);
            }
            Pattern::MatchAs(capture) => {
                if let Some(inner) = &capture.pattern {
                    self.pattern(inner, subject, fail);
                }
                if let Some(name) = &capture.name {
                    self.emit(Op::Local(subject), here);
                    self.store(name, here);
                }
            }
            Pattern::MatchOr(or) => {
                let Some((last, rest)) = or.patterns.split_last() else {
                    return;
                };
                let matched = self.new_block();
                for alternative in rest {
                    let next = self.new_block();
                    self.pattern(alternative, subject, next);
                    self.emit(Op::Jump(matched), here);
                    self.place(next);
                }
                self.pattern(last, subject, fail);
                self.place(matched);
            }
            Pattern::MatchSequence(_) | Pattern::MatchStar(_) => {
                self.refuse(RefusedKind::SequencePattern, 0, 0, here);
            }
            Pattern::MatchMapping(_) => {
                self.refuse(RefusedKind::Other("a mapping pattern".into()), 0, 0, here)
            }
            Pattern::MatchClass(_) => self.refuse(RefusedKind::Other("a class pattern".into()), 0, 0, here),
        }
    }
}
