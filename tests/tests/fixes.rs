//! The fixes of the rules' pages: applied, they silence what they repair and break nothing.

use std::path::Path;
use std::sync::Arc;

use analyzer::rules::{Diagnostic, Fix};
use analyzer::{Host, NoFiles, Settings, Severity};
use jitcheck_tests::{Block, blocks};

const PATH: &str = "/fixture.py";

fn check(text: &str) -> Vec<Diagnostic> {
    let mut host = Host::new(Arc::new(NoFiles), Settings::default());
    host.set_text(Path::new(PATH), Some(text));
    host.snapshot().diagnostics(Path::new(PATH))
}

fn apply(text: &str, fix: &Fix) -> String {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.start, edit.end)));
    let mut fixed = text.to_string();
    for edit in edits {
        fixed.replace_range(edit.start as usize..edit.end as usize, &edit.text);
    }
    fixed
}

fn pages() -> Vec<Block> {
    let mut all = blocks(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer/src/rules"));
    all.retain(|block| block.heading == "Bad");
    all
}

fn rule_of(block: &Block) -> String {
    block.file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[test]
fn every_fix_silences_its_finding_and_makes_no_error() {
    let mut wrong = Vec::new();
    for block in pages() {
        let code = rule_of(&block);
        let found = check(&block.text);
        let count = |found: &[Diagnostic]| found.iter().filter(|each| each.rule.code == code).count();
        let errors = |found: &[Diagnostic]| {
            found
                .iter()
                .filter(|each| each.rule.severity == Severity::Error && each.rule.code != code)
                .count()
        };
        for finding in found.iter().filter(|each| each.rule.code == code) {
            let Some(fix) = &finding.fix else { continue };
            let fixed = apply(&block.text, fix);
            let left = check(&fixed);
            if count(&left) >= count(&found) || errors(&left) > errors(&found) {
                let messages: Vec<&str> = left.iter().map(|each| each.message.as_str()).collect();
                wrong.push(format!("{}: after `{}`: {messages:?}\n{fixed}", block.name(), fix.title));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_rule_says_that_it_has_fixes_if_an_example_of_its_page_has_one() {
    // Its comments are read where files are, outside of the analyzer.
    let elsewhere = ["unused-ignore"];
    let mut wrong = Vec::new();
    for rule in analyzer::rules::ALL.iter().filter(|rule| !elsewhere.contains(&rule.code)) {
        let fixed = pages().iter().filter(|block| rule_of(block) == rule.code).any(|block| {
            check(&block.text).iter().any(|each| each.rule.code == rule.code && each.fix.is_some())
        });
        if rule.fixable != fixed {
            wrong.push(format!(
                "{}: fixable {}, an example of its page has a fix: {fixed}",
                rule.code, rule.fixable
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
