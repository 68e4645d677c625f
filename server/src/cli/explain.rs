//! `jitcheck explain CODE` and `jitcheck rules`

use analyzer::RuleDecl;
use analyzer::rules::ALL;
use serde_json::{Value, json};

use crate::args::{ExplainArgs, RulesArgs, TextFormat};
use crate::exit::{Exit, misuse};
use crate::{config, output, report};

/// Prints the page of a rule.
pub(crate) fn explain(args: &ExplainArgs) -> Exit {
    let code = args.code.trim_start_matches("jitcheck:").trim();
    match config::known_rule(code) {
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

/// Lists the rules.
pub(crate) fn rules(args: &RulesArgs) -> Exit {
    let mut all: Vec<&RuleDecl> = ALL.to_vec();
    all.sort_by_key(|rule| rule.code);
    if args.output_format == TextFormat::Json {
        let all: Vec<Value> = all.into_iter().map(describe).collect();
        output::print(&format!("{:#}\n", Value::Array(all)));
        return Exit::Clean;
    }
    let codes = all.iter().map(|rule| rule.code.len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in all {
        let fixable = if rule.fixable { "fix" } else { "" };
        let severity = report::severity(rule.severity);
        text.push_str(&format!("{:codes$}  {severity:11}  {fixable:3}  {}\n", rule.code, rule.summary));
    }
    output::print(&text);
    Exit::Clean
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
