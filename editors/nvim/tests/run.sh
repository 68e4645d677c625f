#!/usr/bin/env bash
# usage: run.sh NVIM [TEST]   Runs the plugin's tests headless, with the `jitcheck` that is first on PATH. TEST: e2e, minimal.
set -u
here=$(cd "$(dirname "$0")" && pwd) nvim=$1 test=${2:-e2e}
state=$(mktemp -d); trap 'rm -rf "$state"' EXIT
# A copy, so that help tags are not written into the source tree.
cp -r "$(dirname "$here")" "$state/plugin"
export JITCHECK_PLUGIN=$state/plugin JITCHECK_TAGS=$state/plugin/doc
export XDG_CONFIG_HOME=$state/config XDG_DATA_HOME=$state/data XDG_STATE_HOME=$state/state XDG_CACHE_HOME=$state/cache
unset VIM VIMRUNTIME VIRTUAL_ENV
cp "$here/../../sample/"*.py "$state/"; cd "$state" || exit 1
init=init; [ "$test" = minimal ] && init=minimal-init
timeout 180 "$nvim" --headless --clean -u "$here/$init.lua" kernels.py -c "luafile $here/$test.lua"; rc=$?
[ "$rc" = 0 ] || tail -20 "$state/state/nvim/lsp.log" 2>/dev/null
exit $rc
