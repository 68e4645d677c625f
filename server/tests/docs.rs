//! The pages that are made from the program are what it prints, and what the other pages claim is so.
//!
//! `JITCHECK_WRITE_DOCS=1 cargo test -p jitcheck --test docs` writes the pages.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn printed(args: &[&str], stdin: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jitcheck"))
        .args(args)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child.stdin.take().expect("stdin").write_all(stdin.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8(output.stdout).expect("text")
}

const COMMANDS: [&str; 11] = [
    "bench",
    "check",
    "completions",
    "config",
    "doctor",
    "explain",
    "infer",
    "man",
    "rules",
    "run",
    "server",
];

/// The pages, each with the command that prints it.
fn pages() -> Vec<(String, Vec<&'static str>)> {
    let mut pages = vec![
        ("docs/rules.md".to_owned(), vec!["rules", "--output-format", "markdown"]),
        ("docs/functions.md".to_owned(), vec!["rules", "--functions", "--output-format", "markdown"]),
        ("docs/configuration.md".to_owned(), vec!["config", "--output-format", "markdown"]),
        ("jitcheck.schema.json".to_owned(), vec!["config", "--schema"]),
    ];
    let man = "python/jitcheck.data/data/share/man/man1";
    pages.push((format!("{man}/jitcheck.1"), vec!["man"]));
    pages.extend(COMMANDS.map(|command| (format!("{man}/jitcheck-{command}.1"), vec!["man", command])));
    pages
}

#[test]
fn generated_pages_are_what_the_program_prints() {
    let write = std::env::var_os("JITCHECK_WRITE_DOCS").is_some();
    for (path, args) in pages() {
        let expected = printed(&args, "");
        assert!(!expected.is_empty(), "{args:?} prints something");
        let file = root().join(&path);
        if write {
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("directories");
            std::fs::write(&file, &expected).expect("the page is written");
        }
        let page = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            page == expected,
            "{path} is not what `jitcheck {}` prints: run `JITCHECK_WRITE_DOCS=1 cargo test -p jitcheck --test docs`",
            args.join(" ")
        );
    }
}

#[test]
fn every_command_has_a_manual_page_and_examples_in_80_columns() {
    let help = printed(&["--help"], "");
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is in the help");
        let help = printed(&[command, "--help"], "");
        if !matches!(command, "doctor" | "server") {
            assert!(help.contains("Examples:"), "{command} --help has examples");
        }
        let wide = help.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{command} --help fits 80 columns");
    }
}

/// The Python blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    for (at, _) in page.match_indices("```python\n") {
        let rest = &page[at + "```python\n".len()..];
        blocks.push(rest[..rest.find("```").expect("a block ends")].to_owned());
    }
    blocks
}

#[test]
fn the_examples_beside_numbas_messages_are_reported_as_claimed() {
    let page = std::fs::read_to_string(root().join("docs/errors.md")).expect("the page");
    let blocks = blocks(&page);
    let (imports, examples) = blocks.split_first().expect("the imports come first");
    assert!(examples.len() >= 30, "{} examples", examples.len());
    for example in examples {
        let text = format!("{imports}\n\n{example}");
        let claimed: Vec<String> = text
            .lines()
            .enumerate()
            .filter_map(|(at, line)| {
                let (_, claim) = line.split_once("# error: [").or_else(|| line.split_once("# warning: ["))?;
                Some(format!("{}:{}", at + 1, claim.trim_end_matches(']')))
            })
            .collect();
        let found = printed(&["check", "-", "--isolated", "--output-format", "json-lines"], &text);
        let found: Vec<String> = found
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
            .map(|finding| {
                format!("{}:{}", finding["location"]["row"], finding["code"].as_str().unwrap_or_default())
            })
            .collect();
        assert_eq!(found, claimed, "{example}");
    }
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    let folder = root().join("docs");
    let mut pages: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("the folder").flatten().map(|entry| entry.path()).collect();
    pages.push(root().join("README.md"));
    for path in pages.iter().filter(|path| path.extension().is_some_and(|it| it == "md")) {
        let page = std::fs::read_to_string(path).expect("a page");
        for (at, _) in page.match_indices("](") {
            let rest = &page[at + 2..];
            let link = &rest[..rest.find(')').unwrap_or(0)];
            // Signatures in the examples look like links, too.
            if link.starts_with("http") || !(link.starts_with('#') || link.contains(".md")) {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { path.clone() } else { path.parent().expect("a folder").join(file) };
            assert!(target.exists(), "{}: {link}", path.display());
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&target).unwrap_or_default();
                let is_heading = |line: &str| {
                    let title = line.trim_start_matches('#').trim().to_lowercase();
                    line.starts_with('#') && title.replace('`', "").replace(' ', "-") == anchor
                };
                assert!(text.lines().any(is_heading), "{}: {link}", path.display());
            }
        }
    }
}
