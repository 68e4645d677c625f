//! Which Numba and NumPy a project uses, found without running its Python: the packages of its virtual environment,
//! else the versions that its lock file pins.

use std::path::{Path, PathBuf};

use analyzer::table::Version;

/// The versions found; `None` where nothing tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pub numba: Option<Version>,
    pub numpy: Option<Version>,
    pub python: Option<Version>,
    /// A package registers extensions of Numba.
    pub extended: bool,
}

impl Environment {
    /// Looks in the directory and those above it, up to the root of the repository. `active` is the environment that
    /// the shell has activated: it comes first, as it does for the user's Python.
    pub(crate) fn of(directory: &Path, active: Option<PathBuf>) -> Environment {
        if let Some(found) = active.and_then(|active| installed(&active)) {
            return found;
        }
        for directory in directory.ancestors() {
            let found = [".venv", "venv"]
                .iter()
                .find_map(|name| installed(&directory.join(name)))
                .or_else(|| locked(directory));
            if let Some(found) = found {
                return found;
            }
            if directory.join(".git").exists() {
                break;
            }
        }
        Environment::default()
    }

    fn some(self) -> Option<Environment> {
        self.numba.is_some().then_some(self)
    }
}

/// The versions that an environment's `site-packages` has, by the names of the packages' metadata directories.
fn installed(environment: &Path) -> Option<Environment> {
    let mut found = Environment::default();
    for packages in site_packages(environment) {
        found.python = found.python.or_else(|| python_of(&packages));
        for entry in std::fs::read_dir(packages).ok()?.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".dist-info")) else { continue };
            match name.split_once('-') {
                Some(("numba", version)) => found.numba = major_minor(version),
                Some(("numpy", version)) => found.numpy = major_minor(version),
                _ => found.extended |= extends_numba(&entry.path()),
            }
        }
    }
    found.some()
}

/// The Python that a `lib/python3.13/site-packages` is of.
fn python_of(packages: &Path) -> Option<Version> {
    major_minor(packages.parent()?.file_name()?.to_str()?.strip_prefix("python")?)
}

/// Extensions of Numba announce themselves in their entry points.
fn extends_numba(metadata: &Path) -> bool {
    std::fs::read_to_string(metadata.join("entry_points.txt"))
        .is_ok_and(|text| text.lines().any(|line| line.trim() == "[numba_extensions]"))
}

fn site_packages(environment: &Path) -> Vec<PathBuf> {
    let windows = environment.join("Lib").join("site-packages");
    let versions = std::fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
    versions
        .map(|version| version.path().join("site-packages"))
        .chain([windows])
        .filter(|packages| packages.is_dir())
        .collect()
}

/// The versions pinned by a lock file of uv, Poetry, PDM, pip or Pipenv.
fn locked(directory: &Path) -> Option<Environment> {
    const TABLES: [&str; 4] = ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"];
    let read = |name: &str| std::fs::read_to_string(directory.join(name)).ok();
    TABLES
        .iter()
        .filter_map(|name| read(name))
        .find_map(|text| from_tables(&text).some())
        .or_else(|| read("Pipfile.lock").and_then(|text| from_pipfile(&text)?.some()))
        .or_else(|| read("requirements.txt").and_then(|text| from_requirements(&text).some()))
}

/// Lock files in TOML have a table for each package, with its name and version on lines of their own.
fn from_tables(text: &str) -> Environment {
    let mut found = Environment::default();
    let mut package = None;
    for line in text.lines() {
        let Some((key, value)) = line.split_once(" = ") else { continue };
        match key {
            "name" => package = unquoted(value),
            "version" => {
                if let (Some(package), Some(version)) = (package, unquoted(value)) {
                    found.set(package, version);
                }
            }
            _ => {}
        }
    }
    found
}

fn from_pipfile(text: &str) -> Option<Environment> {
    let lock: serde_json::Value = serde_json::from_str(text).ok()?;
    let mut found = Environment::default();
    for package in ["numba", "numpy", "numba-scipy", "rocket-fft"] {
        if let Some(version) = lock["default"][package]["version"].as_str() {
            found.set(package, version.trim_start_matches('='));
        }
    }
    Some(found)
}

/// Only exact pins tell a version: `numba==0.61.2`.
fn from_requirements(text: &str) -> Environment {
    let mut found = Environment::default();
    for line in text.lines() {
        if let Some((package, version)) = line.split_once("==") {
            found.set(&package.trim().to_ascii_lowercase(), version.trim());
        }
    }
    found
}

impl Environment {
    fn set(&mut self, package: &str, version: &str) {
        match package {
            "numba" => self.numba = major_minor(version),
            "numpy" => self.numpy = major_minor(version),
            "numba-scipy" | "rocket-fft" => self.extended = true,
            _ => {}
        }
    }
}

fn unquoted(value: &str) -> Option<&str> {
    value.trim().strip_prefix('"')?.strip_suffix('"')
}

/// `0.61.2` is (0, 61); release candidates count as the release.
fn major_minor(version: &str) -> Option<Version> {
    let mut parts = version.split('.').map(|part| {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..digits].parse().ok()
    });
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(".git")).unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        directory
    }

    fn found(files: &[(&str, &str)]) -> (Option<Version>, Option<Version>) {
        let project = project(files);
        std::fs::create_dir_all(project.path().join("src")).unwrap();
        let found = Environment::of(&project.path().join("src"), None);
        (found.numba, found.numpy)
    }

    #[test]
    fn lock_files_tell_the_versions() {
        let uv = "[[package]]\nname = \"numba\"\nversion = \"0.61.2\"\n\n[[package]]\nname = \"numpy\"\nversion = \"2.2.6\"\n";
        assert_eq!(found(&[("uv.lock", uv)]), (Some((0, 61)), Some((2, 2))));
        let pipfile = r#"{"default": {"numba": {"version": "==0.60.0"}}}"#;
        assert_eq!(found(&[("Pipfile.lock", pipfile)]), (Some((0, 60)), None));
        assert_eq!(found(&[("requirements.txt", "scipy>=1\nnumba==0.65.1\n")]), (Some((0, 65)), None));
        assert_eq!(found(&[("requirements.txt", "numba>=0.60\n")]), (None, None));
        assert_eq!(found(&[("uv.lock", "not = toml [")]), (None, None));
    }

    #[test]
    fn an_environment_comes_before_a_lock_file() {
        let installed = ".venv/lib/python3.12/site-packages/numba-0.64.0rc1.dist-info/METADATA";
        let files = [(installed, ""), ("requirements.txt", "numba==0.60.0\n")];
        assert_eq!(found(&files), (Some((0, 64)), None));
        let project = project(&[("env/lib/python3.11/site-packages/numba-0.62.1.dist-info/METADATA", "")]);
        let active = Environment::of(project.path(), Some(project.path().join("env")));
        assert_eq!((active.numba, active.python), (Some((0, 62)), Some((3, 11))));
        assert!(!active.extended);
    }

    #[test]
    fn packages_that_extend_numba_are_seen() {
        let packages = ".venv/lib/python3.12/site-packages";
        let project = project(&[
            (&format!("{packages}/numba-0.68.0.dist-info/METADATA"), ""),
            (
                &format!("{packages}/rocket_fft-0.2.5.dist-info/entry_points.txt"),
                "[numba_extensions]\ninit = rocket_fft:_init_extension\n",
            ),
        ]);
        assert!(Environment::of(project.path(), None).extended);
    }
}
