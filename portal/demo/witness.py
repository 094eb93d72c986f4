"""A witness for the demonstration (C2SP tlog-witness): a process of its own with a key of its own.

``python -m portal.demo.witness FOLDER VKEY``: it remembers in FOLDER the last tree head of the log whose key is VKEY,
cosigns each checkpoint that continues it, and refuses every other one. It prints its line of WITNESSES as JSON, serves
on a free port of this machine, and ends when its standard input is closed. It needs no database and no settings.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from portal.instance_keys import own_key
from portal.kernel.core import clock
from portal.kernel.ledger import notes, tree

NAME = "witness.onesetu.example/demonstration"
LONGEST_BODY = 64 * 1024
Answer = tuple[int, str, bytes]


class Witness:
    """What the witness remembers, and how it answers. Used by one thread at a time."""

    def __init__(self, folder: Path, log: notes.Verifier) -> None:
        self._seed = bytes.fromhex(own_key(folder / "key"))
        self._file = folder / "head.json"
        self._log = log

    @property
    def vkey(self) -> str:
        return self._cosigner().verifier.vkey

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer one ``add-checkpoint``: 200 with the cosignature, 400, 403, 404, 409 with the known size, or 422."""
        try:
            old, path, note = _parse(body)
            text, _signatures = notes.split_note(note)
            shown = notes.parse_tree_head(text)
        except ValueError:
            return _plain(400)
        if refused := self._refuse(shown, note, old):
            return refused
        known, root = self._read()
        if old != known:
            return (409, "text/x.tlog.size", f"{known}\n".encode())
        try:
            tree.check_consistency(old=old, old_root=root, new=shown.size, new_root=shown.root, path=path)
        except tree.ProofError:
            return _plain(422)
        self._write(shown.size, shown.root)
        cosigner = self._cosigner()
        line = notes.signature_line(cosigner.name, cosigner.verifier.key_id, cosigner.sign(text))
        return (200, "text/plain; charset=utf-8", line)

    def _refuse(self, shown: notes.TreeHead, note: bytes, old: int) -> Answer | None:
        """Another log, a head without its log's signature, or one that is smaller than what it is to continue."""
        if shown.origin != self._log.name:
            return _plain(404)
        if not notes.is_signed(note, self._log):
            return _plain(403)
        return _plain(400) if old > shown.size else None

    def _cosigner(self) -> notes.Cosigner:
        return notes.Cosigner(NAME, self._seed, clock.now())

    def _read(self) -> tuple[int, bytes]:
        if not self._file.exists():
            return 0, tree.EMPTY_ROOT
        kept = json.loads(self._file.read_text())
        return int(kept["size"]), bytes.fromhex(kept["root"])

    def _write(self, size: int, root: bytes) -> None:
        # Whole under another name first: a process that dies never leaves half a memory.
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({"size": size, "root": root.hex()}))
        new.replace(self._file)


def _parse(body: bytes) -> tuple[int, list[bytes], bytes]:
    """Old size, consistency proof and signed note. Raises ValueError for a body of another form."""
    head, _, note = body.partition(b"\n\n")
    first, *proof = head.decode("ascii").split("\n")
    return notes.parse_number(first.removeprefix("old ")), [notes.from_base64(line) for line in proof], note


def _plain(status: int) -> Answer:
    return (status, "text/plain; charset=utf-8", b"refused\n")


def serve(witness: Witness) -> ThreadingHTTPServer:
    """A server on a free port of this machine; the caller runs it."""
    alone = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(min(size, LONGEST_BODY))
            if self.path != "/add-checkpoint":
                status, kind, text = _plain(404)
            else:
                with alone:
                    status, kind, text = witness.add_checkpoint(body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


def main() -> None:
    folder, vkey = Path(sys.argv[1]), sys.argv[2]
    witness = Witness(folder, notes.parse_vkey(vkey))
    server = serve(witness)
    line = {"name": NAME, "vkey": witness.vkey, "url": f"http://127.0.0.1:{server.server_address[1]}", "own": True}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    sys.stdin.read()  # until whoever started this ends


if __name__ == "__main__":
    main()
