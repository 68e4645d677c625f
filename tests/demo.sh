#!/usr/bin/env sh
# Builds jitcheck and shows the main job on the example kernels: check one that fails, run its repaired version.
set -eu
cd "$(dirname "$0")/.."
cargo build --release --locked -p jitcheck
python=$(sh tests/python.sh)
set -- target/release/jitcheck
run() {
  printf '\n$ jitcheck %s\n' "$*"
  "$jitcheck" "$@" || true
}
jitcheck=$1
run check tests/kernels/decision_first.py
run run tests/kernels/decision.py::decide --python "$python" --verify
