//! The arguments of a call: where they come from, in the order of preference that the command line promises.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use analyzer::hir::example::{self, CallKind, Example, Expr, Parameter};
use codegen::Value;
use serde_json::json;

use crate::args::{CallArgs, ConfigArgs, Target};
use crate::config::Configs;
use crate::exit::warning;
use crate::files::{self, Source};
use crate::python;
use crate::report::types_from;
use crate::scratch;
use crate::values::npz::Npz;
use crate::values::{DataFile, Sent, Typed, literal, wire};

/// A function of a file, read and looked at.
pub(crate) struct Function {
    pub source: Source,
    pub name: String,
    pub example: Example,
    /// What the analyzer is told. Its roots begin with those of `--root` and the file's directory.
    pub settings: analyzer::Settings,
}

/// A call that can be made.
pub(crate) struct Call {
    /// One per parameter, defaults that are left out included.
    pub args: Vec<Typed>,
    pub names: Vec<String>,
    /// Where they come from, for people.
    pub origin: String,
    /// They are nobody's: a result means little.
    pub made_up: bool,
    /// How long Python took to make them.
    pub python_time: Duration,
}

impl Function {
    pub(crate) fn read(target: &Target, args: &CallArgs, config: &ConfigArgs) -> Result<Function, String> {
        let path = files::absolute(&target.file);
        let source = if args.stdin {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)
                .map_err(|error| format!("stdin: {error}"))?;
            Source::from_bytes(&path, bytes).map_err(|message| format!("stdin: {message}"))?
        } else {
            Source::read(&path).map_err(|message| format!("{}: {message}", target.file.display()))?
        };
        let example = example::example(&source.text, source.notebook.is_some(), &target.function)
            .ok_or_else(|| format!("{}: no function is called `{}`", source.shown, target.function))?;
        let mut settings = Configs::new(config, &[], false)?.of_file(&path)?.settings();
        let own =
            args.root.iter().map(|root| files::absolute(root)).chain(path.parent().map(Path::to_path_buf));
        settings.roots.splice(0..0, own);
        Ok(Function { source, name: target.function.clone(), example, settings })
    }

    fn is_notebook(&self) -> bool {
        self.source.notebook.is_some()
    }

    /// What a line of the file, from 1, is called.
    fn line_name(&self, line: u32) -> String {
        self.source.line_name((line as usize).saturating_sub(1))
    }

    /// What the helper needs to import the module.
    pub(crate) fn module_request(&self) -> serde_json::Value {
        json!({
            "file": self.source.path,
            "text": self.source.code.as_ref(),
            "roots": self.settings.roots,
            "function": self.name,
            "params": self.example.params.iter().map(|param| &param.name).collect::<Vec<_>>(),
        })
    }

    /// The arguments to call the function with. `bench` prefers `make_args()`, which makes work worth timing.
    pub(crate) fn call(&self, args: &CallArgs, bench: bool) -> Result<Call, String> {
        if !args.args.is_empty() || args.args_npz.is_some() {
            return self.given(args);
        }
        if self.example.params.is_empty() {
            return self.bound(Vec::new(), "no parameters".to_owned(), Duration::ZERO);
        }
        let has_maker = example::defines(&self.source.text, self.is_notebook(), "make_args");
        let mut refused = None;
        if has_maker && bench {
            match self.maker_call(args) {
                Ok(call) => return Ok(call),
                Err(why) => refused = Some(why),
            }
        }
        let written =
            |call: &&example::ExampleCall| matches!(call.kind, CallKind::Comment | CallKind::Doctest);
        if let Some(call) = self.example.calls.iter().find(written) {
            let kind = if call.kind == CallKind::Comment { "comment" } else { "doctest" };
            return self.text_call(&call.text, &format!("the {kind} on {}", self.line_name(call.line)), args);
        }
        if has_maker && !bench {
            match self.maker_call(args) {
                Ok(call) => return Ok(call),
                Err(why) => refused = Some(why),
            }
        }
        if let Some(call) = self.example.calls.first() {
            let origin = format!("the call on {}", self.line_name(call.line));
            if call.kind == CallKind::Module
                && let Some(values) = self.literal_call(&call.text)
            {
                return self.bound(values?, origin, Duration::ZERO);
            }
            let found = self.ask(args, json!({ "do": "arguments", "how": "capture" }));
            match found.and_then(|(values, time)| self.bound(values, origin, time)) {
                Ok(call) => return Ok(call),
                Err(why) => refused = Some(why),
            }
        }
        match (self.made_up(), refused) {
            (Ok(call), Some(refused)) => {
                warning(format_args!("the arguments are made up: {refused}"));
                Ok(call)
            }
            (Err(why), Some(refused)) => Err(format!("{refused}; {why}")),
            (result, None) => result,
        }
    }

    fn maker_call(&self, args: &CallArgs) -> Result<Call, String> {
        let (values, time) = self.ask(args, json!({ "do": "arguments", "how": "make_args" }))?;
        self.bound(values, "make_args()".to_owned(), time)
    }

    /// `--arg` and `--args-npz`.
    fn given(&self, args: &CallArgs) -> Result<Call, String> {
        let params = &self.example.params;
        let mut values: Vec<Option<Typed>> = vec![None; params.len()];
        let mut origin = Vec::new();
        let mut time = Duration::ZERO;
        if let Some(path) = &args.args_npz {
            origin.push("--args-npz");
            self.read_npz(path, &mut values)?;
        }
        if !args.args.is_empty() {
            origin.push("--arg");
            time = self.evaluate_given(args, &mut values)?;
        }
        let complete =
            params.iter().zip(values).map(|(param, value)| value.map_or_else(|| left_out(param), Ok));
        Ok(Call {
            args: complete.collect::<Result<_, _>>()?,
            names: params.iter().map(|param| param.name.clone()).collect(),
            origin: origin.join(" and "),
            made_up: false,
            python_time: time,
        })
    }

    /// The arrays of an .npz file go to the parameters by name, or by number.
    fn read_npz(&self, path: &Path, values: &mut [Option<Typed>]) -> Result<(), String> {
        let params = &self.example.params;
        let npz = Npz::read(path)?;
        for (index, (param, place)) in params.iter().zip(&mut *values).enumerate() {
            let by_place = format!("arr_{index}");
            if let Some(array) = npz.get(&param.name).or_else(|| npz.get(&by_place)) {
                let value =
                    array.value().map_err(|why| format!("{}: {}: {why}", path.display(), param.name))?;
                *place = Some(Typed::new(value)?);
            }
        }
        if values.iter().any(Option::is_some) {
            return Ok(());
        }
        let names = params.iter().map(|param| param.name.as_str()).collect::<Vec<_>>().join(", ");
        Err(format!("{} has {}, and the parameters are {names}", path.display(), npz.names.join(", ")))
    }

    /// The expressions of `--arg`, without Python if all are simple. Says how long Python took.
    fn evaluate_given(&self, args: &CallArgs, values: &mut [Option<Typed>]) -> Result<Duration, String> {
        let params = &self.example.params;
        let mut expressions = Vec::new();
        for entry in &args.args {
            let (name, text) =
                entry.split_once('=').ok_or_else(|| format!("--arg takes NAME=EXPR, not `{entry}`"))?;
            let names = params.iter().map(|param| param.name.as_str());
            let name = name.trim();
            let index = names.clone().position(|param| param == name).ok_or_else(|| {
                format!("`{}` has no parameter `{name}`{}", self.name, crate::config::suggest(name, names))
            })?;
            expressions.push((index, text.trim()));
        }
        let literals: Option<Vec<Value>> = expressions.iter().map(|(_, text)| self.literal(text)).collect();
        if let Some(literals) = literals {
            for ((index, _), value) in expressions.iter().zip(literals) {
                values[*index] = Some(self.typed(*index, value)?);
            }
            return Ok(Duration::ZERO);
        }
        let pairs: Vec<(&str, &str)> =
            expressions.iter().map(|(index, text)| (params[*index].name.as_str(), *text)).collect();
        let (found, time) =
            self.ask(args, json!({ "do": "arguments", "how": "expressions", "expressions": pairs }))?;
        for ((index, _), value) in expressions.iter().zip(found) {
            values[*index] = Some(value);
        }
        Ok(time)
    }

    fn typed(&self, index: usize, value: Value) -> Result<Typed, String> {
        Typed::new(value).map_err(|why| format!("argument `{}`: {why}", self.example.params[index].name))
    }

    fn literal(&self, text: &str) -> Option<Value> {
        self.evaluate(&example::expression(text)?)
    }

    fn evaluate(&self, expr: &Expr) -> Option<Value> {
        let names = |name: &str| example::assigned(&self.source.text, self.is_notebook(), name);
        literal::evaluate(expr, &names)
    }

    /// The arguments of a call written down somewhere, without Python if they are simple.
    fn text_call(&self, text: &str, origin: &str, args: &CallArgs) -> Result<Call, String> {
        if let Some(values) = self.literal_call(text) {
            return self.bound(values?, origin.to_owned(), Duration::ZERO);
        }
        let (values, time) = self.ask(args, json!({ "do": "arguments", "how": "call", "call": text }))?;
        self.bound(values, origin.to_owned(), time)
    }

    /// `None` if the arguments are not simple; an error if they do not fit.
    fn literal_call(&self, text: &str) -> Option<Result<Vec<Typed>, String>> {
        let Some(Expr::Call { args, keywords, .. }) = example::expression(text) else { return None };
        let mut values: Vec<Typed> = Vec::new();
        for expr in &args {
            values.push(Typed::new(self.evaluate(expr)?).ok()?);
        }
        let mut keywords: Vec<(String, Value)> = keywords
            .iter()
            .map(|(name, expr)| Some((name.clone(), self.evaluate(expr)?)))
            .collect::<Option<_>>()?;
        for param in self.example.params.iter().skip(values.len()) {
            if keywords.is_empty() {
                break;
            }
            match keywords.iter().position(|(name, _)| *name == param.name) {
                Some(at) => values.push(Typed::new(keywords.swap_remove(at).1).ok()?),
                None => match left_out(param) {
                    Ok(value) => values.push(value),
                    Err(why) => return Some(Err(why)),
                },
            }
        }
        Some(match keywords.first() {
            Some((name, _)) => Err(format!("`{}` has no parameter `{name}`", self.name)),
            None => Ok(values),
        })
    }

    /// Gives every parameter its value.
    fn bound(&self, mut values: Vec<Typed>, origin: String, python_time: Duration) -> Result<Call, String> {
        let params = &self.example.params;
        if let Some(rest) = params.iter().position(|param| param.variadic) {
            let tail = values.split_off(rest.min(values.len()));
            let types: Vec<String> = tail.iter().map(|value| value.ty.clone()).collect();
            let items = Value::Tuple(tail.into_iter().map(|value| value.value).collect());
            let ty = star_args(&types);
            values.push(Typed::of(items, ty));
        }
        if values.len() > params.len() {
            return Err(format!(
                "{origin} gives {} arguments, and `{}` takes {}",
                values.len(),
                self.name,
                params.len()
            ));
        }
        for param in &params[values.len()..] {
            values.push(left_out(param).map_err(|why| format!("{origin}: {why}"))?);
        }
        let names = params.iter().map(|param| param.name.clone()).collect();
        Ok(Call { args: values, names, origin, made_up: false, python_time })
    }

    /// Lets Python make the arguments.
    fn ask(&self, args: &CallArgs, what: serde_json::Value) -> Result<(Vec<Typed>, Duration), String> {
        let start = Instant::now();
        let directory = scratch::directory()?;
        let data = directory.path().join("data.bin");
        let mut request = self.module_request();
        merge(&mut request, what);
        request["out"] = json!(data);
        let timeout = Duration::from_secs_f64(args.timeout.clamp(0.1, 1e6));
        let answer = python::ask(&python::find(args.python.as_deref()), &request, timeout)?;
        let bytes = std::fs::read(&data).map_err(|error| error.to_string())?;
        let file = Arc::new(DataFile { path: data, directory });
        let values = answer["args"].as_array().ok_or("Python gave no arguments")?;
        let decoded = values.iter().enumerate().map(|(index, value)| {
            let name = self.example.params.get(index).map_or("?", |param| param.name.as_str());
            let mut typed = wire::decode(value, &wire::Data::Raw(&bytes))
                .map_err(|why| format!("argument `{name}`: {why}"))?;
            typed.sent = Some(Sent { json: value.clone(), file: Arc::clone(&file) });
            Ok::<Typed, String>(typed)
        });
        Ok((decoded.collect::<Result<_, _>>()?, start.elapsed()))
    }

    /// Made-up data of the types that are known.
    fn made_up(&self) -> Result<Call, String> {
        let names: Vec<String> = self.example.params.iter().map(|param| param.name.clone()).collect();
        let ask = format!(
            "give the arguments with {}, a `# jitcheck: run {}(..)` comment, or a call in the module",
            names.iter().map(|name| format!("--arg {name}=..")).collect::<Vec<_>>().join(" "),
            self.name,
        );
        let snapshot = self.snapshot();
        let kernels = snapshot.kernels(&self.source.path);
        let kernel = kernels.iter().find(|kernel| *kernel.name == *self.name);
        let known = kernel.and_then(|kernel| kernel.specializations.first());
        let types = known.map(|known| known.args.clone()).filter(|types| types.len() == names.len());
        let types = types.ok_or_else(|| format!("nothing says what to call `{}` with: {ask}", self.name))?;
        let values = types
            .iter()
            .map(|ty| crate::values::invent::invent(ty).map(|value| Typed::of(value, ty.clone())));
        let args = values
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| format!("no data can be made up for ({}): {ask}", types.join(", ")))?;
        let origin = known.map_or_else(
            || "the types".to_owned(),
            |known| format!("types of {}", types_from(&self.source, &known.types_from)),
        );
        Ok(Call { args, names, origin, made_up: true, python_time: Duration::ZERO })
    }

    pub(crate) fn snapshot(&self) -> analyzer::Snapshot {
        let mut host = analyzer::Host::new(Arc::new(files::Disk), self.settings.clone());
        host.set_text(&self.source.path, Some(&self.source.code));
        host.snapshot()
    }
}

/// A parameter that keeps its default; Numba compiles for that.
pub(crate) fn left_out(param: &Parameter) -> Result<Typed, String> {
    if param.variadic {
        return Ok(Typed::of(Value::Tuple(Vec::new()), star_args(&[])));
    }
    let default = param.default.as_ref().ok_or_else(|| format!("no value for parameter `{}`", param.name))?;
    Ok(Typed::of(Value::None, format!("omitted(default={default})")))
}

/// The type of what `*args` takes.
fn star_args(types: &[String]) -> String {
    match types {
        [first, rest @ ..] if rest.iter().all(|ty| ty == first) => {
            format!("StarArgUniTuple({first} x {})", types.len())
        }
        types => format!("StarArgTuple({})", types.join(", ")),
    }
}

fn merge(into: &mut serde_json::Value, from: serde_json::Value) {
    if let (Some(into), serde_json::Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}
