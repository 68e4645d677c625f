//! The parameters of the function whose call the cursor is in.
//!
//! The call is found by its brackets, not by its syntax: while arguments are typed, the code around rarely parses.

use crate::db::{Db, SourceFile};
use crate::hir::globals::{self, Global};
use crate::hir::names;
use crate::query::SignatureHelp;
use crate::table::{self, Params};
use crate::ty::{KernelRef, Ty};

use super::{kernel_at, shown_signature};

pub(crate) fn signature_help(db: &dyn Db, file: SourceFile, offset: u32) -> Option<SignatureHelp> {
    let (start, text) = names::statement(db, file, offset)?;
    let before = text.get(..(offset - start) as usize)?;
    let call = enclosing_call(before)?;
    let mut help = match resolve(db, file, start, &call)? {
        Called::Kernel(kernel) => of_kernel(db, &kernel),
        Called::Library(row) => of_row(row),
    };
    help.active = match call.keyword {
        Some(name) => help.parameters.iter().position(|it| spelled_name(it) == name),
        None => {
            let variadic = help.parameters.iter().position(|it| it.starts_with('*') && it.len() > 1);
            let at = variadic.map_or(call.position, |variadic| call.position.min(variadic));
            (at < help.parameters.len()).then_some(at)
        }
    };
    Some(help)
}

/// `a` of `a: int64 = 0`.
fn spelled_name(parameter: &str) -> &str {
    let name = parameter.trim_start_matches('*');
    name.split([':', '=', ' ']).next().unwrap_or(name)
}

/// A call that is not closed before the cursor.
#[derive(Debug, PartialEq, Eq)]
struct Call<'a> {
    /// What is called: a dotted name.
    path: &'a str,
    /// Where the path ends.
    end: usize,
    /// How many arguments are complete.
    position: usize,
    /// The name of the argument at the cursor, if it is given by name.
    keyword: Option<&'a str>,
}

/// The innermost bracket before the cursor that calls something.
fn enclosing_call(before: &str) -> Option<Call<'_>> {
    let mut open: Vec<Bracket> = Vec::new();
    let bytes = before.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'(' | b'[' | b'{' => open.push(Bracket { byte, at, commas: 0, argument: at }),
            b')' | b']' | b'}' => drop(open.pop()),
            b',' => {
                if let Some(bracket) = open.last_mut() {
                    bracket.commas += 1;
                    bracket.argument = at;
                }
            }
            b'#' => at += before[at..].find('\n').unwrap_or(before.len() - at),
            b'"' | b'\'' => at = after_string(before, at - 1)?,
            _ => {}
        }
    }
    let called = |bracket: &&Bracket| bracket.byte == b'(' && !path_before(before, bracket.at - 1).is_empty();
    let bracket = open.iter().rev().find(called)?;
    let path = path_before(before, bracket.at - 1);
    let argument = before[bracket.argument..].trim_start();
    let name = argument.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    let rest = argument[name.len()..].trim_start();
    let keyword = (!name.is_empty() && rest.starts_with('=') && !rest.starts_with("==")).then_some(name);
    Some(Call { path, end: bracket.at - 1, position: bracket.commas, keyword })
}

struct Bracket {
    byte: u8,
    /// Just behind it.
    at: usize,
    commas: usize,
    /// Where the argument after the last comma starts.
    argument: usize,
}

/// Behind the string that starts at a quote; `None` if the text ends in it.
fn after_string(text: &str, start: usize) -> Option<usize> {
    let quote = &text[start..=start];
    let triple = quote.repeat(3);
    let (close, mut at) =
        if text[start..].starts_with(&triple) { (&*triple, start + 3) } else { (quote, start + 1) };
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with(close) {
            return Some(at + close.len());
        }
        let mut chars = rest.chars();
        at += match chars.next()? {
            '\\' => 1 + chars.next()?.len_utf8(),
            // A string that is not closed ends with its line.
            '\n' if close.len() == 1 => return Some(at),
            char => char.len_utf8(),
        };
    }
}

/// The dotted name that ends at a bracket; empty after `def f` and keywords.
fn path_before(text: &str, end: usize) -> &str {
    let head = &text[..end];
    let start = head
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '.'))
        .last()
        .map_or(end, |(at, _)| at);
    let path = &head[start..];
    let defined = ["def ", "class "].iter().any(|word| head[..start].ends_with(word));
    let keyword = matches!(path, "if" | "elif" | "while" | "in" | "and" | "or" | "not" | "return" | "lambda");
    if defined || keyword || path.starts_with(|c: char| c.is_ascii_digit()) { "" } else { path }
}

enum Called {
    Kernel(KernelRef),
    Library(&'static table::Function),
}

fn resolve(db: &dyn Db, file: SourceFile, start: u32, call: &Call<'_>) -> Option<Called> {
    let mut parts = call.path.split('.').filter(|part| !part.is_empty());
    let first = parts.next()?;
    let mut value = globals::global(db, file, &first.into());
    for part in parts {
        value = match value {
            Global::Value(Ty::Module(module)) => globals::member(db, file, &module, &part.into()),
            _ => return method(db, file, start, call),
        };
    }
    match value {
        Global::Jitted(kernel, _) | Global::Plain(kernel) => Some(Called::Kernel(kernel)),
        Global::Value(Ty::Dispatcher(kernel)) => Some(Called::Kernel(*kernel)),
        Global::Value(Ty::Function(path)) => table::find(&path).map(Called::Library),
        _ => method(db, file, start, call),
    }
}

/// A method of a value in a kernel, as far as the types are known.
fn method(db: &dyn Db, file: SourceFile, start: u32, call: &Call<'_>) -> Option<Called> {
    let (receiver, name) = call.path.rsplit_once('.')?;
    let end = start + u32::try_from(call.end - name.len() - 1).ok()?;
    let shown = kernel_at(db, file, end)?;
    let mut of = None;
    shown.places(&mut |origin, var| {
        if let Some(span) = shown.map.span(origin).map(|span| span.offset(shown.offset))
            && span.end == end
            && (span.end - span.start) as usize == receiver.len()
        {
            of = Some(shown.typed.ty(var));
        }
    });
    let path = crate::infer::attr::method_path(of?, name)?;
    table::find(&path).map(Called::Library)
}

fn of_kernel(db: &dyn Db, kernel: &KernelRef) -> SignatureHelp {
    let (parameters, ret) = shown_signature(db, kernel);
    let name = kernel.qualname.rsplit('.').next().unwrap_or(&kernel.qualname).to_owned();
    SignatureHelp { name, parameters, ret, active: None, note: None }
}

fn of_row(row: &'static table::Function) -> SignatureHelp {
    let params = Params::parse(row.params).0;
    let parameters = params.iter().map(|param| match param.default {
        Some(default) => format!("{}={default}", param.name),
        None if param.variadic => format!("*{}", param.name.trim_start_matches('*')),
        None => param.name.to_owned(),
    });
    SignatureHelp {
        name: crate::rules::words::callee(row.path),
        parameters: parameters.collect(),
        ret: None,
        active: None,
        note: Some("the parameters that Numba has in nopython mode".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(before: &str) -> Option<(&str, usize, Option<&str>)> {
        enclosing_call(before).map(|call| (call.path, call.position, call.keyword))
    }

    #[test]
    fn the_call_around_the_cursor_is_found() {
        assert_eq!(call("x = np.full((2, 3), "), Some(("np.full", 1, None)));
        assert_eq!(call("x = f(g(1), [1, 2"), Some(("f", 1, None)));
        assert_eq!(call("f(a, dtype = np."), Some(("f", 1, Some("dtype"))));
        assert_eq!(call("f(a == "), Some(("f", 0, None)));
        assert_eq!(call("f(\")\", # (\n  1, ("), Some(("f", 2, None)));
    }

    #[test]
    fn what_calls_nothing_is_not_taken_for_a_call() {
        assert_eq!(call("def f(a, "), None);
        assert_eq!(call("if (a and "), None);
        assert_eq!(call("f(1)"), None);
        assert_eq!(call("f('"), None);
    }
}
