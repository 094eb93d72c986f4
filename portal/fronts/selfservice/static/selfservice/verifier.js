// Checks a receipt in this browser alone: nothing leaves the device, and nothing but this file is needed.
// Formats: C2SP tlog-proof, signed-note, tlog-checkpoint and tlog-cosignature; trees as in RFC 6962; Ed25519 as in RFC 8032.
// Plain arithmetic instead of WebCrypto: that is missing on pages without TLS, and in older browsers for Ed25519.
"use strict";

const verifier = (() => {
  class Refused extends Error {}
  const need = (holds, code) => {
    if (!holds) {
      throw new Refused(code);
    }
  };

  // SHA-2, FIPS 180-4: the constants are digits of roots of the first primes, worked out here.
  const root = (number, power) => {
    let low = 0n;
    let high = 1n << 80n;
    while (low < high) {
      const middle = (low + high + 1n) >> 1n;
      if (middle ** power <= number) {
        low = middle;
      } else {
        high = middle - 1n;
      }
    }
    return low;
  };
  const primes = [];
  for (let number = 2; primes.length < 80; number += 1) {
    if (primes.every((prime) => number % prime)) {
      primes.push(number);
    }
  }
  const sha512 = (() => {
    const mask = (1n << 64n) - 1n;
    const digits = (power) => (prime) => root(BigInt(prime) << (64n * power), power) & mask;
    const constants = primes.map(digits(3n));
    const start = primes.slice(0, 8).map(digits(2n));
    const turn = (x, n) => ((x >> n) | (x << (64n - n))) & mask;
    return (bytes) => {
      const length = Math.ceil((bytes.length + 17) / 128) * 128;
      const padded = new Uint8Array(length);
      padded.set(bytes);
      padded[bytes.length] = 0x80;
      const view = new DataView(padded.buffer);
      view.setBigUint64(length - 8, BigInt(bytes.length) * 8n);
      let state = start;
      for (let at = 0; at < length; at += 128) {
        const w = [];
        for (let i = 0; i < 16; i += 1) {
          w.push(view.getBigUint64(at + i * 8));
        }
        for (let i = 16; i < 80; i += 1) {
          const x = turn(w[i - 15], 1n) ^ turn(w[i - 15], 8n) ^ (w[i - 15] >> 7n);
          const y = turn(w[i - 2], 19n) ^ turn(w[i - 2], 61n) ^ (w[i - 2] >> 6n);
          w.push((w[i - 16] + x + w[i - 7] + y) & mask);
        }
        let [a, b, c, d, e, f, g, h] = state;
        for (let i = 0; i < 80; i += 1) {
          const big = turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n);
          const one = h + big + ((e & f) ^ (~e & mask & g)) + constants[i] + w[i];
          const two = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
          [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) & mask, c, b, a, (one + two) & mask];
        }
        state = [a, b, c, d, e, f, g, h].map((value, i) => (value + state[i]) & mask);
      }
      const out = new Uint8Array(64);
      const written = new DataView(out.buffer);
      state.forEach((value, i) => written.setBigUint64(i * 8, value));
      return out;
    };
  })();
  // SHA-256 has words that fit into plain numbers, and a pack holds megabytes of them: a hundred times as fast.
  const constants256 = new Int32Array(primes.slice(0, 64).map((prime) => Number(BigInt.asIntN(32, root(BigInt(prime) << 96n, 3n)))));
  const start256 = primes.slice(0, 8).map((prime) => Number(BigInt.asIntN(32, root(BigInt(prime) << 64n, 2n))));
  const sha256 = (bytes) => {
    const length = Math.ceil((bytes.length + 9) / 64) * 64;
    const tail = new Uint8Array(length - (bytes.length & ~63));
    tail.set(bytes.subarray(bytes.length & ~63));
    tail[bytes.length & 63] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(bytes.length) * 8n);
    const state = Int32Array.from(start256);
    const w = new Int32Array(64);
    for (let block = 0; block < length; block += 64) {
      const isTail = block >= (bytes.length & ~63);
      const source = isTail ? tail : bytes;
      const at = isTail ? block - (bytes.length & ~63) : block;
      for (let i = 0; i < 16; i += 1) {
        const j = at + i * 4;
        w[i] = (source[j] << 24) | (source[j + 1] << 16) | (source[j + 2] << 8) | source[j + 3];
      }
      for (let i = 16; i < 64; i += 1) {
        const x = w[i - 15];
        const y = w[i - 2];
        const first = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const second = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[i] = (w[i - 16] + first + w[i - 7] + second) | 0;
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i += 1) {
        const big = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const one = (h + big + ((e & f) ^ (~e & g)) + constants256[i] + w[i]) | 0;
        const small = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        h = g;
        g = f;
        f = e;
        e = (d + one) | 0;
        d = c;
        c = b;
        b = a;
        a = (one + small + ((b & c) ^ (b & d) ^ (c & d))) | 0;
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => {
        state[i] = (state[i] + value) | 0;
      });
    }
    const out = new Uint8Array(32);
    const view = new DataView(out.buffer);
    state.forEach((value, i) => view.setInt32(i * 4, value));
    return out;
  };

  // Ed25519, RFC 8032 section 5.1.
  const P = 2n ** 255n - 19n;
  const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
  const mod = (number, by = P) => ((number % by) + by) % by;
  const power = (base, exponent) => {
    let result = 1n;
    let factor = mod(base);
    for (let left = exponent; left; left >>= 1n) {
      if (left & 1n) {
        result = (result * factor) % P;
      }
      factor = (factor * factor) % P;
    }
    return result;
  };
  const D = mod(-121665n * power(121666n, P - 2n));
  const little = (bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const add = (one, two) => {
    const a = mod((one[1] - one[0]) * (two[1] - two[0]));
    const b = mod((one[1] + one[0]) * (two[1] + two[0]));
    const c = mod(2n * one[3] * two[3] * D);
    const d = mod(2n * one[2] * two[2]);
    const [e, f, g, h] = [b - a, d - c, d + c, b + a];
    return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
  };
  const multiply = (scalar, point) => {
    let result = [0n, 1n, 1n, 0n];
    let doubled = point;
    for (let left = scalar; left; left >>= 1n) {
      if (left & 1n) {
        result = add(result, doubled);
      }
      doubled = add(doubled, doubled);
    }
    return result;
  };
  const decodePoint = (bytes) => {
    const number = little(bytes);
    const sign = number >> 255n;
    const y = number & ((1n << 255n) - 1n);
    need(y < P, "SIGNATURE");
    const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
    let x = power(square, (P + 3n) / 8n);
    if (mod(x * x - square)) {
      x = mod(x * power(2n, (P - 1n) / 4n));
    }
    need(!mod(x * x - square) && !(x === 0n && sign), "SIGNATURE");
    if ((x & 1n) !== sign) {
      x = P - x;
    }
    return [x, y, 1n, mod(x * y)];
  };
  const BASE = decodePoint(new Uint8Array(32).fill(0x66).fill(0x58, 0, 1));
  const isSigned = (key, message, signature) => {
    if (signature.length !== 64) {
      return false;
    }
    const scalar = little(signature.subarray(32));
    if (scalar >= ORDER) {
      return false;
    }
    const [x, y, z, t] = decodePoint(key);
    const first = signature.subarray(0, 32);
    const digest = little(sha512(join(first, key, message))) % ORDER;
    const sum = add(multiply(scalar, BASE), multiply(digest, [mod(-x), y, z, mod(-t)]));
    const inverse = power(sum[2], P - 2n);
    const encoded = mod(sum[1] * inverse) | ((mod(sum[0] * inverse) & 1n) << 255n);
    return little(first) === encoded;
  };

  // Bytes and text, each written in one way only.
  const join = (...parts) => {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const utf8 = (text) => new TextEncoder().encode(text);
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = (text) => {
    let plain = "";
    try {
      plain = atob(text);
    } catch {
      throw new Refused("DAMAGED");
    }
    need(btoa(plain) === text, "DAMAGED");
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  };
  const decimal = (text) => {
    need(/^(0|[1-9][0-9]{0,18})$/.test(text), "DAMAGED");
    return BigInt(text);
  };
  const decode = (bytes) => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Refused("NOT_A_RECEIPT");
    }
  };

  const LOG = 1;
  const WITNESS = 4;
  const readKey = (text, kind) => {
    const parts = text.split("+");
    need(parts.length >= 3 && /^[!-*,-~]+$/.test(parts[0]) && /^[0-9a-f]{8}$/.test(parts[1]), "KEY");
    let bytes;
    try {
      bytes = base64(parts.slice(2).join("+"));
    } catch {
      throw new Refused("KEY");
    }
    need(bytes.length === 33 && bytes[0] === kind, "KEY");
    const id = hex(sha256(join(utf8(`${parts[0]}\n`), bytes)).subarray(0, 4));
    need(id === parts[1], "KEY");
    return { name: parts[0], id, kind, key: bytes.subarray(1) };
  };

  const signatureLine = (line) => {
    const found = /^\u2014 ([!-*,-~]+) ([A-Za-z0-9+/=]+)$/.exec(line);
    need(found, "DAMAGED");
    const value = base64(found[2]);
    need(value.length > 4, "DAMAGED");
    return { name: found[1], id: hex(value.subarray(0, 4)), value: value.subarray(4) };
  };
  const holds = (key, text, value) => {
    if (key.kind === LOG) {
      return isSigned(key.key, text, value);
    }
    if (value.length !== 72) {
      return false;
    }
    const seconds = new DataView(value.buffer, value.byteOffset).getBigUint64(0);
    return isSigned(key.key, join(utf8(`cosignature/v1\ntime ${seconds}\n`), text), value.subarray(8));
  };
  // The receipts of one pack stand under one checkpoint: its signatures are worked out once.
  const opened = new Map();
  const openCheckpoint = (note, keys) => {
    const asked = JSON.stringify([note, keys.map((key) => [key.name, key.id, key.kind, hex(key.key)])]);
    if (!opened.has(asked)) {
      opened.set(asked, readCheckpoint(note, keys));
    }
    return opened.get(asked);
  };
  const readCheckpoint = (note, keys) => {
    const split = note.lastIndexOf("\n\n");
    need(split > 0 && note.endsWith("\n"), "DAMAGED");
    const text = note.slice(0, split + 1);
    const lines = note.slice(split + 2, -1).split("\n").map(signatureLine);
    const signed = new Set();
    for (const line of lines) {
      const key = keys.find((one) => one.name === line.name && one.id === line.id);
      if (key) {
        need(!signed.has(key), "SIGNATURE");
        need(holds(key, utf8(text), line.value), "SIGNATURE");
        signed.add(key);
      }
    }
    const rows = text.split("\n");
    need(rows.length === 4 && rows[0], "DAMAGED");
    const head = { origin: rows[0], size: decimal(rows[1]), root: base64(rows[2]) };
    need(head.root.length === 32, "DAMAGED");
    return { ...head, signed: [...signed] };
  };

  // The leaf that a salt and the content behind it open.
  const openLeaf = (salted) => sha256(join(Uint8Array.of(0, 1), sha256(join(utf8("consent-ledger/commitment/v1\n"), salted))));
  const node = (left, right) => sha256(join(Uint8Array.of(1), left, right));
  const rootOver = (leaf, index, size, path) => {
    need(index < size, "TREE");
    let found = leaf;
    let position = index;
    let last = size - 1n;
    for (const step of path) {
      need(last > 0n && step.length === 32, "TREE");
      if (position & 1n || position === last) {
        found = node(step, found);
        while (!(position & 1n)) {
          position >>= 1n;
          last >>= 1n;
        }
      } else {
        found = node(found, step);
      }
      position >>= 1n;
      last >>= 1n;
    }
    need(last === 0n, "TREE");
    return found;
  };

  // What a receipt says, checked. Throws Refused with a code; without a key of the log nothing is authenticated.
  const check = (bytes, logKeys, witnessKeys) => {
    const keys = [...logKeys.map((key) => readKey(key, LOG)), ...witnessKeys.map((key) => readKey(key, WITNESS))];
    need(bytes.length < 1000000, "NOT_A_RECEIPT");
    const whole = decode(bytes);
    const split = whole.indexOf("\n\n");
    const lines = whole.slice(0, split).split("\n");
    need(split > 0 && lines[0] === "c2sp.org/tlog-proof@v1" && lines.length >= 3, "NOT_A_RECEIPT");
    need(lines[1].startsWith("extra ") && lines[2].startsWith("index "), "NOT_A_RECEIPT");
    const extra = base64(lines[1].slice(6));
    need(extra[0] === 1 && extra.length > 33, "DAMAGED");
    const index = decimal(lines[2].slice(6));
    const head = openCheckpoint(whole.slice(split + 2), keys);
    need(!logKeys.length || head.signed.some((key) => key.kind === LOG && key.name === head.origin), "SIGNATURE");
    const leaf = openLeaf(extra.subarray(1));
    const found = rootOver(leaf, index, head.size, lines.slice(3).map(base64));
    need(hex(found) === hex(head.root), "TREE");
    return {
      authenticated: logKeys.length > 0,
      origin: head.origin,
      index: String(index),
      size: String(head.size),
      witnesses: head.signed.filter((key) => key.kind === WITNESS).length,
      leaf: hex(leaf),
      note: whole.slice(split + 2),
      record: JSON.parse(decode(extra.subarray(33))),
    };
  };

  // The receipt file inside the forms in which people keep it: JSON holds it as text, the PDF as an attached file.
  const FIRST_LINE = "c2sp.org/tlog-proof@v1\n";
  const inJson = (value) => {
    if (typeof value === "string") {
      return value.startsWith(FIRST_LINE) ? utf8(value) : null;
    }
    const inner = value && typeof value === "object" ? Object.values(value) : [];
    return inner.map(inJson).find(Boolean) || null;
  };
  const inflated = async (bytes) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const inPdf = async (bytes) => {
    const letters = new TextDecoder("latin1").decode(bytes);
    for (const found of letters.matchAll(/<<[^>]{0,300}\/Type\s*\/EmbeddedFile.{0,400}?stream\r?\n/gs)) {
      const length = /\/Length\s+(\d{1,6})\b/.exec(found[0]);
      const start = found.index + found[0].length;
      try {
        const content = await inflated(bytes.subarray(start, start + Number(length[1])));
        if (new TextDecoder().decode(content).startsWith(FIRST_LINE)) {
          return content;
        }
      } catch {
        continue;
      }
    }
    throw new Refused("PDF");
  };
  // The form, the receipt file in it, and of our JSON form the members and their text.
  const FORMAT = "onesetu-receipt/1";
  const receiptIn = async (bytes) => {
    const start = new TextDecoder("latin1").decode(bytes.subarray(0, 5));
    if (start === "%PDF-") {
      return { form: "other", bytes: await inPdf(bytes) };
    }
    const text = new TextDecoder().decode(bytes);
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      return { form: "file", bytes };
    }
    if (body && body.format === FORMAT) {
      need(typeof body.proof === "string", "NOT_A_RECEIPT");
      return { form: "document", bytes: utf8(body.proof), body, text };
    }
    const inside = inJson(body);
    return inside ? { form: "other", bytes: inside } : { form: "file", bytes };
  };

  // Nothing signs the part of our JSON form that people read: each member has to say what the proof says.
  const MEMBERS = "format,ledger,proof,receipt,record,status";
  const LEDGER_MEMBERS = "index,leaf,origin,size,vkey,witnesses";
  const members = (value) => Object.keys(value).sort().join();
  const sorted = (value) => {
    if (Array.isArray(value)) {
      return value.map(sorted);
    }
    if (!value || typeof value !== "object") {
      return value;
    }
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((name) => [name, sorted(value[name])]),
    );
  };
  const written = (value) => JSON.stringify(sorted(value));
  // A member that stands twice is read in two ways: what was parsed has to be all that is written.
  const isAllOf = (body, text) => {
    const compact = text.trim().replace(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part[0] === '"' ? JSON.stringify(JSON.parse(part)) : ""));
    return compact === JSON.stringify(body);
  };
  const compare = ({ body, text }, found, logKeys) => {
    need(isAllOf(body, text), "ALTERED");
    const { ledger, record } = body;
    need(members(body) === MEMBERS && ledger && typeof ledger === "object" && members(ledger) === LEDGER_MEMBERS, "ALTERED");
    need(written(record) === written(found.record), "ALTERED");
    const reference = found.record.receipt || (found.record.facts || {}).reference;
    need(!reference || body.receipt === reference, "ALTERED");
    const said = [ledger.origin, ledger.index, ledger.size, ledger.leaf];
    need(written(said) === written([found.origin, Number(found.index), Number(found.size), found.leaf]), "ALTERED");
    need(!logKeys.length || logKeys.includes(ledger.vkey), "ALTERED");
  };
  // A file of any form, checked as a whole where it can be.
  const checkFile = async (bytes, logKeys, witnessKeys) => {
    const taken = await receiptIn(bytes);
    const found = check(taken.bytes, logKeys, witnessKeys);
    if (taken.form === "document") {
      compare(taken, found, logKeys);
    }
    return { ...found, form: taken.form };
  };
  return { check, checkFile, openCheckpoint, readKey, openLeaf, node, isAllOf, sha256, sha512, isSigned, hex, utf8, join, decode, LOG, WITNESS, Refused };
})();

(() => {
  const form = document.getElementById("verifier");
  if (!form) {
    return;
  }
  form.hidden = false;
  const show = (id, visible) => {
    document.getElementById(id).hidden = !visible;
  };
  const lines = (name) =>
    form.elements[name].value
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  const RESULTS = ["result-holds", "result-inside", "result-beside", "result-consistent", "result-refused", "result-record", "result-document"];
  const REASONS = ["NOT_A_RECEIPT", "ALTERED", "PDF", "DAMAGED", "KEY", "SIGNATURE", "TREE"];
  const answer = async (bytes) => {
    RESULTS.forEach((id) => show(id, false));
    try {
      const found = await verifier.checkFile(bytes, lines("vkeys"), lines("witnesses"));
      const isInside = found.form === "other";
      show("result-holds", found.authenticated && !isInside);
      show("result-inside", found.authenticated && isInside);
      show("result-beside", isInside);
      show("result-consistent", !found.authenticated);
      show("result-record", true);
      show("result-document", found.form === "document");
      for (const name of ["origin", "index", "size", "witnesses"]) {
        document.getElementById(`record-${name}`).textContent = found[name];
      }
      document.getElementById("record-itself").textContent = JSON.stringify(found.record, null, 2);
    } catch (error) {
      const code = error instanceof verifier.Refused ? error.message : "DAMAGED";
      REASONS.forEach((one) => show(`reason-${one}`, one === code));
      show("result-refused", true);
    }
    document.getElementById("result").focus();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const file = form.elements.file.files[0];
    await answer(file ? new Uint8Array(await file.arrayBuffer()) : new TextEncoder().encode(`${form.elements.pasted.value.trim()}\n`));
  });
})();
