"""Serves a folder, and says so."""

import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

folder = sys.argv[1]
port = int(os.environ.get("PORT", "8000"))
handler = partial(SimpleHTTPRequestHandler, directory=folder)
print(f"serving {folder} on port {port}", flush=True)
ThreadingHTTPServer(("", port), handler).serve_forever()
