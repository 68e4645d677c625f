"""usage: record.py LOG PROGRAM [ARGUMENT..]    Runs a language server, and writes down every message that passes."""
import json
import subprocess
import sys
import threading


def pump(source, sink, log, lock, direction):
    while True:
        head, length = b"", 0
        while True:
            line = source.readline()
            if not line:
                sink.close()
                return
            head += line
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            if line == b"\r\n":
                break
        body = source.read(length)
        with lock:
            log.write(json.dumps({"direction": direction, "message": json.loads(body)}) + "\n")
            log.flush()
        try:
            sink.write(head + body)
            sink.flush()
        except (BrokenPipeError, ValueError):
            return


def main():
    log, lock = open(sys.argv[1], "w"), threading.Lock()
    server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    arguments = sys.stdin.buffer, server.stdin, log, lock, "to server"
    threading.Thread(target=pump, args=arguments, daemon=True).start()
    pump(server.stdout, sys.stdout.buffer, log, lock, "to client")
    sys.exit(server.wait())


main()
