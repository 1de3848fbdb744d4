"""Has the server of tests/support/warm_scripts.py run a script, and ends as it does."""

import json
import os
import socket
import sys

with socket.socket(socket.AF_UNIX) as server:
    server.connect(os.environ["DAYDREAM_TEST_SCRIPTS"])
    order = {"script": sys.argv[1], "cwd": os.getcwd(), "env": dict(os.environ)}
    socket.send_fds(server, [json.dumps(order).encode()], [1, 2])
    code = server.recv(8)
sys.exit(int(code) if code else 1)
