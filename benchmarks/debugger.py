"""Runs a script under pydevd with its concurrency logger on; takes what the debugger sends and throws it away."""

import json
import os
import socket
import subprocess
import threading
from pathlib import Path

HELLO = b"501\t1\t0.1\tUNIX\n101\t3\t\n"  # version, run


def run_under_pydevd(python: str, script: Path) -> dict[str, float]:
    """The JSON that the script printed. RuntimeError when it failed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        reader = threading.Thread(target=be_the_ide, args=(server,))
        reader.start()
        debugger = ["-Xfrozen_modules=off", "-m", "pydevd", "--save-threading", "--client", "127.0.0.1"]
        port = server.getsockname()[1]
        done = subprocess.run(
            [python, *debugger, "--port", str(port), "--file", str(script), "pydevd"],
            env=os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        reader.join()
    if done.returncode:
        raise RuntimeError(f"pydevd: {done.stderr.strip()[-500:]}")
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))


def be_the_ide(server: socket.socket) -> None:
    """Lets the program run, and reads to the end."""
    connection, _ = server.accept()
    with connection:
        connection.sendall(HELLO)
        while connection.recv(65536):
            pass
