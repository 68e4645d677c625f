// The panel of results: a table of what came out, plots of its arrays, and the machine code.
import * as crypto from "node:crypto";
import * as vscode from "vscode";
import type { Answer } from "./commands";

const KEPT = 30;
const TITLES: Record<string, string> = { "jitcheck.run": "Run", "jitcheck.bench": "Benchmark", "jitcheck.verify": "Verify", "jitcheck.showAssembly": "Machine code", "jitcheck.showTypes": "Types" };

interface Entry {
  command: string;
  answer: Answer;
  time: string;
}

export class ResultsPanel {
  private readonly entries: Entry[] = [];
  private panel: vscode.WebviewPanel | undefined;

  add(command: string, answer: Answer): void {
    this.entries.unshift({ command, answer, time: new Date().toLocaleTimeString() });
    this.entries.length = Math.min(this.entries.length, KEPT);
    this.refresh();
  }

  show(preserveFocus: boolean): void {
    if (!this.panel) {
      this.panel = vscode.window.createWebviewPanel("jitcheck.results", "jitcheck: Results", { viewColumn: vscode.ViewColumn.Beside, preserveFocus }, { enableScripts: false, enableFindWidget: true });
      this.panel.onDidDispose(() => (this.panel = undefined));
    } else {
      this.panel.reveal(undefined, preserveFocus);
    }
    this.refresh();
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private refresh(): void {
    if (this.panel) {
      this.panel.webview.html = page(this.entries);
    }
  }
}

/** The panel's HTML. It has no scripts and loads nothing. */
export function page(entries: readonly Entry[]): string {
  const nonce = crypto.randomBytes(16).toString("base64");
  const body = entries.length ? entries.map(section).join("\n") : "<p>Nothing has been run yet. Click <b>▶ Run</b> above a kernel.</p>";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}';">
<style nonce="${nonce}">
  body { font-family: var(--vscode-font-family); color: var(--vscode-foreground); padding: 0 1rem 2rem; }
  section { border-top: 1px solid var(--vscode-panel-border); padding: 0.6rem 0 1rem; }
  h2 { font-size: 1.15em; margin: 0.3rem 0 0.6rem; font-weight: 600; }
  h2 small { font-weight: normal; opacity: 0.7; margin-left: 0.6em; }
  table { border-collapse: collapse; margin: 0.3rem 0; }
  th { text-align: left; font-weight: normal; opacity: 0.75; padding: 0.15rem 1.2rem 0.15rem 0; vertical-align: top; white-space: nowrap; }
  td { padding: 0.15rem 1.2rem 0.15rem 0; font-family: var(--vscode-editor-font-family); white-space: pre-wrap; }
  td details pre { margin: 0; white-space: pre; max-height: 14em; overflow: auto; }
  .cells td { border: 1px solid var(--vscode-panel-border); padding: 0.1rem 0.5rem; text-align: right; white-space: nowrap; }
  .bad { color: var(--vscode-errorForeground); }
  .good { color: var(--vscode-testing-iconPassed, var(--vscode-charts-green)); }
  figure { margin: 0.6rem 0; }
  figcaption { opacity: 0.75; margin-bottom: 0.2rem; }
  svg { background: var(--vscode-editor-background); border: 1px solid var(--vscode-panel-border); max-width: 100%; height: auto; }
  svg .line { fill: none; stroke: var(--vscode-charts-blue); stroke-width: 1.5; }
  svg .dot, svg .bar { fill: var(--vscode-charts-blue); }
  svg .other { fill: var(--vscode-charts-orange); }
  svg text { fill: var(--vscode-descriptionForeground); font-size: 11px; font-family: var(--vscode-font-family); }
  pre { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); background: var(--vscode-textCodeBlock-background); padding: 0.6rem; overflow-x: auto; }
  details > summary { cursor: pointer; margin: 0.4rem 0; }
</style>
</head>
<body>
${body}
</body>
</html>`;
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (text: unknown) => String(text).replace(/[&<>"]/g, (char) => ESCAPES[char]);

function section({ command, answer, time }: Entry): string {
  const title = `${escape(answer.function ?? "kernel")} <small>${TITLES[command] ?? escape(command)} · ${escape(time)}</small>`;
  const parts = [rows(answer), times(answer), ...arrays(answer)];
  if (typeof answer.text === "string") {
    parts.push(`<details${command === "jitcheck.showAssembly" ? " open" : ""}><summary>${TITLES[command] ?? "Text"}</summary><pre>${escape(answer.text)}</pre></details>`);
  }
  return `<section><h2>${title}</h2>${parts.join("")}</section>`;
}

/** Long texts start folded to their first line. */
function folded(text: string): string {
  const lines = text.split("\n");
  return lines.length > 3 ? `<details><summary>${escape(lines[0])} …</summary><pre>${escape(text)}</pre></details>` : escape(text);
}

function rows(answer: Answer): string {
  const out: [string, string][] = [];
  const add = (label: string, value: unknown, kind = "") => {
    if (value !== undefined && value !== null && value !== "") {
      out.push([label, `<span class="${kind}">${folded(String(value))}</span>`]);
    }
  };
  const exception = answer.exception as { class?: string; message?: string; line?: number } | null | undefined;
  if (answer.why) {
    add(answer.status ?? "failed", answer.why, "bad");
  }
  add("types", Array.isArray(answer.specialization) ? `(${answer.specialization.join(", ")})` : answer.specialization);
  if (exception?.class) {
    add("raised", `${exception.class}: ${exception.message ?? ""}${exception.line ? ` (line ${exception.line})` : ""}`, "bad");
  } else if (answer.result_type !== undefined && answer.result_type !== null) {
    add("result", answer.result_text ?? JSON.stringify(answer.result));
    add("type", answer.result_type);
  }
  add("arguments", answer.arguments_from);
  if (answer.verified === true) {
    add("verified", "same as Python", "good");
  } else if (answer.verified === false) {
    add("verified", `differs from Python: ${String(answer.difference ?? "")}`, "bad");
  }
  for (const [field, label] of [["compile_ms", "compiled in"], ["first_result_ms", "first result after"], ["run_ms", "ran in"], ["steady_ms", "steady state"]]) {
    const value = answer[field];
    if (typeof value === "number") {
      add(label, duration(value));
    }
  }
  add("printed", answer.stdout);
  return out.length ? `<table>${out.map(([label, value]) => `<tr><th>${escape(label)}</th><td>${value}</td></tr>`).join("")}</table>` : "";
}

function duration(ms: number): string {
  if (ms < 1e-3) return `${(ms * 1e6).toFixed(0)} ns`;
  if (ms < 1) return `${(ms * 1e3).toFixed(1)} µs`;
  return ms < 1e3 ? `${ms.toFixed(2)} ms` : `${(ms / 1e3).toFixed(2)} s`;
}

/** A benchmark: bars for who took how long, and its samples. */
function times(answer: Answer): string {
  const own = answer.steady_ms;
  if (typeof own !== "number") {
    return "";
  }
  const bars: [string, number][] = [["jitcheck", own]];
  const against = (answer.against ?? {}) as Record<string, { steady_ms?: number } | null>;
  for (const [name, other] of Object.entries(against)) {
    if (typeof other?.steady_ms === "number") {
      bars.push([name, other.steady_ms]);
    }
  }
  let out = "";
  if (bars.length > 1) {
    // Factors of a thousand are usual, so the bars are logarithmic.
    const shortest = Math.min(...bars.map(([, ms]) => ms)) / 2;
    const longest = Math.log(Math.max(...bars.map(([, ms]) => ms)) / shortest);
    const lines = bars.map(([name, ms], at) => {
      const width = Math.max(2, (320 * Math.log(ms / shortest)) / longest);
      return `<text x="0" y="${at * 24 + 16}">${escape(name)}</text><rect class="${at ? "bar other" : "bar"}" x="80" y="${at * 24 + 4}" width="${width.toFixed(1)}" height="16"/><text x="${(86 + width).toFixed(1)}" y="${at * 24 + 16}">${duration(ms)}</text>`;
    });
    out += figure("Time of one call (logarithmic)", 520, bars.length * 24 + 6, lines.join(""));
  }
  const samples = answer.samples_ms;
  if (Array.isArray(samples) && samples.length > 2 && samples.every((it) => typeof it === "number")) {
    out += plot("Samples, ms", samples as number[]);
  }
  return out;
}

type Numbers = number[];

function numbers(value: unknown): Numbers | undefined {
  return Array.isArray(value) && value.length > 0 && value.every((it) => typeof it === "number") ? (value as Numbers) : undefined;
}

/** The result and the arguments that the kernel changed, if they are arrays of numbers. */
function arrays(answer: Answer): string[] {
  const found: [string, unknown][] = [["result", answer.result]];
  for (const [name, value] of Object.entries((answer.mutated ?? {}) as Record<string, unknown>)) {
    found.push([`${name}, after the call`, value]);
  }
  return found.flatMap(([name, value]) => {
    const row = numbers(value);
    if (row) {
      return [plot(name, row)];
    }
    const matrix = Array.isArray(value) ? value.map(numbers) : [];
    return matrix.length && matrix.every((it): it is Numbers => it !== undefined) ? [image(name, matrix), cells(name, matrix)] : [];
  });
}

function figure(caption: string, width: number, height: number, inside: string): string {
  return `<figure><figcaption>${escape(caption)}</figcaption><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(caption)}">${inside}</svg></figure>`;
}

const POINTS = 2000;

function plot(caption: string, values: Numbers): string {
  const width = 520, height = 180, left = 64, bottom = 22;
  const step = Math.max(1, Math.ceil(values.length / POINTS));
  const shown = values.map((value, at) => [at, value] as const).filter(([at, value]) => at % step === 0 && Number.isFinite(value));
  if (shown.length === 0) {
    return "";
  }
  const low = Math.min(...shown.map(([, value]) => value)), high = Math.max(...shown.map(([, value]) => value));
  const x = (at: number) => left + ((width - left - 10) * at) / Math.max(1, values.length - 1);
  const y = (value: number) => 10 + (height - bottom - 20) * (high === low ? 0.5 : (high - value) / (high - low));
  const points = shown.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  const dots = shown.length <= 40 ? shown.map(([at, value]) => `<circle class="dot" cx="${x(at).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2.5"/>`).join("") : "";
  const label = (value: number) => escape(Number(value.toPrecision(4)));
  const labels = `<text x="4" y="16">${label(high)}</text>${high === low ? "" : `<text x="4" y="${height - bottom - 6}">${label(low)}</text>`}<text x="${left}" y="${height - 6}">0</text><text x="${width - 8}" y="${height - 6}" text-anchor="end">${values.length - 1}</text>`;
  return figure(`${caption} (${values.length} values)`, width, height, `${labels}<polyline class="line" points="${points.join(" ")}"/>${dots}`);
}

/** A matrix as an image: dark is low, light is high. */
function image(caption: string, matrix: Numbers[]): string {
  const rows = matrix.length, columns = matrix[0].length;
  if (rows * columns > 10000 || rows * columns < 4) {
    return "";
  }
  const all = matrix.flat().filter(Number.isFinite);
  const low = Math.min(...all), high = Math.max(...all);
  const size = Math.max(2, Math.min(24, Math.floor(480 / Math.max(rows, columns))));
  const shade = (value: number) => `hsl(${(250 - (190 * (value - low)) / (high - low || 1)).toFixed(0)} 70% ${(25 + (45 * (value - low)) / (high - low || 1)).toFixed(0)}%)`;
  const squares = matrix.flatMap((row, at) => row.map((value, column) => `<rect x="${column * size}" y="${at * size}" width="${size}" height="${size}" fill="${Number.isFinite(value) ? shade(value) : "#888"}"/>`));
  return figure(`${caption} (${rows} × ${columns}), ${Number(low.toPrecision(4))} to ${Number(high.toPrecision(4))}`, columns * size, rows * size, squares.join(""));
}

function cells(caption: string, matrix: Numbers[]): string {
  const rows = matrix.slice(0, 20), columns = Math.min(matrix[0].length, 12);
  const body = rows.map((row) => `<tr>${row.slice(0, columns).map((value) => `<td>${escape(Number(value.toPrecision(6)))}</td>`).join("")}${row.length > columns ? "<td>…</td>" : ""}</tr>`);
  return `<details><summary>${escape(caption)}: values</summary><table class="cells">${body.join("")}</table>${matrix.length > rows.length ? "…" : ""}</details>`;
}
