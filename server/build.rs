//! Puts the commit into the version, where the sources come with a repository.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    // Asked for when it runs: copies of the sources may share this program.
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=JITCHECK_COMMIT");
    // A source archive that lies inside another repository must not report that one's commit.
    let described = if root.join(".git").exists() { describe(&root) } else { None };
    let commit = std::env::var("JITCHECK_COMMIT").ok().or(described);
    match commit {
        Some(commit) => println!("cargo::rustc-env=JITCHECK_VERSION={version} ({commit})"),
        None => println!("cargo::rustc-env=JITCHECK_VERSION={version}"),
    }
}

/// `1a2b3c4d5 2026-11-21`, and has the build follow the branch.
fn describe(root: &Path) -> Option<String> {
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(root, &["rev-parse", "--git-path", name]) {
            let path = root.join(path);
            if path.exists() {
                println!("cargo::rerun-if-changed={}", path.display());
            }
        }
    }
    git(root, &["log", "-1", "--format=%h %cs", "--abbrev=9"])
}

fn git(root: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
