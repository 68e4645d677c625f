//! Rules of the repository, as tests: what stands where, and what must not be named where.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder} has Rust files");
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("the folder is readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file is text");
            found.push((path, text));
        }
    }
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn every_module_says_what_it_is_for() {
    for folder in ["analyzer/src", "codegen/src", "server/src", "tests"] {
        for (path, text) in sources(folder) {
            if path.components().any(|part| part.as_os_str() == "fixtures") {
                continue;
            }
            assert!(text.starts_with("//!"), "{} begins with a `//!` comment", path.display());
        }
    }
}

#[test]
fn only_hir_and_the_database_know_the_parser() {
    for (path, text) in sources("analyzer/src") {
        let inside = path.components().any(|part| part.as_os_str() == "hir") || path.ends_with("hir.rs");
        let test = path.ends_with("infer/testing.rs");
        if inside || test || path.ends_with("db.rs") {
            continue;
        }
        assert!(!code(&text).any(|line| line.contains("ruff_")), "{} names the parser", path.display());
    }
}

#[test]
fn the_analyzer_touches_no_disk_and_knows_no_protocol() {
    for (path, text) in sources("analyzer/src") {
        for banned in ["std::fs", "std::env", "tower_lsp", "tokio", "cranelift", "println!", "serde"] {
            assert!(!code(&text).any(|line| line.contains(banned)), "{} names {banned}", path.display());
        }
    }
}

#[test]
fn the_code_generator_sees_typed_programs_only() {
    for (path, text) in sources("codegen/src") {
        for banned in ["salsa", "analyzer::db", "analyzer::infer", "analyzer::query", "analyzer::rules"] {
            assert!(!code(&text).any(|line| line.contains(banned)), "{} names {banned}", path.display());
        }
    }
}

#[test]
fn unsafe_code_is_confined_and_explained() {
    for folder in ["analyzer/src", "codegen/src", "server/src"] {
        for (path, text) in sources(folder) {
            let allowed = path.ends_with("codegen/src/call.rs")
                || path.components().any(|part| part.as_os_str() == "runtime")
                || path.ends_with("runtime.rs");
            let uses =
                code(&text).filter(|line| line.contains("unsafe {") || line.contains("unsafe fn")).count();
            assert!(uses == 0 || allowed, "{} uses `unsafe`", path.display());
        }
    }
}

#[test]
fn every_rule_has_a_page_with_examples() {
    for rule in analyzer::rules::ALL {
        assert!(
            rule.page.starts_with(&format!("# {}\n", rule.code)),
            "the page of {} has its title",
            rule.code
        );
        assert!(rule.page.contains("## Bad"), "the page of {} shows what is reported", rule.code);
        assert!(rule.page.contains("## Good"), "the page of {} shows what to write", rule.code);
        assert!(
            rule.page.contains("## How Numba words it"),
            "the page of {} says what Numba says",
            rule.code
        );
        let why = rule.page.split("## Bad").next().unwrap_or_default().lines().skip(1).collect::<String>();
        assert!(why.len() > 40, "the page of {} says why", rule.code);
    }
    let codes: Vec<&str> = analyzer::rules::ALL.iter().map(|rule| rule.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    assert_eq!(codes, sorted, "rules are listed by code");
}

#[test]
fn rows_of_the_function_table_are_unique_and_have_readable_parameters() {
    let mut paths: Vec<&str> = analyzer::table::functions().map(|row| row.path).collect();
    let count = paths.len();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), count, "a path has one row");
    for row in analyzer::table::functions() {
        for param in &row.cached_params().0 {
            let word = param.name.chars().all(|char| char.is_alphanumeric() || char == '_');
            assert!(word && !param.name.is_empty(), "{}: parameter `{}`", row.path, param.name);
        }
    }
}

#[test]
fn nothing_is_left_unfinished() {
    for folder in ["analyzer/src", "codegen/src", "server/src"] {
        for (path, text) in sources(folder) {
            for banned in ["todo!(", "unimplemented!(", "FIXME", "XXX", "dbg!("] {
                assert!(!text.contains(banned), "{} has {banned}", path.display());
            }
        }
    }
}
