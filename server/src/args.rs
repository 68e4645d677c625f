//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  jitcheck check                          Check everything below this directory
  jitcheck check --fix kernels.py         ... and apply the safe fixes
  jitcheck infer kernels.py::norm         Show a kernel with its types
  jitcheck run kernels.py::norm --arg x='np.arange(4.0)'
  jitcheck bench kernels.py::norm --against python,numba
  jitcheck explain list-as-shape          Explain a rule";

/// Checks Python code meant for Numba's nopython mode, and runs it
#[derive(Debug, Parser)]
#[command(name = "jitcheck", version = env!("JITCHECK_VERSION"), about, after_help = EXAMPLES, max_term_width = 80, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// When to colour the output
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    pub color: ColorWhen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

impl ColorWhen {
    /// Makes the choice hold for all that is printed. `auto` honours `NO_COLOR` and `CLICOLOR_FORCE`.
    pub(crate) fn write_global(self) {
        match self {
            ColorWhen::Auto => anstream::ColorChoice::Auto,
            ColorWhen::Always => anstream::ColorChoice::Always,
            ColorWhen::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check kernels: what would Numba refuse, and what is slower than meant
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Box<CheckArgs>),
    /// Show a kernel with the types that Numba infers
    #[command(after_help = INFER_EXAMPLES)]
    Infer(InferArgs),
    /// Compile a kernel with Cranelift and call it
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Time a kernel in steady state
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(BenchArgs),
    /// Explain a rule
    #[command(alias = "rule", after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// List the rules, or the functions that compile
    #[command(after_help = RULES_EXAMPLES)]
    Rules(RulesArgs),
    /// List the keys of the configuration, or print their JSON schema
    #[command(after_help = CONFIG_EXAMPLES)]
    Config(ShowConfigArgs),
    /// Run the language server on stdin and stdout
    #[command(after_help = SERVER_EXAMPLES)]
    Server(ServerArgs),
    /// Say what was found on this machine: Python, Numba, NumPy, configuration
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// Print the completions of a shell
    #[command(alias = "generate-shell-completion", after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print a manual page
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArgs),
    /// Carry out one request to run compiled code; the other commands start it
    #[command(name = crate::child::COMMAND, hide = true)]
    Child(ChildArgs),
}

const CHECK_EXAMPLES: &str = "\
Examples:
  jitcheck check src tests --output-format concise
  jitcheck check --diff kernels.py        Show what the fixes would change
  jitcheck check --ignore list-argument   Leave a rule out
  jitcheck check --watch src              Check again at every save
  jitcheck check --update-baseline        Accept what is there; then report the new
  cat k.py | jitcheck check - --stdin-filename k.py

Exit codes: 0 nothing to report, 1 problems found, 2 misuse or unreadable input.";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files, notebooks and directories; `-` reads stdin
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// How to print what was found
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output_format: CheckFormat,

    /// Write the output to this file instead of stdout
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output_file: Option<PathBuf>,

    /// Apply the safe fixes
    #[arg(long)]
    pub fix: bool,

    /// Take fixes into account that may change what the code does
    #[arg(long)]
    pub unsafe_fixes: bool,

    /// Show what the fixes would change, as a diff, and change nothing
    #[arg(long)]
    pub diff: bool,

    /// Say which rules were fixed in which files
    #[arg(long)]
    pub show_fixes: bool,

    /// Exit with 1 when something was fixed, even if nothing is left
    #[arg(long)]
    pub exit_non_zero_on_fix: bool,

    /// Count the findings by rule instead of printing them
    #[arg(long)]
    pub statistics: bool,

    /// Check again whenever a file changes
    #[arg(long, short)]
    pub watch: bool,

    /// Exit with 0 even when there are findings
    #[arg(long)]
    pub exit_zero: bool,

    /// Print nothing but findings
    #[arg(long, short)]
    pub quiet: bool,

    /// Show no progress bar
    #[arg(long)]
    pub no_progress: bool,

    /// Rules to check, instead of the configured ones (`all` for every rule)
    #[arg(long, value_delimiter = ',', value_name = "CODE", help_heading = "Rules")]
    pub select: Vec<String>,

    /// Rules to leave out
    #[arg(long, value_delimiter = ',', value_name = "CODE", help_heading = "Rules")]
    pub ignore: Vec<String>,

    /// Rules to check besides the others
    #[arg(long, value_delimiter = ',', value_name = "CODE", help_heading = "Rules")]
    pub extend_select: Vec<String>,

    /// Rules to leave out in files that match a pattern
    #[arg(long, value_delimiter = ',', value_name = "PATTERN:CODE", help_heading = "Rules")]
    pub per_file_ignores: Vec<String>,

    /// Report findings even where a comment suppresses them
    #[arg(long, alias = "ignore-noqa", help_heading = "Rules")]
    pub ignore_suppressions: bool,

    /// Silence every finding where it is, with a comment
    #[arg(long, alias = "add-noqa", conflicts_with_all = ["fix", "diff", "watch", "statistics"], help_heading = "Old code")]
    pub add_ignore: bool,

    /// Findings that are known and not reported
    #[arg(long, value_name = "FILE", help_heading = "Old code")]
    pub baseline: Option<PathBuf>,

    /// Write the findings of this run to the baseline
    #[arg(long, conflicts_with_all = ["fix", "diff", "watch", "add_ignore"], help_heading = "Old code")]
    pub update_baseline: bool,

    /// The name of the text that stdin brings
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub stdin_filename: Option<PathBuf>,

    /// Leave files and directories out, as configured ones are
    #[arg(long, value_delimiter = ',', value_name = "PATTERN", help_heading = "Files")]
    pub exclude: Vec<String>,

    /// Check files that .gitignore leaves out, too
    #[arg(long, help_heading = "Files")]
    pub no_respect_gitignore: bool,

    /// Leave excluded files out even where they are named
    #[arg(long, help_heading = "Files")]
    pub force_exclude: bool,

    /// List the files that would be checked
    #[arg(long, help_heading = "Files")]
    pub show_files: bool,

    /// Print the settings in force
    #[arg(long, help_heading = "Configuration")]
    pub show_settings: bool,

    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ConfigArgs {
    /// A jitcheck.toml or pyproject.toml to use instead of the nearest, or `KEY = VALUE`
    #[arg(long, value_name = "FILE|KEY=VALUE", help_heading = "Configuration")]
    pub config: Vec<String>,

    /// Use no configuration file
    #[arg(long, help_heading = "Configuration")]
    pub isolated: bool,

    /// The Numba whose verdict is wanted
    #[arg(long, value_name = "X.Y", help_heading = "Configuration")]
    pub numba_version: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// Source excerpt, marker, reason, fix
    #[default]
    Full,
    /// One line per finding
    Concise,
    /// In ruff's shape
    Json,
    /// One JSON object per line
    JsonLines,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// For code scanning
    Sarif,
    /// For test reports
    Junit,
}

const INFER_EXAMPLES: &str = "\
Examples:
  jitcheck infer kernels.py::norm --args \"float64[:], int64\"
  jitcheck infer kernels.py::Model.step --output-format json
  jitcheck infer --batch cases.jsonl --root site-packages";

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct InferArgs {
    /// The file and the function's qualified name
    #[arg(value_name = "FILE::FUNCTION", required_unless_present = "batch")]
    pub target: Option<Target>,

    /// The argument types, as in a signature
    #[arg(long, value_name = "TYPES", allow_hyphen_values = true)]
    pub args: Option<String>,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output_format: TextFormat,

    /// Read cases, one JSON object a line, from this file or `-`, and answer each with a line
    #[arg(long, value_name = "CASES", conflicts_with_all = ["target", "args"])]
    pub batch: Option<PathBuf>,

    /// What the files of a batch are relative to, and where imports are looked up
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,

    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextFormat {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchFormat {
    #[default]
    Text,
    Json,
    Html,
}

/// `FILE::FUNCTION`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub file: PathBuf,
    pub function: String,
}

impl std::str::FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Target, String> {
        match text.split_once("::") {
            Some((file, function)) if !file.is_empty() && !function.is_empty() => {
                Ok(Target { file: PathBuf::from(file), function: function.replace("::", ".") })
            }
            _ => Err("expected FILE::FUNCTION, as in `kernels.py::norm`".to_owned()),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}::{}", self.file.display(), self.function)
    }
}

const RUN_EXAMPLES: &str = "\
Examples:
  jitcheck run kernels.py::norm --arg x='np.linspace(0, 1, 5)' --arg order=2
  jitcheck run kernels.py::norm --args-npz data.npz --verify
  jitcheck run kernels.py::norm --emit asm

Without --arg or --args-npz the arguments come from a `# jitcheck: run norm(..)`
comment, a doctest, a call in the module, or are made up from the types.";

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct RunArgs {
    /// The file and the function's qualified name
    #[arg(value_name = "FILE::FUNCTION", required_unless_present = "batch")]
    pub target: Option<Target>,

    #[command(flatten)]
    pub call: CallArgs,

    /// Do the same call under Python, and compare
    #[arg(long)]
    pub verify: bool,

    /// Print what the kernel is compiled to instead of calling it
    #[arg(long, value_enum, value_name = "WHAT")]
    pub emit: Option<Emit>,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output_format: TextFormat,

    /// Replay recorded calls, one JSON object a line, from this file or `-`
    #[arg(long, value_name = "CALLS", conflicts_with_all = ["target", "emit", "verify"], requires = "out")]
    pub batch: Option<PathBuf>,

    /// Where a batch puts the arrays it returns
    #[arg(long, value_name = "DIR", requires = "batch")]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Emit {
    Types,
    Clif,
    Asm,
}

/// What `run` and `bench` share.
#[derive(Clone, Debug, Args)]
pub(crate) struct CallArgs {
    /// An argument, as a Python expression
    #[arg(long = "arg", value_name = "NAME=EXPR", help_heading = "Arguments", allow_hyphen_values = true)]
    pub args: Vec<String>,

    /// Arguments by name (or `arr_0`, `arr_1` ..) from an .npz file
    #[arg(long, value_name = "FILE", help_heading = "Arguments")]
    pub args_npz: Option<PathBuf>,

    /// The Python that makes arguments and compares results
    #[arg(long, value_name = "PATH", help_heading = "Arguments")]
    pub python: Option<PathBuf>,

    /// Raise IndexError on an index out of range (the default of `run`)
    #[arg(long, overrides_with = "no_boundscheck", help_heading = "Limits")]
    pub boundscheck: bool,

    /// Trust every index, as Numba does (the default of `bench`)
    #[arg(long, overrides_with = "boundscheck", help_heading = "Limits")]
    pub no_boundscheck: bool,

    /// Seconds after which the kernel is stopped
    #[arg(long, value_name = "S", default_value_t = 30.0, value_parser = seconds, allow_negative_numbers = true, help_heading = "Limits")]
    pub timeout: f64,

    /// Memory that the kernel may use, at least 64
    #[arg(long, value_name = "MIB", default_value_t = 4096, value_parser = clap::value_parser!(u64).range(MIN_MEMORY..), help_heading = "Limits")]
    pub memory: u64,

    /// Where imports are looked up, besides the file's own directory
    #[arg(long, value_name = "DIR")]
    pub root: Vec<PathBuf>,

    /// Take the file's text from stdin, as an editor has it before it is saved
    #[arg(long)]
    pub stdin: bool,
}

impl CallArgs {
    /// Whether bounds are checked; the default holds where nothing is said, and `None` leaves it to the decorator.
    pub(crate) fn bounds_checked(&self, default: Option<bool>) -> Option<bool> {
        match (self.boundscheck, self.no_boundscheck) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => default,
        }
    }
}

/// A time that a kernel may take.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds.is_finite() => Ok(seconds),
        _ => Err("expected a number of seconds above 0".to_owned()),
    }
}

/// A child needs some memory before it calls anything, in MiB.
pub(crate) const MIN_MEMORY: u64 = 64;

const BENCH_EXAMPLES: &str = "\
Examples:
  jitcheck bench kernels.py::norm --arg x='np.arange(1e6)'
  jitcheck bench kernels.py::norm --against python,numba --output-format json

A function `make_args()` in the module gives the arguments where it exists.";

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// The file and the function's qualified name
    #[arg(value_name = "FILE::FUNCTION")]
    pub target: Target,

    #[command(flatten)]
    pub call: CallArgs,

    /// Time the same call there, too
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub against: Vec<Against>,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output_format: BenchFormat,

    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Against {
    Python,
    Numba,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  jitcheck explain list-as-shape
  jitcheck rules                          Which rules there are";

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule's code, as in `list-as-shape`
    pub code: String,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output_format: TextFormat,
}

const RULES_EXAMPLES: &str = "\
Examples:
  jitcheck rules                          Codes, severities, what has a fix
  jitcheck rules --functions              Every function that Numba compiles
  jitcheck rules --functions linalg       ... whose name contains `linalg`";

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// List the functions, methods and attributes that compile, with their parameters
    #[arg(long)]
    pub functions: bool,

    /// Only what contains this text
    #[arg(value_name = "TEXT")]
    pub filter: Option<String>,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output_format: PageFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageFormat {
    #[default]
    Text,
    Json,
    /// The page of the documentation
    Markdown,
}

const CONFIG_EXAMPLES: &str = "\
Examples:
  jitcheck config                         Every key with an example
  jitcheck config --schema > jitcheck.schema.json";

#[derive(Debug, Args)]
pub(crate) struct ShowConfigArgs {
    /// Print the JSON schema, for editors
    #[arg(long)]
    pub schema: bool,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", conflicts_with = "schema")]
    pub output_format: PageFormat,
}

const MAN_EXAMPLES: &str = "\
Examples:
  jitcheck man | man -l -
  jitcheck man check > jitcheck-check.1";

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command whose page is wanted, instead of that of jitcheck itself
    pub command: Option<String>,
}

const SERVER_EXAMPLES: &str = "\
Examples:
  vim.lsp.config('jitcheck', { cmd = { 'jitcheck', 'server' } })   In Neovim

An editor starts it. Its settings are those below `jitcheck.` of the editor.";

#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// Talk over stdin and stdout, which is the only way
    #[arg(long)]
    pub stdio: bool,
}

const DOCTOR_EXAMPLES: &str = "\
Examples:
  jitcheck doctor
  jitcheck doctor --python .venv/bin/python
  jitcheck doctor --output-format json    For a report of a problem";

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The Python to look at
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output_format: TextFormat,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  eval \"$(jitcheck completions bash)\"     In ~/.bashrc
  jitcheck completions zsh > \"${fpath[1]}/_jitcheck\"
  jitcheck completions fish > ~/.config/fish/completions/jitcheck.fish";

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ChildArgs {
    /// The file that holds the request
    pub request: PathBuf,
}
