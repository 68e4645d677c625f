//! Configuration: `[tool.jitcheck]` of a `pyproject.toml`, or a `jitcheck.toml`. The nearest above a file holds for it.

pub(crate) mod options;
mod presets;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use analyzer::table::{OLDEST, Version};
use analyzer::{ExtraDecorator, RuleDecl, Settings, rules};
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;

use self::options::{Code, DecoratorTable, Like, Options};
use crate::args::ConfigArgs;
use crate::environment::Environment;
use crate::files;

/// Directories that hold no code of the user's. Hidden ones are skipped anyway.
const EXCLUDED: [&str; 8] =
    ["__pycache__", "__pypackages__", "_build", "build", "dist", "node_modules", "site-packages", "venv"];

/// The settings that hold for a file.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `None` for the defaults.
    pub file: Option<PathBuf>,
    /// What patterns and `src` are relative to.
    pub root: PathBuf,
    pub exclude: Vec<String>,
    pub extend_exclude: Vec<String>,
    pub select: Option<Vec<String>>,
    pub extend_select: Vec<String>,
    pub ignore: Vec<String>,
    pub per_file_ignores: Vec<(String, Vec<String>)>,
    pub extra_decorators: Vec<ExtraDecorator>,
    /// The Numba asked for; `None` where the project's environment decides.
    pub numba: Option<Version>,
    environment: Environment,
    pub presets: Vec<String>,
    pub src: Vec<PathBuf>,
    pub respect_gitignore: bool,
    /// Excluded files stay out even where they are named.
    pub force_exclude: bool,
    pub unsafe_fixes: bool,
    /// The file of known findings.
    pub baseline: Option<PathBuf>,
    excluded: GlobSet,
    ignored_in: Vec<(GlobSet, Vec<String>)>,
}

impl Config {
    fn new(root: PathBuf) -> Config {
        Config {
            file: None,
            root,
            exclude: EXCLUDED.map(str::to_owned).to_vec(),
            extend_exclude: Vec::new(),
            select: None,
            extend_select: Vec::new(),
            ignore: Vec::new(),
            per_file_ignores: Vec::new(),
            extra_decorators: Vec::new(),
            numba: None,
            environment: Environment::default(),
            presets: Vec::new(),
            src: vec![PathBuf::from("."), PathBuf::from("src")],
            respect_gitignore: true,
            force_exclude: false,
            unsafe_fixes: false,
            baseline: None,
            excluded: GlobSet::empty(),
            ignored_in: Vec::new(),
        }
    }

    /// What the analyzer needs to know of it.
    pub(crate) fn settings(&self) -> Settings {
        let root = |path: &PathBuf| files::absolute(&self.root.join(path));
        let presets = self.presets.iter().filter_map(|name| presets::find(name)).flatten();
        let presets = presets.map(|known| decorator(known.path, known.like, known.parallel, false));
        Settings {
            roots: self.src.iter().map(root).collect(),
            numba: self.numba(),
            numpy: self.environment.numpy.unwrap_or(Settings::default().numpy),
            python: self.environment.python.unwrap_or(Settings::default().python),
            extended: self.environment.extended,
            extra_decorators: self.extra_decorators.iter().cloned().chain(presets).collect(),
        }
    }

    /// The Numba whose answers are given: the one asked for, else the project's own as far as the table reaches.
    pub(crate) fn numba(&self) -> Version {
        let newest = Settings::default().numba;
        self.numba.or(self.environment.numba).unwrap_or(newest).clamp(OLDEST, newest)
    }

    /// The rules that hold for a file.
    pub(crate) fn rules(&self, path: &Path, selection: &Selection) -> BTreeSet<&'static str> {
        let mut codes = match (&selection.select, &self.select) {
            (Some(select), _) => expand(select),
            (None, select) => {
                let mut codes = select.as_ref().map_or_else(defaults, |select| expand(select));
                codes.extend(expand(&self.extend_select));
                codes.retain(|code| !names(&self.ignore, code));
                codes
            }
        };
        codes.extend(expand(&selection.extend_select));
        codes.retain(|code| !names(&selection.ignore, code));
        for (patterns, ignored) in self.ignored_in.iter().chain(&selection.ignored_in) {
            if matches(patterns, path, &self.root) {
                codes.retain(|code| !names(ignored, code));
            }
        }
        // What does not parse cannot be checked, and silence would look like success.
        codes.insert(rules::SYNTAX_ERROR.code);
        codes
    }

    /// Takes over what is written.
    fn read(&mut self, options: Options) -> Result<(), String> {
        let codes = |codes: Vec<Code>| codes.into_iter().map(|code| code.0).collect::<Vec<_>>();
        replace(&mut self.exclude, options.exclude);
        replace(&mut self.extend_exclude, options.extend_exclude);
        replace(&mut self.extend_select, options.extend_select.map(codes));
        replace(&mut self.ignore, options.ignore.map(codes));
        replace(&mut self.respect_gitignore, options.respect_gitignore);
        replace(&mut self.force_exclude, options.force_exclude);
        replace(&mut self.unsafe_fixes, options.unsafe_fixes);
        replace(
            &mut self.presets,
            options.presets.map(|presets| presets.into_iter().map(|it| it.0).collect()),
        );
        replace(&mut self.src, options.src.map(|src| src.into_iter().map(PathBuf::from).collect()));
        self.select = options.select.map(codes).or(self.select.take());
        if let Some(ignores) = options.per_file_ignores {
            self.per_file_ignores =
                ignores.into_iter().map(|(pattern, ignored)| (pattern, codes(ignored))).collect();
        }
        if let Some(version) = options.numba_version {
            self.numba = Some(parse_version(&version).map_err(|error| format!("`numba-version`: {error}"))?);
        }
        if let Some(baseline) = options.baseline {
            self.baseline = Some(files::absolute(&self.root.join(baseline)));
        }
        if let Some(decorators) = options.extra_decorators {
            self.extra_decorators = decorators.into_iter().map(extra_decorator).collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    /// Compiles the patterns. Afterwards nothing about them can fail.
    fn finish(mut self) -> Result<Config, String> {
        self.excluded = globs(self.exclude.iter().chain(&self.extend_exclude))?;
        self.ignored_in = self
            .per_file_ignores
            .iter()
            .map(|(pattern, codes)| Ok((globs([pattern])?, codes.clone())))
            .collect::<Result<_, String>>()?;
        Ok(self)
    }
}

/// What the command line selects, over the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub select: Option<Vec<String>>,
    pub extend_select: Vec<String>,
    pub ignore: Vec<String>,
    pub ignored_in: Vec<(GlobSet, Vec<String>)>,
}

impl Selection {
    pub(crate) fn new(args: &crate::args::CheckArgs) -> Result<Selection, String> {
        for code in args.select.iter().chain(&args.extend_select).chain(&args.ignore) {
            known_code(code)?;
        }
        let mut ignored_in = Vec::new();
        for entry in &args.per_file_ignores {
            let (pattern, code) = entry.rsplit_once(':').ok_or("`--per-file-ignores` takes PATTERN:CODE")?;
            known_code(code)?;
            ignored_in.push((globs([pattern])?, vec![code.to_owned()]));
        }
        Ok(Selection {
            select: (!args.select.is_empty()).then(|| args.select.clone()),
            extend_select: args.extend_select.clone(),
            ignore: args.ignore.clone(),
            ignored_in,
        })
    }
}

/// The configurations of a run, looked up by directory and read once each.
pub(crate) struct Configs {
    by_directory: Mutex<HashMap<PathBuf, Result<Arc<Config>, String>>>,
    fixed: Option<Arc<Config>>,
    overrides: Vec<Options>,
    exclude: GlobSet,
    no_gitignore: bool,
    force_exclude: bool,
    isolated: bool,
}

impl Configs {
    /// `exclude` and `no_gitignore` are those of `check`.
    pub(crate) fn new(
        args: &ConfigArgs,
        exclude: &[String],
        no_gitignore: bool,
    ) -> Result<Arc<Configs>, String> {
        let mut overrides = Vec::new();
        let mut file = None;
        for entry in &args.config {
            if Path::new(entry).is_file() {
                file = Some(PathBuf::from(entry));
            } else if entry.contains('=') {
                let options =
                    toml::from_str(entry).map_err(|error| format!("--config: {}", explained(&error)))?;
                overrides.push(options);
            } else {
                return Err(format!("{entry}: no such file"));
            }
        }
        if let Some(version) = &args.numba_version {
            parse_version(version)?;
            overrides.push(Options { numba_version: Some(version.clone()), ..Options::default() });
        }
        let mut configs = Configs {
            by_directory: Mutex::default(),
            fixed: None,
            overrides,
            exclude: globs(exclude)?,
            no_gitignore,
            force_exclude: false,
            isolated: args.isolated,
        };
        if let Some(file) = file {
            let config = configs
                .load(&files::absolute(&file))?
                .ok_or_else(|| format!("{}: has no [tool.jitcheck] table", file.display()))?;
            configs.fixed = Some(Arc::new(config));
        }
        Ok(Arc::new(configs))
    }

    /// Those of `check`.
    pub(crate) fn of_check(args: &crate::args::CheckArgs) -> Result<Arc<Configs>, String> {
        let mut configs = Configs::new(&args.config, &args.exclude, args.no_respect_gitignore)?;
        if let Some(configs) = Arc::get_mut(&mut configs) {
            configs.force_exclude = args.force_exclude;
        }
        Ok(configs)
    }

    /// The configuration that holds in a directory.
    pub(crate) fn get(&self, directory: &Path) -> Result<Arc<Config>, String> {
        if let Some(config) = &self.fixed {
            return Ok(Arc::clone(config));
        }
        if let Some(known) = self.known(directory) {
            return known;
        }
        let config = self.nearest(directory);
        let mut known = self.by_directory.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(directory.to_path_buf(), config.clone());
        config
    }

    /// The configuration that holds for a file.
    pub(crate) fn of_file(&self, path: &Path) -> Result<Arc<Config>, String> {
        self.get(path.parent().unwrap_or(path))
    }

    /// Whether a file or directory that was found, not named, is to be left out.
    pub(crate) fn excludes(&self, path: &Path) -> bool {
        let Ok(config) = self.of_file(path) else { return false };
        matches(&config.excluded, path, &config.root) || matches(&self.exclude, path, &config.root)
    }

    /// Whether a file that was named is to be left out: where that is forced, if it or a directory above it is excluded.
    pub(crate) fn leaves_out(&self, path: &Path) -> bool {
        let Ok(config) = self.of_file(path) else { return false };
        let forced = self.force_exclude || config.force_exclude;
        forced
            && path
                .ancestors()
                .take_while(|above| above.starts_with(&config.root) && *above != config.root)
                .any(|above| self.excludes(above))
    }

    fn known(&self, directory: &Path) -> Option<Result<Arc<Config>, String>> {
        self.by_directory.lock().unwrap_or_else(PoisonError::into_inner).get(directory).cloned()
    }

    fn nearest(&self, directory: &Path) -> Result<Arc<Config>, String> {
        if !self.isolated {
            for name in ["jitcheck.toml", ".jitcheck.toml", "pyproject.toml"] {
                let file = directory.join(name);
                if file.is_file()
                    && let Some(config) = self.load(&file)?
                {
                    return Ok(Arc::new(config));
                }
            }
            if let Some(parent) = directory.parent() {
                return self.get(parent);
            }
        }
        let here = std::env::current_dir().unwrap_or_else(|_| directory.to_path_buf());
        self.complete(Config::new(here)).map(Arc::new)
    }

    /// Reads a configuration file; `None` for a `pyproject.toml` that says nothing about us.
    fn load(&self, file: &Path) -> Result<Option<Config>, String> {
        let name = files::shown(file);
        let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
        let explain = |error: toml::de::Error| {
            let line =
                error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            format!("{name}:{line}: {}", explained(&error))
        };
        let options = if file.file_name().is_some_and(|name| name == "pyproject.toml") {
            let project: PyProject = toml::from_str(&text).map_err(explain)?;
            match project.tool.and_then(|tool| tool.jitcheck) {
                Some(options) => options,
                None => return Ok(None),
            }
        } else {
            toml::from_str(&text).map_err(explain)?
        };
        let mut config = Config::new(file.parent().unwrap_or(Path::new("/")).to_path_buf());
        config.file = Some(file.to_path_buf());
        config.read(options).map_err(|error| format!("{name}: {error}"))?;
        self.complete(config).map(Some)
    }

    /// Puts the command line's settings over a configuration.
    fn complete(&self, mut config: Config) -> Result<Config, String> {
        for options in &self.overrides {
            config.read(options.clone()).map_err(|error| format!("--config: {error}"))?;
        }
        config.respect_gitignore &= !self.no_gitignore;
        if !self.isolated {
            let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
            config.environment = Environment::of(&config.root, active);
        }
        let place =
            config.file.as_deref().map_or_else(String::new, |file| format!("{}: ", files::shown(file)));
        config.finish().map_err(|error| format!("{place}{error}"))
    }
}

/// What a batch is judged with: the same wherever its files lie, so that only the command line counts.
pub(crate) fn batch_settings(args: &ConfigArgs, root: &Path) -> Result<Settings, String> {
    let args = ConfigArgs { isolated: true, ..args.clone() };
    let config = Configs::new(&args, &[], false)?.get(root)?;
    Ok(Settings { roots: vec![root.to_path_buf()], ..config.settings() })
}

fn defaults() -> BTreeSet<&'static str> {
    rules::ALL.iter().filter(|rule| rule.default).map(|rule| rule.code).collect()
}

/// The rules that a list of codes names.
fn expand(codes: &[String]) -> BTreeSet<&'static str> {
    rules::ALL.iter().map(|rule| rule.code).filter(|code| names(codes, code)).collect()
}

fn names(codes: &[String], code: &str) -> bool {
    codes.iter().any(|name| name == code || name.eq_ignore_ascii_case("all"))
}

/// The rule of this code, or a message that suggests one.
pub(crate) fn known_rule(code: &str) -> Result<&'static RuleDecl, String> {
    rules::find(code).ok_or_else(|| {
        format!("no rule is called `{code}`{}", suggest(code, rules::ALL.iter().map(|rule| rule.code)))
    })
}

fn known_code(code: &str) -> Result<(), String> {
    if code.eq_ignore_ascii_case("all") { Ok(()) } else { known_rule(code).map(|_| ()) }
}

/// `; did you mean ..?` for the nearest of the candidates, if one is near.
pub(crate) fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest_name(name, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

pub(crate) fn nearest_name<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |candidate| strsim::normalized_damerau_levenshtein(name, candidate);
    let scored = candidates.into_iter().map(|candidate| (likeness(candidate), candidate));
    scored
        .filter(|(score, _)| *score > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `0.68` or `0.68.1`.
pub(crate) fn parse_version(text: &str) -> Result<(u16, u16), String> {
    let mut parts = text.trim().split('.').map(str::parse::<u16>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(format!("`{text}` is no version of Numba; expected one like `0.68`")),
    }
}

/// The part of a `pyproject.toml` that is ours.
#[derive(Deserialize)]
struct PyProject {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    jitcheck: Option<Options>,
}

/// What is wrong with a configuration, in one line and with the key that may have been meant.
fn explained(error: &toml::de::Error) -> String {
    let message = error.message();
    let Some((key, known)) =
        message.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, expected one of "))
    else {
        return message.to_owned();
    };
    format!("unknown key `{key}`{}", suggest(key, known.split(", ").map(|key| key.trim_matches('`'))))
}

fn extra_decorator(written: options::ExtraDecorator) -> Result<ExtraDecorator, String> {
    let table = match written {
        options::ExtraDecorator::Path(path) => {
            DecoratorTable { path, like: Like::default(), parallel: false, fastmath: false }
        }
        options::ExtraDecorator::Table(table) => table,
    };
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|char| char.is_alphanumeric() || char == '_');
    if !table.path.contains('.') || !table.path.split('.').all(is_word) {
        let path = &table.path;
        return Err(format!("`extra-decorators`: `{path}` is no dotted path, as in `package.module.name`"));
    }
    Ok(decorator(&table.path, table.like, table.parallel, table.fastmath))
}

fn decorator(path: &str, like: Like, parallel: bool, fastmath: bool) -> ExtraDecorator {
    ExtraDecorator { path: path.to_owned(), like: like.path().to_owned(), parallel, fastmath }
}

fn replace<T>(place: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *place = given;
    }
}

fn globs<S: AsRef<str>>(patterns: impl IntoIterator<Item = S>) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let pattern = pattern.as_ref().trim_end_matches('/').trim_start_matches("./");
        set.add(glob(pattern)?);
        // A directory's name leaves out what is in it, also where its files are named by another pattern.
        set.add(glob(&format!("{pattern}/**"))?);
    }
    set.build().map_err(|error| error.to_string())
}

fn glob(pattern: &str) -> Result<Glob, String> {
    let glob = GlobBuilder::new(pattern).literal_separator(pattern.contains('/')).build();
    glob.map_err(|error| format!("`{pattern}` is no pattern: {}", error.kind()))
}

/// As in ruff: a pattern is compared with the file's name, with its path from the configuration's directory, and with
/// the whole path.
fn matches(patterns: &GlobSet, path: &Path, root: &Path) -> bool {
    if patterns.is_empty() {
        return false;
    }
    patterns.is_match(path)
        || path.file_name().is_some_and(|name| patterns.is_match(name))
        || path.strip_prefix(root).is_ok_and(|path| patterns.is_match(path))
}
