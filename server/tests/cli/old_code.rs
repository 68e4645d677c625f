//! What helps with code that was there before: comments, baselines, exclusion, decorators of one's own.

use super::{KERNELS, Project, code, json, stderr, stdout};

#[test]
fn a_baseline_hides_what_is_known_and_shows_what_is_new() {
    let project = Project::new(&[("kernels.py", KERNELS), ("other.py", "x = 1\n")]);
    let written = project.run(&["check", "--update-baseline"]);
    assert_eq!(stdout(&written), "Wrote 2 findings to jitcheck-baseline.json\n");
    assert!(stderr(&written).contains("baseline = \"jitcheck-baseline.json\""), "{}", stderr(&written));
    project.write("jitcheck.toml", "baseline = \"jitcheck-baseline.json\"\n");
    assert_eq!(code(&project.run(&["check"])), 0);
    // Lines may move, and other findings are new.
    project.write("kernels.py", &format!("import math\n\n{KERNELS}"));
    assert_eq!(code(&project.run(&["check"])), 0);
    project.write("other.py", KERNELS);
    let new = json(&project.run(&["check", "--output-format", "json"]));
    assert_eq!(new.as_array().map(Vec::len), Some(2));
    // What was repaired is told, so that it does not come back unseen.
    project.write("kernels.py", "x = 1\n");
    assert!(stderr(&project.run(&["check", "kernels.py"])).contains("2 findings of jitcheck-baseline.json"));
    let missing = project.run(&["check", "--baseline", "gone.json"]);
    assert_eq!(code(&missing), 2);
    assert!(stderr(&missing).contains("gone.json: "), "{}", stderr(&missing));
}

#[test]
fn every_finding_can_be_silenced_where_it_is() {
    let awkward = "\
import numpy as np
from numba import njit


@njit
def table(n):
    a = np.zeros([n, 3])  # noqa: E501
    b = np.zeros( \\
        [n, 3])
    c = np.zeros([n, 3]), '''
    text'''
    d = np.zeros([n, 3])  # jitcheck: ignore[array-truth]
    return a, b, c, d
";
    let project = Project::new(&[("kernels.py", awkward)]);
    assert_eq!(code(&project.run(&["check", "--select", "list-as-shape"])), 1);
    let added = project.tell(&project.run(&["check", "--select", "list-as-shape", "--add-ignore"]));
    assert_eq!(added, "exit 0\n--- stdout\nSilenced 4 findings in 1 file\n--- stderr\n");
    let text = project.read("kernels.py");
    let expected = awkward
        .replace("# noqa: E501", "# noqa: E501  # jitcheck: ignore[list-as-shape]")
        .replace("        [n, 3])", "        [n, 3])  # jitcheck: ignore[list-as-shape]")
        .replace("    c =", "    # jitcheck: ignore[list-as-shape]\n    c =")
        .replace("ignore[array-truth]", "ignore[array-truth, list-as-shape]");
    assert_eq!(text, expected);
    assert_eq!(code(&project.run(&["check", "--select", "list-as-shape"])), 0);
}

#[test]
fn exclusion_can_be_forced_on_files_that_are_named() {
    let project =
        Project::new(&[("jitcheck.toml", "extend-exclude = [\"legacy\"]\n"), ("legacy/kernels.py", KERNELS)]);
    assert_eq!(code(&project.run(&["check", "legacy/kernels.py"])), 1);
    let forced = project.run(&["check", "--force-exclude", "legacy/kernels.py"]);
    assert_eq!((code(&forced), stderr(&forced)), (0, String::new()));
    let args = ["check", "-", "--stdin-filename", "legacy/kernels.py", "--force-exclude"];
    assert_eq!(code(&project.run_with(&args, KERNELS)), 0);
}

#[test]
fn decorators_of_ones_own_are_those_that_the_configuration_names() {
    let kernel = |import: &str, decorator: &str| {
        format!(
            "import numpy as np\n{import}\n\n\n@{decorator}\ndef table(n):\n    return np.zeros([n, 3])\n"
        )
    };
    let project = Project::new(&[
        ("compat.py", "def make():\n    return eval('lambda f: f')\n\n\nfast = make()\n"),
        ("own.py", &kernel("from compat import fast", "fast")),
        ("called.py", &kernel("import compat", "compat.fast(cache=True)")),
        ("foreign.py", &kernel("from datashader.utils import ngjit", "ngjit")),
        ("module.py", &kernel("import datashader.utils as du", "du.ngjit")),
    ]);
    assert_eq!(code(&project.run(&["check"])), 0);
    project.write("jitcheck.toml", "extra-decorators = [\"compat.fast\"]\npresets = [\"datashader\"]\n");
    let output = project.run(&["check", "--output-format", "concise"]);
    let found: Vec<String> =
        stdout(&output).lines().map(|line| line[..line.find(':').unwrap_or(0)].into()).collect();
    assert_eq!(found, ["called.py", "foreign.py", "module.py", "own.py", ""]);
    project.write("jitcheck.toml", "presets = [\"datashade\"]\n");
    assert!(stderr(&project.run(&["check"])).contains("did you mean `datashader`?"));
    project.write("jitcheck.toml", "extra-decorators = [\"fast\"]\n");
    assert!(stderr(&project.run(&["check"])).contains("`fast` is no dotted path"));
}

#[test]
fn fixes_are_listed_and_can_fail_the_run() {
    let project = Project::new(&[("kernels.py", KERNELS)]);
    let output = project.run(&["check", "--fix", "--show-fixes", "--exit-non-zero-on-fix"]);
    assert_eq!(code(&output), 1);
    assert!(
        stdout(&output).contains("Fixed in kernels.py:\n  list-as-shape (1 time)\n"),
        "{}",
        stdout(&output)
    );
    assert_eq!(code(&project.run(&["check", "--fix", "--exit-non-zero-on-fix"])), 0);
}

#[test]
fn the_configuration_of_a_kernel_that_is_run_is_that_of_its_file() {
    let project = Project::new(&[("jitcheck.toml", "numba-versio = \"0.68\"\n"), ("kernels.py", KERNELS)]);
    for command in ["run", "bench", "infer"] {
        let output = project.run(&[command, "kernels.py::double"]);
        assert_eq!(code(&output), 2, "{command}");
        assert!(stderr(&output).contains("did you mean `numba-version`?"), "{command}: {}", stderr(&output));
    }
    assert_eq!(code(&project.run(&["run", "kernels.py::double", "--isolated", "--arg", "x=1.5"])), 0);
}
