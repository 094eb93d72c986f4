# ruff: noqa: INP001 - a program of its own, shipped inside evidence packs
"""Check a receipt or an evidence pack, offline, with nothing but Python 3.9 or newer.

    python3 -I verify.py FILE --vkey KEY [--witness KEY] [--receipt R]
                        a receipt (*.tlog-proof, or its JSON form, each word of which is compared) under one of the
                        keys, or a pack (*.zip) and its own receipt

Take the log's public keys (name+id+base64) from its operator by another way than the file itself, and use a copy of this
program that you trust. Exit codes: 0 holds, 1 refused, 2 usage, 3 consistent, not authenticated (no key was given).
Formats: C2SP tlog-proof, signed-note, tlog-checkpoint; trees as in RFC 6962; signatures as in RFC 8032 (Ed25519).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import sys
import zlib
from pathlib import Path
from typing import Any, NamedTuple

HOLDS, REFUSED, USAGE, NOT_AUTHENTICATED = 0, 1, 2, 3
HEADER, PACK_FORMAT, FILE_FORMAT = "c2sp.org/tlog-proof@v1", "onesetu-evidence-pack/1", "onesetu-person-file/1"
DOCUMENT_FORMAT = "onesetu-receipt/1"
DOCUMENT, DOCUMENT_LEDGER = "format ledger proof receipt record status", "index leaf origin size vkey witnesses"
GIVE_PROOF = "Give the .tlog-proof file."
NOTHING = f"There is nothing in this file that can be proved as a whole. {GIVE_PROOF}"
TAG = b"consent-ledger/commitment/v1\n"
MANIFEST, MANIFEST_RECEIPT, CHECKPOINT = "manifest.json", "manifest.tlog-proof", "ledger/checkpoint.txt"
LEAVES, PROOF, SAMPLES = "ledger/leaves.jsonl", "ledger/proof.json", "samples/"
EVENTS, PROOFS = "events.jsonl", "proofs/"
DRAW, POPULATION = "samples/sample.json", "samples/population.txt"


class Bad(Exception):
    """What is wrong, in words."""


def need(holds: object, message: str) -> None:
    if not holds:
        raise Bad(message)


# Ed25519, RFC 8032 section 5.1 ------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def add(one: Point, two: Point) -> Point:
    """The sum of two points in extended coordinates."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar: int, point: Point) -> Point:
    """A point added to itself, by doubling."""
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decode_point(data: bytes) -> Point:
    """The point that 32 bytes stand for (section 5.1.3)."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    need(y < P, "The key or signature is not a point.")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    need((x * x - square) % P == 0 and not (x == 0 and sign), "The key or signature is not a point.")
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def encode_point(point: Point) -> bytes:
    """The 32 bytes of a point (section 5.1.2)."""
    x, y = (part * pow(point[2], P - 2, P) % P for part in point[:2])
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode_point(bytes([0x58]) + bytes([0x66]) * 31)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key signed the message (section 5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    x, y, z, t = decode_point(public)
    digest = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    expected = add(multiply(scalar, BASE), multiply(digest, (P - x, y, z, P - t)))
    return encode_point(expected) == signature[:32]


# Notes and receipts -----------------------------------------------------------------------------------------------


class Key(NamedTuple):
    """A public key: name, the four bytes that signature lines carry, the key itself, and whether it is a witness's."""

    name: str
    key_id: bytes
    public: bytes
    cosigns: bool = False


class Trust(NamedTuple):
    """Keys of the log, one of which must have signed, and of witnesses, each of which must have cosigned."""

    logs: tuple[Key, ...] = ()
    witnesses: tuple[Key, ...] = ()


class Checked(NamedTuple):
    """What a receipt that holds says."""

    place: int
    size: int
    root: bytes
    origin: str
    payload: dict[str, Any]
    note: bytes
    leaf: bytes


def plain_base64(text: str) -> bytes:
    """The bytes of base64 that is written the one canonical way."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Bad("Base64 is damaged.") from None
    need(base64.b64encode(data).decode() == text, "Base64 is not in its canonical form.")
    return data


def plain_number(text: str) -> int:
    """A number that is written the one canonical way."""
    need(re.fullmatch(r"0|[1-9][0-9]{0,18}", text, re.ASCII) is not None, "A number is not written plainly.")
    return int(text)


def read_key(vkey: str, kind: int = 1) -> Key:
    """The key that a vkey names: of a log (1) or of a witness (4)."""
    parts = vkey.split("+", 2)
    need(len(parts) == 3 and re.fullmatch(r"[0-9a-f]{8}", parts[1]) is not None, "The key is not name+id+base64.")
    data = plain_base64(parts[2])
    need(len(data) == 33 and data[0] == kind, "The key is not an Ed25519 key of this kind.")
    key_id = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
    need(key_id.hex() == parts[1], "The key is damaged: its id does not belong to it.")
    return Key(parts[0], key_id, data[1:], kind == 4)


SIGNED: dict[tuple[bytes, Trust], tuple[str, int, bytes]] = {}


def read_checkpoint(note: bytes, trust: Trust) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint, signed by whom we trust."""
    if (note, trust) in SIGNED:
        return SIGNED[note, trust]
    head, blank, tail = note.rpartition(b"\n\n")
    need(blank and tail.endswith(b"\n"), "The checkpoint has no signature.")
    text = head + b"\n"
    try:
        lines, signatures = text.decode().split("\n"), tail.decode()[:-1].split("\n")
    except UnicodeDecodeError:
        raise Bad("The checkpoint is not UTF-8.") from None
    need(len(lines) == 4 and lines[0] != "" and "\r" not in lines[0], "The checkpoint has not three lines.")
    root = plain_base64(lines[2])
    need(len(root) == 32, "The root has not 32 bytes.")
    held = [key for line in signatures for key in one_signature(line, text, trust)]
    need(len(set(held)) == len(held), "A key signed the checkpoint twice.")
    trusted = [key for key in trust.logs if key in held and key.name == lines[0]]
    need(trusted or not trust.logs, "The checkpoint is not signed by the key given.")
    need(set(trust.witnesses) <= set(held), "A witness that you named has not cosigned.")
    SIGNED[note, trust] = (lines[0], plain_number(lines[1]), root)
    return SIGNED[note, trust]


def one_signature(line: str, text: bytes, trust: Trust) -> list[Key]:
    """The key whose signature a line is and holds; a line of another key is passed over."""
    parts = line.split(" ")
    need(len(parts) == 3 and parts[0] == "\u2014", "A signature line is malformed.")
    value = plain_base64(parts[2])
    need(len(value) > 4, "A signature is too short.")
    found = [key for key in trust.logs + trust.witnesses if (key.name, key.key_id) == (parts[1], value[:4])]
    for key in found:
        time = b"cosignature/v1\ntime %d\n" % int.from_bytes(value[4:12], "big") if key.cosigns else b""
        need(is_signed(key.public, time + text, value[12 if key.cosigns else 4 :]), "The signature does not hold.")
    return found


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def open_leaf(salt: bytes, payload: bytes) -> bytes:
    """The leaf that a salted payload opens."""
    return hashlib.sha256(b"\x00\x01" + hashlib.sha256(TAG + salt + payload).digest()).digest()


def root_over(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path leads to (RFC 9162 section 2.1.3.2)."""
    need(0 <= index < size, "The record is not in a tree of this size.")
    last = size - 1
    for step in path:
        need(last > 0 and len(step) == 32, "The path has the wrong length.")
        if index & 1 or index == last:
            leaf = node(step, leaf)
            while not index & 1:
                index >>= 1
                last >>= 1
        else:
            leaf = node(leaf, step)
        index >>= 1
        last >>= 1
    need(last == 0, "The path has the wrong length.")
    return leaf


def read_json(data: bytes) -> dict[str, Any]:
    """A JSON object in which no member stands twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), "A member stands twice.")
        return dict(pairs)

    try:
        found = json.loads(data.decode(), object_pairs_hook=unique)
    except (ValueError, RecursionError):
        raise Bad("JSON is damaged.") from None
    need(isinstance(found, dict), "JSON holds no object.")
    return dict(found)


def check_receipt(data: bytes, trust: Trust) -> Checked:
    """Everything a receipt claims: the record opens the leaf, the path leads to the root, the key signed the root."""
    head, _, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Bad(NOTHING) from None
    need(len(lines) >= 3 and lines[0] == HEADER, NOTHING)
    need(lines[1].startswith("extra ") and lines[2].startswith("index "), "The receipt lacks a line.")
    extra, index = plain_base64(lines[1][6:]), plain_number(lines[2][6:])
    need(extra[:1] == b"\x01" and len(extra) > 33, "The record is of an unknown form.")
    origin, size, root = read_checkpoint(note, trust)
    leaf = open_leaf(extra[1:33], extra[33:])
    found = root_over(leaf, index, size, [plain_base64(line) for line in lines[3:]])
    need(found == root, "The record is not in the tree that was signed.")
    return Checked(index, size, root, origin, read_json(extra[33:]), note, leaf)


def written(value: Any) -> str:
    """A JSON value on one line, so that 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


def check_document(data: bytes, trust: Trust) -> tuple[Checked, str]:
    """The JSON form of a receipt: the proof in it holds, and what stands beside it for people says the same.

    Returns what the proof says, and what nothing proves.
    """
    try:
        body = read_json(data)
    except Bad as error:
        raise Bad(f"{error} {GIVE_PROOF}") from None
    proof, ledger = body.get("proof"), body.get("ledger")
    need(body.get("format") == DOCUMENT_FORMAT and isinstance(proof, str), NOTHING)
    found = check_receipt(str(proof).encode(), trust)
    record, wrong = found.payload, []
    if written(body.get("record")) != written(record):
        said = body["record"] if isinstance(body.get("record"), dict) else {}
        changed = [f"record.{name}" for name in record if written(said.get(name)) != written(record[name])]
        wrong += changed or ["record"]
    facts = record.get("facts")
    reference = record.get("receipt") or (facts.get("reference") if isinstance(facts, dict) else None)
    if reference and body.get("receipt") != reference:
        wrong.append("receipt")
    ledger = ledger if isinstance(ledger, dict) else {}
    proved = {"origin": found.origin, "index": found.place, "size": found.size, "leaf": found.leaf.hex()}
    wrong += [f"ledger.{name}" for name in proved if written(ledger.get(name)) != written(proved[name])]
    if trust.logs and read_key(str(ledger.get("vkey"))) not in trust.logs:
        wrong.append("ledger.vkey")
    if (sorted(body), sorted(ledger)) != (DOCUMENT.split(), DOCUMENT_LEDGER.split()):
        wrong.append("it has other members than the portal writes")
    need(not wrong, f"The readable part of this file is not what is proved: {', '.join(wrong)}. {GIVE_PROOF}")
    return found, "status, ledger.witnesses" + ("" if reference or body["receipt"] is None else ", receipt")


# Evidence packs ---------------------------------------------------------------------------------------------------


def read_pack(data: bytes) -> dict[str, bytes]:
    """The files of a pack, which is written in exactly one way: not one byte of it is free."""
    need(len(data) >= 22 and data[-22:-18] == b"PK\x05\x06", "The file is not an evidence pack.")
    count, length, start = struct.unpack("<HLL", data[-12:-2])
    need(start + length == len(data) - 22, "The pack is damaged.")
    files: dict[str, bytes] = {}
    at, expected, directory = start, bytearray(), bytearray()
    for _ in range(count):
        need(len(data[at : at + 46]) == 46, "The pack is damaged.")
        size, name_length = struct.unpack("<LH", data[at + 24 : at + 30])
        raw_name = data[at + 46 : at + 46 + name_length]
        content_at = len(expected) + 30 + name_length
        content = data[content_at : content_at + size]
        local, entry = headers(raw_name, content, len(expected))
        expected += local + content
        directory += entry
        files[raw_name.decode("utf-8", "replace")] = content
        at += len(entry)
    ending = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(expected), 0)
    need(expected + directory + ending == data, "The pack is damaged, or was packed again.")
    need(len(files) == count, "A file stands twice in the pack.")
    return files


def headers(name: bytes, content: bytes, offset: int) -> tuple[bytes, bytes]:
    """The two headers that a stored file with no date has."""
    flags = 0 if all(byte < 128 for byte in name) else 0x800
    sizes = (zlib.crc32(content), len(content), len(content), len(name))
    common = struct.pack("<HHHHH3LHH", 20, flags, 0, 0, 0x21, *sizes, 0)
    rest = struct.pack("<HHHLL", 0, 0, 0, 0o100644 << 16, offset)
    return b"PK\x03\x04" + common + name, b"PK\x01\x02" + bytes([20, 3]) + common + rest + name


def range_root(start: int, end: int, first: int, leaves: list[bytes], hashes: list[bytes]) -> bytes:
    """The root over ``start`` to ``end``; what lies outside the leaves at hand is taken, in order, from ``hashes``."""
    if end <= first or start >= first + len(leaves):
        need(hashes, "The proof of the period is too short.")
        return hashes.pop(0)
    if end - start == 1:
        return leaves[start - first]
    middle = start + (1 << ((end - start - 1).bit_length() - 1))
    return node(range_root(start, middle, first, leaves, hashes), range_root(middle, end, first, leaves, hashes))


def check_leaves(files: dict[str, bytes], first: int, size: int, root: bytes) -> tuple[list[str], int]:
    """The period's leaves without a gap, and their contents; returns the indexes of those and how many were erased."""
    leaves: list[bytes] = []
    records: list[str] = []
    missing = 0
    for line in files[LEAVES].splitlines():
        row = read_json(line)
        leaf = bytes.fromhex(row["leaf"])
        need(row["index"] == first + len(leaves) and len(leaf) == 32, "A leaf of the period is missing.")
        leaves.append(leaf)
        if "payload" in row:
            opened = open_leaf(bytes.fromhex(row["salt"]), row["payload"].encode())
            need(opened == leaf, f"The content of entry {row['index']} was changed.")
            records.append(str(row["index"]))
        elif row.get("erased"):
            missing += 1
    hashes = [bytes.fromhex(one) for one in read_json(files[PROOF])["hashes"]]
    need(leaves and first + len(leaves) <= size, "The period has no leaves in this tree.")
    need(range_root(0, size, first, leaves, hashes) == root and not hashes, "The leaves are not those of the log.")
    return records, missing


def check_events(files: dict[str, bytes], manifest: dict[str, Any], trust: Trust) -> None:
    """Each event of a person's file is the record that its receipt proves; the others were erased, and only those."""
    events = [read_json(line) for line in files[EVENTS].splitlines()]
    proved = {row["proof"]: row for row in events if row["proof"]}
    need(set(proved) == {path for path in files if path.startswith(PROOFS)}, "An event and its proof do not match.")
    need(
        (len(proved), len(events)) == (manifest["records"], manifest["records"] + manifest["missing"]),
        "An event is missing.",
    )
    for path, row in proved.items():
        found = check_receipt(files[path], trust)
        need(found.note == files[CHECKPOINT], "A proof stands under another checkpoint.")
        same = (found.place, found.leaf.hex(), found.payload.get("event_id")) == (
            row["leaf"],
            row["leaf_hash"],
            row["entry"],
        )
        need(same, f"Event {row['number']} is not the record that is proved.")
        said = found.payload.get("act", "consent.answer." + str(found.payload.get("event")))
        need(
            said == row["act"] and found.payload["recorded_at"] == row["recorded_at"],
            f"Event {row['number']} was changed.",
        )
    lines = "".join(f"{row['entry']} {row['leaf_hash']}\n" for row in events)
    need(
        hashlib.sha256(lines.encode()).hexdigest() == manifest["events_sha256"],
        "The events are not those that were signed off.",
    )


def draw(population: list[str], method: str, size: int, seed: int) -> list[str]:
    """The sample, drawn again: the lowest by SHA-256 over seed, colon and item; or each k-th; or the first ones."""
    size = min(size, len(population))
    if method == "random":
        ranked = sorted(population, key=lambda one: (hashlib.sha256(f"{seed}:{one}".encode()).hexdigest(), one))
        return ranked[:size]
    need(method in {"every", "first"}, "The sample was drawn in an unknown way.")
    step = max(1, len(population) // size) if size and method == "every" else 1
    start = seed % step if method == "every" else 0
    return population[start::step][:size]


def check_draw(files: dict[str, bytes], sample: dict[str, Any], records: list[str], shown: list[str]) -> None:
    """The sample is the one that the seed draws from every record with its content, and its receipts are there."""
    told = read_json(files[DRAW])
    need(files[POPULATION] == "".join(f"{one}\n" for one in records).encode(), "The sample has another population.")
    same = told["population_sha256"] == hashlib.sha256(files[POPULATION]).hexdigest()
    need(same and told["population_size"] == len(records), "The sample names another population.")
    need((told["size"], told["seed"]) == (sample["size"], sample["seed"]), "The sample was asked for otherwise.")
    chosen = draw(records, told["method"], told["size"], told["seed"])
    need(told["chosen"] == chosen, "The seed draws another sample.")
    need(sorted(chosen, key=int) == shown, "A receipt of the sample is missing, or one is too many.")


def check_drawn(files: dict[str, bytes], references: list[str]) -> int:
    """Each frozen sample is the one that its seed draws from its population; one without a population is only listed.

    Returns how many were drawn again.
    """
    again = 0
    for reference in references:
        path = f"{SAMPLES}drawn/{reference}"
        rows = files.get(f"{path}.txt")
        if rows is None:
            need(reference.encode() in files["MISSING.csv"], f"The population of the sample {reference} is missing.")
            continue
        told, population = read_json(files[f"{path}.json"]), rows.decode().splitlines()
        same = told["population_sha256"] == hashlib.sha256(rows).hexdigest()
        need(same and told["population_size"] == len(population), f"The sample {reference} has another population.")
        chosen = draw(population, told["method"], told["size"], told["seed"])
        need(told["chosen"] == chosen, f"The seed draws another sample than {reference}.")
        again += 1
    return again


def check_pack(data: bytes, trust: Trust, receipt: bytes | None) -> str:
    """Everything a pack claims; returns a line about what was found."""
    files = read_pack(data)
    need(MANIFEST in files and MANIFEST_RECEIPT in files, "The pack has no manifest.")
    manifest = read_json(files[MANIFEST])
    of_person = manifest.get("format") == FILE_FORMAT
    need(of_person or manifest.get("format") == PACK_FORMAT, "The pack is of another form than this program knows.")
    listed = {row["path"]: row for row in manifest["files"]}
    need(set(files) == set(listed) | {MANIFEST, MANIFEST_RECEIPT}, "The pack holds other files than its manifest.")
    for path, row in listed.items():
        same = len(files[path]) == row["bytes"] and hashlib.sha256(files[path]).hexdigest() == row["sha256"]
        need(same, f"{path} is not the file that the manifest names.")
    sealed = check_receipt(files[MANIFEST_RECEIPT], trust)
    stands, said = sealed.payload.get("act") == "evidence.manifest.sealed", sealed.payload.get("facts", {})
    need(stands and said.get("sha256") == hashlib.sha256(files[MANIFEST]).hexdigest(), "The manifest is not sealed.")
    origin, size, root = read_checkpoint(files[CHECKPOINT], trust)
    need(sealed.origin == origin == manifest["origin"], "The pack is of another log.")
    if receipt is not None:
        whole = check_receipt(receipt, trust).payload
        act = "evidence.file.made" if of_person else "evidence.pack.made"
        made, digest = whole.get("act") == act, whole.get("facts", {}).get("sha256")
        need(made and digest == hashlib.sha256(data).hexdigest(), "The receipt is of another pack.")
    if of_person:
        check_events(files, manifest, trust)
        return (
            f"file {manifest['file']} as of {manifest['as_of']}: {len(listed)} files, {manifest['records']} events proved and "
            f"{manifest['missing']} erased under a tree of {size}, log {origin}"
        )
    records, missing = check_leaves(files, manifest["first"], size, root)
    need((len(records), missing) == (manifest["records"], manifest["missing"]), "The manifest counts other records.")
    receipts = [path for path in sorted(files) if path.startswith(SAMPLES) and path.endswith(".tlog-proof")]
    samples = [check_receipt(files[path], trust) for path in receipts]
    check_draw(files, manifest["sample"], records, [str(one.place) for one in samples])
    frozen = manifest["sample"]["drawn"]
    again = check_drawn(files, frozen)
    need(all(one.note == files[CHECKPOINT] for one in samples), "A sample stands under another checkpoint.")
    days = manifest["period"]
    return (
        f"pack of {days['from']} to {days.get('until', days['to'])}: {len(listed)} files, {len(records)} records and {missing} erased "
        f"under a tree of {size}, log {origin}, {len(samples)} receipts of the sample, "
        f"{again} of {len(frozen)} frozen samples drawn again"
    )


def answer(path: str, trust: Trust, receipt: str | None) -> str:
    """Check a file, whichever kind it is; returns a line about it."""
    data = Path(path).read_bytes()
    if data[:2] == b"PK":
        return check_pack(data, trust, None if receipt is None else Path(receipt).read_bytes())
    need(data[:5] != b"%PDF-", "What a PDF shows cannot be proved. Give the .tlog-proof file that is attached to it.")
    is_document = data.lstrip()[:1] == b"{"
    found, unproved = check_document(data, trust) if is_document else (check_receipt(data, trust), "")
    line = f"entry {found.place} of {found.origin}, under a tree of {found.size}: {json.dumps(found.payload)}"
    return line + (f" (the readable part says the same; proved by nothing: {unproved})" if unproved else "")


def main() -> int:
    """Parse, check, say, and return the exit code."""
    parser = argparse.ArgumentParser(description="Check a receipt or an evidence pack, offline.")
    parser.add_argument("file")
    parser.add_argument("--vkey", action="append", default=[], help="a public key of the log; may be repeated")
    parser.add_argument("--witness", action="append", default=[], help="a witness that must have cosigned a receipt")
    parser.add_argument("--receipt", help="the receipt of a whole pack")
    given, say = parser.parse_args(), sys.stdout.write
    try:
        trust = Trust(tuple(map(read_key, given.vkey)), tuple(read_key(one, 4) for one in given.witness))
    except Bad as error:
        say(f"The key cannot be used: {error}\n")
        return USAGE
    try:
        line = answer(given.file, trust, given.receipt)
    except OSError as error:
        say(f"The file cannot be read: {error.strerror}\n")
        return USAGE
    except (Bad, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        say(f"REFUSED: {error if isinstance(error, Bad) else 'The file is damaged.'}\n")
        return REFUSED
    say(f"{'HOLDS' if trust.logs else 'CONSISTENT, NOT AUTHENTICATED (give --vkey)'}: {line}\n")
    return HOLDS if trust.logs else NOT_AUTHENTICATED


if __name__ == "__main__":
    sys.exit(main())
