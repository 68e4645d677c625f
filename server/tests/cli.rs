//! The commands as users and programs see them: output, exit codes, files.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

#[path = "cli/old_code.rs"]
mod old_code;
#[path = "cli/watching.rs"]
mod watching;

const KERNELS: &str = "\
import numpy as np
from numba import njit


@njit
def table(n):
    return np.zeros([n, 3])


@njit
def double(x):
    return 2 * x  # jitcheck: ignore[list-as-shape]


table(4)
double(1.5)
";

struct Project(TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().expect("a temporary directory"));
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        std::fs::write(path, text).expect("a file");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).expect("the file")
    }

    fn run(&self, args: &[&str]) -> Output {
        self.run_with(args, "")
    }

    fn run_with(&self, args: &[&str], stdin: &str) -> Output {
        let mut child = command(self.0.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut pipe = child.stdin.take().expect("stdin");
        pipe.write_all(stdin.as_bytes()).expect("it reads");
        drop(pipe);
        child.wait_with_output().expect("it ends")
    }

    /// Exit code, stdout and stderr, with the directory's name taken out.
    fn show(&self, args: &[&str]) -> String {
        self.tell(&self.run(args))
    }

    fn tell(&self, output: &Output) -> String {
        let root = self.0.path().canonicalize().expect("the directory");
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes)
                .replace(&root.display().to_string(), "/project")
                .replace(&self.0.path().display().to_string(), "/project")
        };
        format!(
            "exit {}\n--- stdout\n{}--- stderr\n{}",
            code(output),
            text(&output.stdout),
            text(&output.stderr)
        )
    }
}

fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jitcheck"));
    command
        .current_dir(directory)
        .env("NO_COLOR", "1")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("CI_PROJECT_DIR");
    command
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("JSON on stdout")
}

#[test]
fn every_format_shows_the_same_findings() {
    let project = Project::new(&[("kernels.py", KERNELS)]);
    for format in ["full", "concise", "json", "json-lines", "github", "gitlab", "junit"] {
        insta::assert_snapshot!(
            format!("check_{format}"),
            project.show(&["check", "--output-format", format])
        );
    }
    // The pages of all rules are in it, so only the results are looked at.
    let mut sarif = json(&project.run(&["check", "--output-format", "sarif"]));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].clone();
    for result in sarif["runs"][0]["results"].as_array_mut().into_iter().flatten() {
        // Which number a rule has changes with every new one.
        let index = result["ruleIndex"].take();
        let rule = &rules[usize::try_from(index.as_u64().expect("a number")).expect("a small one")];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    let results = serde_json::to_string_pretty(&sarif["runs"][0]["results"]).expect("results");
    insta::assert_snapshot!(
        "check_sarif",
        results.replace(&project.0.path().display().to_string(), "/project")
    );
}

#[test]
fn output_is_coloured_only_where_somebody_sees_it() {
    let project = Project::new(&[("kernels.py", KERNELS)]);
    let plain = project.run(&["check"]);
    assert!(!stdout(&plain).contains('\x1b'));
    let colored = project.run(&["check", "--color", "always"]);
    assert!(stdout(&colored).contains('\x1b'));
    let stripped = anstream::adapter::strip_str(&stdout(&colored)).to_string();
    assert_eq!(stripped, stdout(&plain));
}

#[test]
fn the_exit_code_says_how_it_went() {
    let project = Project::new(&[("kernels.py", KERNELS), ("clean.py", "x = 1\n")]);
    assert_eq!(code(&project.run(&["check", "clean.py"])), 0);
    assert_eq!(code(&project.run(&["check"])), 1);
    assert_eq!(code(&project.run(&["check", "--exit-zero"])), 0);
    for misuse in [
        &["check", "--no-such-flag"][..],
        &["check", "nowhere"],
        &["check", "--select", "list-as-shap"],
        &["infer", "kernels.py::nothing"],
        &["explain", "nothing"],
        &["nothing"],
        &[],
    ] {
        let output = project.run(misuse);
        assert_eq!(code(&output), 2, "{misuse:?}");
        assert!(output.stdout.is_empty(), "{misuse:?}");
        assert!(!output.stderr.is_empty(), "{misuse:?}");
    }
}

#[test]
fn a_place_is_the_same_in_every_format() {
    let kernel = KERNELS.replace("def double(x):\n    return 2 * x", "def double(x):\n    return (2 *");
    let project = Project::new(&[("broken.py", &kernel), ("old_mac.py", &KERNELS.replace('\n', "\r"))]);
    let places = |args: &[&str], start: &str| -> Vec<String> {
        let text = stdout(&project.run(args));
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix(start).map(str::to_owned));
        lines.map(|line| line.split(": ").next().unwrap_or_default().to_owned()).collect()
    };
    let full = places(&["check"], "--> ");
    assert_eq!(full, places(&["check", "--output-format", "concise"], "").split_last().expect("a summary").1);
    assert!(full.contains(&"old_mac.py:7:21".to_owned()), "{full:?}");
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_checked() {
    let project = Project::new(&[("kernels.py", KERNELS), ("bad.ipynb", "{")]);
    std::fs::write(project.0.path().join("latin.py"), b"x = '\xe9'\n").expect("a file");
    std::fs::write(project.0.path().join("binary.py"), b"x\0y").expect("a file");
    let output = project.run(&["check", "--output-format", "json", ".", "gone.py"]);
    assert_eq!(code(&output), 2);
    assert_eq!(json(&output).as_array().map(Vec::len), Some(2));
    for message in [
        "gone.py: no such file or directory",
        "latin.py: is not valid UTF-8 (line 1)",
        "binary.py: is a binary file",
        "bad.ipynb: ",
    ] {
        assert!(stderr(&output).contains(message), "{message}: {}", stderr(&output));
    }
}

#[test]
fn fixes_are_shown_and_then_applied() {
    let project = Project::new(&[("kernels.py", KERNELS)]);
    insta::assert_snapshot!("diff", project.show(&["check", "--diff"]));
    assert_eq!(project.read("kernels.py"), KERNELS);
    insta::assert_snapshot!("fix", project.show(&["check", "--fix"]));
    let fixed = project.read("kernels.py");
    assert!(fixed.contains("np.zeros((n, 3))"), "{fixed}");
    assert!(fixed.contains("    return 2 * x\n"), "{fixed}");
    assert_eq!(code(&project.run(&["check"])), 0);
}

#[test]
fn stdin_is_checked_under_a_name_and_fixed_to_stdout() {
    let project = Project::new(&[]);
    let output =
        project.run_with(&["check", "-", "--stdin-filename", "k.py", "--output-format", "concise"], KERNELS);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).starts_with("k.py:7:21: error[list-as-shape] [*] "), "{}", stdout(&output));
    let output = project.run_with(&["check", "-", "--fix"], KERNELS);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("np.zeros((n, 3))"));
    let output = project.run_with(&["check", "-", "--fix"], "x = 1\n");
    assert_eq!(stdout(&output), "x = 1\n");
}

#[test]
fn the_cells_of_a_notebook_are_one_module() {
    let notebook = r##"{"cells": [
 {"cell_type": "markdown", "metadata": {}, "source": ["# Kernels"]},
 {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": ["%matplotlib inline\n", "import numpy as np\n", "from numba import njit"]},
 {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": ["@njit\n", "def table(n):\n", "    return np.zeros([n, 3])"]},
 {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": ["\n", "table(4)"]}
], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
"##;
    let project = Project::new(&[("nb.ipynb", notebook)]);
    insta::assert_snapshot!("notebook", project.show(&["check"]));
    let inferred = stdout(&project.run(&["infer", "nb.ipynb::table"]));
    assert!(inferred.contains("nb.ipynb:cell 3:3:12: [list-as-shape]"), "{inferred}");
    assert_eq!(code(&project.run(&["check", "--fix"])), 0);
    let fixed: serde_json::Value = serde_json::from_str(&project.read("nb.ipynb")).expect("a notebook");
    assert_eq!(fixed["cells"][2]["source"][2], "    return np.zeros((n, 3))");
    assert_eq!(fixed["cells"][1]["source"][0], "%matplotlib inline\n");
}

#[test]
fn the_nearest_configuration_holds() {
    let project = Project::new(&[
        (
            "pyproject.toml",
            "[tool.jitcheck]\nignore = [\"list-as-shape\"]\nextend-exclude = [\"generated\"]\n",
        ),
        ("kernels.py", KERNELS),
        ("generated/kernels.py", KERNELS),
        ("sub/jitcheck.toml", "[per-file-ignores]\n\"test_*.py\" = [\"all\"]\n"),
        ("sub/kernels.py", KERNELS),
        ("sub/test_kernels.py", KERNELS),
    ]);
    let output = project.run(&["check", "--output-format", "concise"]);
    let found: Vec<String> = stdout(&output)
        .lines()
        .filter_map(|line| line.split(" error[list").next().map(str::to_owned))
        .collect();
    assert!(found.iter().any(|line| line.starts_with("sub/kernels.py:7:21:")), "{found:?}");
    assert!(
        !found.iter().any(|line| line.starts_with("kernels.py:7")
            || line.contains("generated")
            || line.contains("test_")),
        "{found:?}"
    );
    // A file that is named is checked, excluded or not.
    assert_eq!(code(&project.run(&["check", "--select", "all", "generated/kernels.py"])), 1);
    let all = project.run(&["check", "kernels.py", "--select", "list-as-shape"]);
    assert!(stdout(&all).contains("list-as-shape"), "{}", stdout(&all));
}

#[test]
fn a_mistake_in_the_configuration_is_explained() {
    let project = Project::new(&[("jitcheck.toml", "selct = []\n"), ("kernels.py", KERNELS)]);
    let output = project.run(&["check"]);
    assert_eq!(code(&output), 2);
    assert_eq!(stderr(&output), "error: jitcheck.toml:1: unknown key `selct`; did you mean `select`?\n");
    project.write("jitcheck.toml", "ignore = [\"list-as-shap\"]\n");
    assert!(
        stderr(&project.run(&["check"]))
            .contains("no rule is called `list-as-shap`; did you mean `list-as-shape`?")
    );
    project.write("jitcheck.toml", "a = \n");
    assert!(stderr(&project.run(&["check"])).starts_with("error: jitcheck.toml:1: "));
    project.write("jitcheck.toml", "extra-decorators = [{ path = \"a.b\", paralel = true }]\n");
    assert!(stderr(&project.run(&["check"])).contains("unknown key `paralel`; did you mean `parallel`?"));
    project.write("jitcheck.toml", "exclude = [\"[a\"]\n");
    assert!(stderr(&project.run(&["check"])).starts_with("error: jitcheck.toml: `[a` is no pattern"));
    project.write("jitcheck.toml", "numba-version = \"0.20\"\n");
    assert!(stderr(&project.run(&["check"])).starts_with("warning: Numba 0.20 is not known"));
}

#[test]
fn ignored_and_hidden_files_are_left_out() {
    let project = Project::new(&[
        (".gitignore", "scratch/\n"),
        ("kernels.py", "x = 1\n"),
        ("notes.txt", "x"),
        ("scratch/a.py", "x = 1\n"),
        (".hidden/a.py", "x = 1\n"),
        ("node_modules/a.py", "x = 1\n"),
    ]);
    let shown = |args: &[&str]| {
        stdout(&project.run(args))
            .lines()
            .map(|line| line.rsplit('/').take(2).collect::<Vec<_>>().join("<"))
            .collect::<Vec<_>>()
            .len()
    };
    assert_eq!(shown(&["check", "--show-files"]), 1);
    assert_eq!(shown(&["check", "--show-files", "--no-respect-gitignore"]), 2);
}

#[test]
fn statistics_count_by_rule() {
    let project = Project::new(&[("kernels.py", KERNELS)]);
    insta::assert_snapshot!("statistics", project.show(&["check", "--statistics"]));
}

#[test]
fn a_batch_is_answered_line_by_line_in_order() {
    let project = Project::new(&[("kernels.py", KERNELS)]);
    let cases = [
        r#"{"id": 1, "file": "kernels.py", "function": "double", "line": 11, "args": ["float64"]}"#,
        r#"{"id": "two", "file": "kernels.py", "function": "table", "args": ["int64"]}"#,
        "nonsense",
        r#"{"id": 4, "file": "gone.py", "function": "f", "args": []}"#,
        r#"{"id": 5, "file": "kernels.py", "function": "double", "args": "float64"}"#,
        r#"{"id": 6, "file": "kernels.py", "function": "double", "args": ["nonsense("]}"#,
    ];
    let output = project.run_with(&["infer", "--batch", "-", "--root", "."], &cases.join("\n"));
    assert_eq!(code(&output), 0);
    let answers: Vec<serde_json::Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let ids: Vec<String> = answers.iter().map(|answer| answer["id"].to_string()).collect();
    assert_eq!(ids, ["1", "\"two\"", "null", "4", "5", "6"]);
    let verdicts: Vec<&str> = answers.iter().filter_map(|answer| answer["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["ok", "error", "unknown", "unknown", "unknown", "unknown"]);
    assert_eq!(answers[0]["return_type"], "float64");
    assert_eq!(answers[1]["diagnostics"][0]["code"], "list-as-shape");
    assert!(answers[2..].iter().all(|answer| answer["why"][0].is_string()));
}

#[test]
fn infer_shows_a_function_with_its_types() {
    let project = Project::new(&[("kernels.py", KERNELS)]);
    insta::assert_snapshot!("infer", project.show(&["infer", "kernels.py::double", "--args", "float64"]));
    insta::assert_snapshot!("infer_refused", project.show(&["infer", "kernels.py::table"]));
    let output = project.run(&["infer", "kernels.py::duble"]);
    assert!(stderr(&output).contains("did you mean `double`?"), "{}", stderr(&output));
    // A call may leave out what has a default.
    project.write("defaults.py", "def power(x, n=2):\n    return x ** n\n");
    let output = project.run(&["infer", "defaults.py::power", "--args", "float64"]);
    assert!(stdout(&output).contains("power returns float64"), "{}", stdout(&output));
}

#[test]
fn rules_are_listed_and_explained() {
    let project = Project::new(&[]);
    let rules = json(&project.run(&["rules", "--output-format", "json"]));
    let codes: Vec<&str> =
        rules.as_array().into_iter().flatten().filter_map(|rule| rule["code"].as_str()).collect();
    assert!(codes.is_sorted() && codes.contains(&"unused-ignore"), "{codes:?}");
    for code in codes {
        let page = project.run(&["explain", code]);
        assert!(stdout(&page).starts_with(&format!("# {code}\n")), "{code}");
    }
}

#[test]
fn completions_are_printed_for_every_shell() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(stdout(&project.run(&["completions", shell])).contains("jitcheck"), "{shell}");
    }
}
