#!/usr/bin/env python3
"""One server under load: many files, many kernels, many edits.

    load.py JITCHECK [--files 500] [--kernels 20] [--edits 100000]

Opens the files, then types into random kernels of random files, one character at a time, as an editor that pulls no
diagnostics does; every hundredth edit waits for its diagnostics. Prints one JSON object: the resident memory in MiB and
the median latency in milliseconds after opening, after a tenth of the edits and at the end. Standard library only.
"""

import argparse
import json
import pathlib
import queue
import random
import statistics
import subprocess
import tempfile
import threading
import time

KERNEL = '''

@njit("float64(float64[::1], int64)")
def kernel_{number}(values, n):
    total = 0.0
    for i in range(n):
        total += np.sqrt(values[i]) * {number}
    scale = np.zeros([n, 2])
    return total + len(scale)
'''


class Server:
    def __init__(self, program, root):
        self.process = subprocess.Popen([program, "server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
        self.published, self.changed = {}, threading.Condition()
        self.answers = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.send({"id": 1, "method": "initialize", "params": {
            "processId": None, "rootUri": root.as_uri(), "capabilities": {},
            "workspaceFolders": [{"uri": root.as_uri(), "name": "load"}]}})
        self.answers.get(timeout=60)
        self.notify("initialized", {})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def read(self):
        stream = self.process.stdout
        while line := stream.readline():
            length = 0
            while line.strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                line = stream.readline()
            message = json.loads(stream.read(length))
            if message.get("method") == "textDocument/publishDiagnostics":
                with self.changed:
                    self.published[message["params"]["uri"]] = message["params"].get("version"), time.perf_counter()
                    self.changed.notify_all()
            elif "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})
            elif "id" in message:
                self.answers.put(message)

    def diagnostics(self, uri, version):
        """When the diagnostics of this version came."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.published.get(uri, (0,))[0] == version, timeout=120):
                raise TimeoutError(f"no diagnostics of {uri}, version {version}")
            return self.published[uri][1]

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))


class File:
    def __init__(self, root, index, kernels):
        path = root / f"module_{index}.py"
        self.text = "import numpy as np\nfrom numba import njit\n" + "".join(
            KERNEL.format(number=number) for number in range(kernels))
        path.write_text(self.text)
        self.uri, self.version, self.typed = path.as_uri(), 1, {}
        self.lines = [number for number, line in enumerate(self.text.splitlines()) if "total +=" in line]

    def edit(self, rng):
        """Types a character at the end of a line, or takes back the one that was typed there."""
        self.version += 1
        line = rng.choice(self.lines)
        end = len(self.text.splitlines()[line]) if line not in self.typed else self.typed[line]
        if line in self.typed:
            del self.typed[line]
            span, text = (end, end + 1), ""
        else:
            self.typed[line] = end
            span, text = (end, end), rng.choice("0123456789")
        places = [{"line": line, "character": column} for column in span]
        return {"textDocument": {"uri": self.uri, "version": self.version},
                "contentChanges": [{"range": {"start": places[0], "end": places[1]}, "text": text}]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--kernels", type=int, default=20)
    parser.add_argument("--edits", type=int, default=100_000)
    options = parser.parse_args()
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory).resolve()
        files = [File(root, index, options.kernels) for index in range(options.files)]
        server = Server(str(pathlib.Path(options.program).resolve()), root)
        start = time.perf_counter()
        for file in files:
            server.notify("textDocument/didOpen", {"textDocument": {
                "uri": file.uri, "languageId": "python", "version": 1, "text": file.text}})
        for file in files:
            server.diagnostics(file.uri, 1)
        report = {"files": options.files, "kernels": options.files * options.kernels, "edits": options.edits,
                  "open_s": round(time.perf_counter() - start, 2), "opened": state(server, files, rng)}
        for step in range(1, options.edits + 1):
            file = rng.choice(files)
            server.notify("textDocument/didChange", file.edit(rng))
            if step % 100 == 0:
                server.diagnostics(file.uri, file.version)
            if step == options.edits // 10:
                report["after_a_tenth"] = state(server, files, rng)
        report["at_the_end"] = state(server, files, rng)
        server.process.kill()
        server.process.wait()
    print(json.dumps(report, indent=2))


def state(server, files, rng):
    latencies = []
    for _ in range(50):
        file = rng.choice(files)
        change = file.edit(rng)
        start = time.perf_counter()
        server.notify("textDocument/didChange", change)
        latencies.append((server.diagnostics(file.uri, file.version) - start) * 1000)
    return {"memory_mib": server.memory(), "latency_ms": round(statistics.median(latencies), 2)}


if __name__ == "__main__":
    main()
