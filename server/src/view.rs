//! A function as a reader wants to see it: its source, with the type of each name where it is first set.

use std::ops::Range;

use analyzer::hir::example;
use analyzer::infer::Verdict;
use analyzer::query::{InferAnswer, InferDiagnostic};
use analyzer::ty::{Ty, Why};

use crate::files::Source;
use crate::render::wrap;

const DIM: anstyle::Style = anstyle::AnsiColor::Cyan.on_default();
const BOLD: anstyle::Style = anstyle::Style::new().bold();

/// The function's lines with `name: type` comments, then the verdict.
pub(crate) fn function(source: &Source, name: &str, answer: &InferAnswer, width: usize) -> String {
    let mut text = String::new();
    match example::example(&source.text, source.notebook.is_some(), name) {
        Some(found) => {
            let lines = *found.lines.start() as usize - 1..*found.lines.end() as usize;
            body(source, lines, answer, width, &mut text);
        }
        None => answer
            .locals
            .iter()
            .for_each(|(name, types)| text.push_str(&format!("    {name}: {}\n", versions(types)))),
    }
    text.push('\n');
    text.push_str(&verdict(source, name, answer, width));
    text
}

/// The types of a name's versions, each once.
fn versions(types: &[String]) -> String {
    let mut once: Vec<String> = Vec::new();
    for ty in types {
        // `x = 1` makes a literal type, which is of interest to compilers.
        let plain = ty.parse().map_or_else(|_| ty.clone(), |ty: Ty| ty.unliteral().to_string());
        if !once.contains(&plain) {
            once.push(plain);
        }
    }
    once.join(" | ")
}

fn body(source: &Source, lines: Range<usize>, answer: &InferAnswer, width: usize, text: &mut String) {
    let mut left: Vec<(&str, String)> =
        answer.locals.iter().map(|(name, types)| (&**name, versions(types))).collect();
    let digits = lines.end.to_string().len();
    let code = |line: usize| source.text[source.line_start(line)..source.line_start(line + 1)].trim_end();
    let noted: Vec<(usize, &str, String)> = lines
        .map(|line| {
            let code = code(line);
            let mut notes = Vec::new();
            left.retain(|(name, types)| {
                let here = binds(code, name);
                if here {
                    notes.push(format!("{name}: {types}"));
                }
                !here
            });
            (line + 1, code, notes.join(", "))
        })
        .collect();
    let room = width.saturating_sub(digits + 5);
    let column = column(&noted, room);
    for (line, code, notes) in noted {
        let gutter = format!("{line:>digits$} | ");
        let used = code.chars().count();
        let pad = (column + 2).saturating_sub(used).max(2);
        if notes.is_empty() {
            text.push_str(&format!("{gutter}{code}\n"));
        } else if used + pad + notes.chars().count() <= room {
            text.push_str(&format!("{gutter}{code}{:pad$}{DIM}# {notes}{DIM:#}\n", ""));
        } else {
            let indent = code.len() - code.trim_start().len() + 4;
            text.push_str(&format!("{gutter}{code}\n"));
            for note in wrap(&notes, room.saturating_sub(indent)).lines() {
                text.push_str(&format!("{:digits$} | {:indent$}{DIM}# {note}{DIM:#}\n", "", ""));
            }
        }
    }
    for (name, types) in left {
        text.push_str(&format!("{:digits$} | {DIM}# {name}: {types}{DIM:#}\n", ""));
    }
}

/// The widest column at which the types of all shorter lines find room.
fn column(noted: &[(usize, &str, String)], room: usize) -> usize {
    let sizes: Vec<(usize, usize)> = noted
        .iter()
        .filter(|(.., notes)| !notes.is_empty())
        .map(|(_, code, notes)| (code.chars().count(), notes.chars().count()))
        .collect();
    let fits = |column: usize| sizes.iter().all(|(code, notes)| *code > column || column + 2 + notes <= room);
    sizes.iter().map(|(code, _)| *code).filter(|column| fits(*column)).max().unwrap_or(0)
}

fn verdict(source: &Source, name: &str, answer: &InferAnswer, width: usize) -> String {
    let returns = answer.return_type.as_deref().unwrap_or("?");
    match answer.verdict {
        Verdict::Ok => format!("{BOLD}{name}{BOLD:#} returns {DIM}{returns}{DIM:#}\n"),
        Verdict::Unknown => {
            let mut text = format!("{BOLD}{name}{BOLD:#}: unknown");
            if answer.return_type.is_some() {
                text.push_str(&format!(", returns {DIM}{returns}{DIM:#}"));
            }
            text.push('\n');
            for why in reasons(&answer.why) {
                text.push_str(&indent(&wrap(&why, width - 4)));
            }
            text
        }
        Verdict::Error => {
            let mut text = format!("{BOLD}{name}{BOLD:#}: Numba refuses it\n");
            for found in &answer.diagnostics {
                text.push_str(&indent(&wrap(&blamed(source, found), width - 4)));
            }
            text
        }
    }
}

/// `kernels.py:3:5: [code] what is wrong`
pub(crate) fn blamed(source: &Source, found: &InferDiagnostic) -> String {
    let line = source.line_place((found.line as usize).saturating_sub(1));
    format!("{line}:{}: [{}] {}", found.column, found.code, found.message)
}

/// The reasons of an unknown verdict, with all arguments that nobody gave a type in one.
fn reasons(whys: &[Why]) -> Vec<String> {
    let mut untyped: Vec<String> = Vec::new();
    let mut all: Vec<String> = Vec::new();
    for why in whys {
        match why {
            Why::UntypedArgument(name) => untyped.push(format!("`{name}`")),
            why => all.push(why.to_string()),
        }
    }
    if !untyped.is_empty() {
        let text = format!("nothing says what {} will be; give the types with --args", untyped.join(", "));
        all.insert(0, text);
    }
    all
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// Whether a line of code sets a name: by assignment, as a loop variable, as a parameter.
fn binds(code: &str, name: &str) -> bool {
    let code = code.split('#').next().unwrap_or_default();
    let mut from = 0;
    while let Some(at) = code[from..].find(name).map(|at| from + at) {
        from = at + name.len();
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let whole = !code[..at].ends_with(word)
            && !code[from..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if whole && sets(code[..at].trim_start(), code[from..].trim_start()) {
            return true;
        }
    }
    false
}

/// Whether a name is set between what stands before and after it in its line.
fn sets(before: &str, after: &str) -> bool {
    if let Some(head) = before.strip_prefix("def ") {
        return head.contains('(') && after.starts_with([',', ')', ':', '=']);
    }
    if before.starts_with("for ") {
        return !before.contains(" in ") && (after.starts_with("in ") || after.starts_with([',', ')']));
    }
    if before.contains(" for ") && !before.rsplit(" for ").next().unwrap_or_default().contains(" in ") {
        return after.starts_with("in ") || after.starts_with(',');
    }
    if before.ends_with(" as ") || after.starts_with(":=") {
        return true;
    }
    // A target: everything before it on the line is targets, too.
    let targets =
        before.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ' ' | '(' | '*' | '='));
    if !targets || before.ends_with("==") {
        return false;
    }
    let operator = ["+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "&=", "|=", "^=", "<<=", ">>="];
    (after.starts_with('=') && !after.starts_with("=="))
        || operator.iter().any(|operator| after.starts_with(operator))
        || (after.starts_with(':') && after.contains('='))
        || (after.starts_with([',', ')']) && after.contains(" = "))
}

#[cfg(test)]
mod tests {
    use super::binds;

    #[test]
    fn the_places_that_set_a_name() {
        for (code, name) in [
            ("    x = 1", "x"),
            ("    a, b = f(x)", "b"),
            ("    for i in range(n):", "i"),
            ("    for i, (j, k) in z:", "k"),
            ("def f(x, y=2):", "y"),
            ("    acc += x[i]", "acc"),
            ("    y = [t * 2 for t in x]", "t"),
            ("    x: int = 3", "x"),
        ] {
            assert!(binds(code, name), "{code}: {name}");
        }
        for (code, name) in [
            ("    x == 1", "x"),
            ("    a.x = 1", "x"),
            ("    f(x)", "x"),
            ("    a[i] = 2", "i"),
            ("    y = x", "x"),
        ] {
            assert!(!binds(code, name), "{code}: {name}");
        }
    }
}
