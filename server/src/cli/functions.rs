//! `jitcheck rules --functions`: what compiles, from the table that the checks use.

use std::collections::BTreeMap;

use analyzer::mono::prelude;
use analyzer::table::{self, Function, Lower, OLDEST, Version};
use serde_json::{Value, json};

use crate::args::{PageFormat, RulesArgs};
use crate::exit::{Exit, misuse};
use crate::output;

const INTRODUCTION: &str = "\
# Supported functions

<!-- Written by `JITCHECK_WRITE_DOCS=1 cargo test -p jitcheck --test docs`. -->

The functions, methods and attributes that compile in Numba's nopython mode, with the parameters that they have there;
NumPy's own often have more. `jitcheck rules --functions [TEXT]` prints the list in the terminal. *Numba* is the first
version that has a function or a parameter, where that is later than 0.60. *Runs* marks what `jitcheck run` and `jitcheck bench` can
compile; the rest is checked only.
";

pub(super) fn functions(args: &RulesArgs) -> Exit {
    let wanted = args.filter.as_deref().unwrap_or_default().to_lowercase();
    let mut rows: Vec<&Function> =
        table::functions().filter(|row| row.path.to_lowercase().contains(&wanted)).collect();
    rows.sort_by_key(|row| (group(row.path), row.path));
    if rows.is_empty() {
        return misuse(format_args!("no function's name contains `{wanted}`"));
    }
    let text = match args.output_format {
        PageFormat::Text => text(&rows),
        PageFormat::Markdown => markdown(&rows),
        PageFormat::Json => format!("{:#}\n", Value::Array(rows.iter().map(|row| describe(row)).collect())),
    };
    output::print(&text);
    Exit::Clean
}

/// What stands before the last dot.
fn group(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(group, _)| group)
}

/// `numpy.zeros(shape, dtype=float64)`; attributes have no parameters.
fn call(row: &Function) -> String {
    if row.is_attribute { row.path.to_owned() } else { format!("{}({})", row.path, row.params) }
}

/// The first Numba that has it, where older ones of the supported range have not; then that of single parameters.
fn since(row: &Function) -> Option<String> {
    let own = (row.since > OLDEST).then(|| version(row.since));
    let params = row.params_since.iter().map(|(param, since)| format!("`{param}`: {}", version(*since)));
    let all: Vec<String> = own.into_iter().chain(params).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn version((major, minor): Version) -> String {
    format!("{major}.{minor}")
}

/// Whether it can be run here, or only be checked.
fn runs(row: &Function) -> bool {
    row.lower != Lower::No || prelude::file_of(&row.path.replace('.', "_")).is_some()
}

fn describe(row: &Function) -> Value {
    json!({
        "path": row.path,
        "parameters": (!row.is_attribute).then_some(row.params),
        "kind": if row.is_attribute { "attribute" } else { "function" },
        "numba": version(row.since),
        "parameters_since": row.params_since.iter().map(|(param, since)| (*param, version(*since))).collect::<BTreeMap<_, _>>(),
        "runs": runs(row),
    })
}

fn text(rows: &[&Function]) -> String {
    let lines = rows.iter().map(|row| {
        let since =
            since(row).map_or_else(String::new, |since| format!("  (Numba {})", since.replace('`', "")));
        format!("{}{since}\n", call(row))
    });
    lines.collect()
}

fn markdown(rows: &[&Function]) -> String {
    let mut groups: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for row in rows {
        groups.entry(group(row.path)).or_default().push(row);
    }
    let mut text = INTRODUCTION.to_owned();
    for (name, rows) in groups {
        text.push_str(&format!("\n## {name}\n\n| | Numba | Runs |\n| --- | --- | --- |\n"));
        for row in rows {
            let runs = if runs(row) { "yes" } else { "" };
            text.push_str(&format!("| `{}` | {} | {runs} |\n", call(row), since(row).unwrap_or_default()));
        }
    }
    text
}
