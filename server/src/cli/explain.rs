//! `jitcheck explain CODE` and `jitcheck rules`

use analyzer::RuleDecl;
use analyzer::rules::ALL;
use serde_json::{Value, json};

use crate::args::{ExplainArgs, PageFormat, RulesArgs, TextFormat};
use crate::exit::{Exit, misuse};
use crate::{config, output, report};

const INTRODUCTION: &str = "\
# Rules

<!-- Written by `JITCHECK_WRITE_DOCS=1 cargo test -p jitcheck --test docs`. -->

An error is what Numba refuses to compile; a warning compiles, but is slower or other than meant; an information is
deprecated, or gains nothing from compilation. `jitcheck explain CODE` prints a page in the terminal. A comment
`# jitcheck: ignore[CODE]` silences a line, `# jitcheck: ignore-file[CODE]` a file, and `ignore` in the
[configuration](configuration.md) everything.
";

/// Prints the page of a rule.
pub(crate) fn explain(args: &ExplainArgs) -> Exit {
    let code = args.code.trim_start_matches("jitcheck:").trim().to_lowercase();
    match config::known_rule(&code) {
        Ok(rule) => {
            match args.output_format {
                TextFormat::Text => output::print(&page(rule)),
                TextFormat::Json => {
                    let mut object = describe(rule);
                    object["page"] = json!(rule.page);
                    output::print(&format!("{object:#}\n"));
                }
            }
            Exit::Clean
        }
        Err(message) => misuse(message),
    }
}

/// Lists the rules, or the functions.
pub(crate) fn rules(args: &RulesArgs) -> Exit {
    if args.functions {
        return super::functions::functions(args);
    }
    let wanted = args.filter.as_deref().unwrap_or_default().to_lowercase();
    let mut all: Vec<&RuleDecl> = ALL.to_vec();
    all.retain(|rule| rule.code.contains(&wanted) || rule.summary.to_lowercase().contains(&wanted));
    all.sort_by_key(|rule| rule.code);
    if all.is_empty() {
        return misuse(format_args!("no rule's code or summary contains `{wanted}`"));
    }
    let text = match args.output_format {
        PageFormat::Text => table(&all),
        PageFormat::Markdown => reference(&all),
        PageFormat::Json => format!("{:#}\n", Value::Array(all.into_iter().map(describe).collect())),
    };
    output::print(&text);
    Exit::Clean
}

fn table(rules: &[&RuleDecl]) -> String {
    let codes = rules.iter().map(|rule| rule.code.len()).max().unwrap_or(0);
    let lines = rules.iter().map(|rule| {
        let fixable = if rule.fixable { "fix" } else { "" };
        let severity = report::severity(rule.severity);
        format!("{:codes$}  {severity:11}  {fixable:3}  {}\n", rule.code, rule.summary)
    });
    lines.collect()
}

/// The page of the documentation: a table, then every rule's page with its headings one level down.
fn reference(rules: &[&RuleDecl]) -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n| Rule | Severity | Fix | |\n| --- | --- | --- | --- |\n");
    for rule in rules {
        let fixable = if rule.fixable { "yes" } else { "" };
        let off = if rule.default { "" } else { " (off unless selected)" };
        let severity = report::severity(rule.severity);
        let code = rule.code;
        text.push_str(&format!("| [`{code}`](#{code}) | {severity} | {fixable} | {}{off} |\n", rule.summary));
    }
    for rule in rules {
        text.push('\n');
        let mut fenced = false;
        for line in rule.page.trim_end().lines() {
            fenced ^= line.starts_with("```");
            text.push_str(if !fenced && line.starts_with('#') { "#" } else { "" });
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn describe(rule: &RuleDecl) -> Value {
    json!({
        "code": rule.code,
        "severity": report::severity(rule.severity),
        "summary": rule.summary,
        "fixable": rule.fixable,
        "default": rule.default,
        "url": report::url(rule.code),
    })
}

/// The page under its head, with the headings made visible.
fn page(rule: &RuleDecl) -> String {
    let bold = anstyle::Style::new().bold();
    let code = anstyle::AnsiColor::Cyan.on_default();
    let mut text = String::new();
    if !rule.page.starts_with('#') {
        text.push_str(&format!("{bold}# {}{bold:#}\n\n", rule.code));
    }
    let mut fenced = false;
    for (index, line) in rule.page.trim_end().lines().enumerate() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        match line {
            line if !fenced && line.starts_with('#') => text.push_str(&format!("{bold}{line}{bold:#}\n")),
            line if fenced && !line.starts_with("```") => text.push_str(&format!("{code}{line}{code:#}\n")),
            line => text.push_str(&format!("{line}\n")),
        }
        if index == 0 {
            let fixable = if rule.fixable { ", has a fix" } else { "" };
            text.push_str(&format!("\n{}{fixable}: {}\n", report::severity(rule.severity), rule.summary));
        }
    }
    text
}
