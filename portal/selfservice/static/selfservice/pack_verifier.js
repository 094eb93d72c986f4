// Checks an evidence pack, or the file of one person, in this browser alone: the same questions as verify.py asks.
// It needs verifier.js before it, which knows receipts, checkpoints and keys.
"use strict";

const packVerifier = (() => {
  class Bad extends Error {}
  const need = (holds, words) => {
    if (!holds) {
      throw new Bad(words);
    }
  };
  const { join, utf8, hex, sha256, node, openLeaf } = verifier;
  const MANIFEST = "manifest.json";
  const MANIFEST_RECEIPT = "manifest.tlog-proof";
  const CHECKPOINT = "ledger/checkpoint.txt";
  const POPULATION = "samples/population.txt";
  const same = (one, two) => one.length === two.length && one.every((byte, place) => byte === two[place]);

  const bytesOf = (digits) => {
    need(typeof digits === "string" && /^([0-9a-f]{2})*$/.test(digits), "The pack is damaged.");
    return Uint8Array.from(digits.match(/../g) || [], (pair) => parseInt(pair, 16));
  };
  const readText = (bytes) => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Bad("Text is damaged.");
    }
  };
  const readJson = (text) => {
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      throw new Bad("JSON is damaged.");
    }
    need(body && typeof body === "object" && !Array.isArray(body), "JSON holds no object.");
    need(verifier.isAllOf(body, text), "A member stands twice.");
    return body;
  };
  const linesOf = (bytes) => {
    const lines = readText(bytes).split("\n");
    return lines[lines.length - 1] === "" ? lines.slice(0, -1) : lines;
  };

  // The container: stored files without dates, written in exactly one way.
  const crcTable = Uint32Array.from({ length: 256 }, (_, start) => {
    let value = start;
    for (let bit = 0; bit < 8; bit += 1) {
      value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    }
    return value;
  });
  const crc32 = (bytes) => {
    let value = 0xffffffff;
    for (const byte of bytes) {
      value = (value >>> 8) ^ crcTable[(value ^ byte) & 255];
    }
    return (value ^ 0xffffffff) >>> 0;
  };
  // Numbers of so many bytes each, the lowest byte first.
  const packed = (...pairs) => {
    const out = [];
    for (const [size, value] of pairs) {
      for (let byte = 0; byte < size; byte += 1) {
        out.push(Math.floor(value / 2 ** (8 * byte)) % 256);
      }
    }
    return Uint8Array.from(out);
  };
  const headers = (name, content, offset) => {
    const flags = name.every((byte) => byte < 128) ? 0 : 0x800;
    const sizes = [[4, crc32(content)], [4, content.length], [4, content.length], [2, name.length]];
    const common = packed([2, 20], [2, flags], [2, 0], [2, 0], [2, 0x21], ...sizes, [2, 0]);
    const rest = packed([2, 0], [2, 0], [2, 0], [4, 0o100644 * 65536], [4, offset]);
    return [join(utf8("PK\x03\x04"), common, name), join(utf8("PK\x01\x02"), Uint8Array.of(20, 3), common, rest, name)];
  };
  const readPack = (data) => {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    need(data.length >= 22 && view.getUint32(data.length - 22, true) === 0x06054b50, "The file is not an evidence pack.");
    const [count, length, start] = [view.getUint16(data.length - 12, true), view.getUint32(data.length - 10, true), view.getUint32(data.length - 6, true)];
    need(start + length === data.length - 22, "The pack is damaged.");
    const files = new Map();
    let at = start;
    let place = 0;
    for (let number = 0; number < count; number += 1) {
      need(at + 46 <= data.length, "The pack is damaged.");
      const [size, nameLength] = [view.getUint32(at + 24, true), view.getUint16(at + 28, true)];
      const name = data.subarray(at + 46, at + 46 + nameLength);
      const content = data.subarray(place + 30 + nameLength, place + 30 + nameLength + size);
      const [local, entry] = headers(name, content, place);
      const isWritten = same(local, data.subarray(place, place + local.length)) && same(entry, data.subarray(at, at + entry.length));
      need(isWritten && content.length === size, "The pack is damaged, or was packed again.");
      files.set(new TextDecoder().decode(name), content);
      place += local.length + size;
      at += entry.length;
    }
    const ending = packed([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, at - start], [4, place], [2, 0]);
    need(place === start && at === data.length - 22 && same(ending, data.subarray(at)), "The pack is damaged, or was packed again.");
    need(files.size === count, "A file stands twice in the pack.");
    return files;
  };
  const file = (files, path) => {
    need(files.has(path), `${path} is missing.`);
    return files.get(path);
  };

  // Receipts and the tree.
  const REASONS = {
    SIGNATURE: "The checkpoint is not signed by the key given.",
    TREE: "The record is not in the tree that was signed.",
    KEY: "A key cannot be used: a character of it was lost or changed.",
  };
  const receipt = (bytes, keys) => {
    try {
      return verifier.check(bytes, keys, []);
    } catch (error) {
      throw new Bad(REASONS[error.message] || "A receipt is damaged.");
    }
  };
  const checkpoint = (files, keys) => {
    try {
      const head = verifier.openCheckpoint(readText(file(files, CHECKPOINT)), keys.map((key) => verifier.readKey(key, verifier.LOG)));
      need(!keys.length || head.signed.some((key) => key.name === head.origin), REASONS.SIGNATURE);
      return head;
    } catch (error) {
      throw error instanceof Bad ? error : new Bad(REASONS[error.message] || "The checkpoint is damaged.");
    }
  };
  const rangeRoot = (start, end, first, leaves, hashes) => {
    if (end <= first || start >= first + leaves.length) {
      need(hashes.length, "The proof of the period is too short.");
      return hashes.shift();
    }
    if (end - start === 1) {
      return leaves[start - first];
    }
    let half = 1;
    while (half * 2 < end - start) {
      half *= 2;
    }
    const left = rangeRoot(start, start + half, first, leaves, hashes);
    return node(left, rangeRoot(start + half, end, first, leaves, hashes));
  };
  const checkLeaves = (files, first, head) => {
    const leaves = [];
    const records = [];
    let missing = 0;
    for (const line of linesOf(file(files, "ledger/leaves.jsonl"))) {
      const row = readJson(line);
      const leaf = bytesOf(row.leaf);
      need(row.index === first + leaves.length && leaf.length === 32, "A leaf of the period is missing.");
      leaves.push(leaf);
      if ("payload" in row) {
        need(hex(openLeaf(join(bytesOf(row.salt), utf8(row.payload)))) === row.leaf, `The content of entry ${row.index} was changed.`);
        records.push(String(row.index));
      } else if (row.erased) {
        missing += 1;
      }
    }
    const size = Number(head.size);
    const hashes = readJson(readText(file(files, "ledger/proof.json"))).hashes.map(bytesOf);
    need(leaves.length && first + leaves.length <= size, "The period has no leaves in this tree.");
    const found = rangeRoot(0, size, first, leaves, hashes);
    need(hex(found) === hex(head.root) && !hashes.length, "The leaves are not those of the log.");
    return [records, missing];
  };

  // Samples, drawn again.
  const draw = (population, { method, size: wanted, seed }) => {
    const size = Math.min(wanted, population.length);
    if (method === "random") {
      const ranked = population.map((one) => [hex(sha256(utf8(`${seed}:${one}`))), one]);
      ranked.sort((one, two) => (one.join() < two.join() ? -1 : 1));
      return ranked.slice(0, size).map((pair) => pair[1]);
    }
    need(method === "every" || method === "first", "The sample was drawn in an unknown way.");
    const step = Math.max(1, size && method === "every" ? Math.floor(population.length / size) : 1);
    const start = method === "every" ? seed % step : 0;
    return population.filter((_, place) => place >= start && (place - start) % step === 0).slice(0, size);
  };
  const isDrawn = (told, rows, population) => {
    need(told.population_sha256 === hex(sha256(rows)) && told.population_size === population.length, "A sample names another population.");
    return JSON.stringify(told.chosen) === JSON.stringify(draw(population, told));
  };
  const checkSamples = (files, sample, records, keys) => {
    const rows = file(files, POPULATION);
    need(same(rows, utf8(records.map((one) => `${one}\n`).join(""))), "The sample has another population.");
    const told = readJson(readText(file(files, "samples/sample.json")));
    need(told.size === sample.size && told.seed === sample.seed, "The sample was asked for otherwise.");
    need(isDrawn(told, rows, records), "The seed draws another sample.");
    const receipts = [...files.keys()].filter((path) => path.startsWith("samples/") && path.endsWith(".tlog-proof")).sort();
    const shown = receipts.map((path) => receipt(file(files, path), keys));
    const byNumber = (one, two) => Number(one) - Number(two);
    const places = JSON.stringify(shown.map((one) => one.index).sort(byNumber));
    need(JSON.stringify([...told.chosen].sort(byNumber)) === places, "A receipt of the sample is missing, or one is too many.");
    need(shown.every((one) => one.note === readText(file(files, CHECKPOINT))), "A sample stands under another checkpoint.");
    let again = 0;
    for (const reference of sample.drawn) {
      const path = `samples/drawn/${reference}`;
      if (files.has(`${path}.txt`)) {
        const its = file(files, `${path}.txt`);
        const frozen = readJson(readText(file(files, `${path}.json`)));
        need(isDrawn(frozen, its, linesOf(its)), `The seed draws another sample than ${reference}.`);
        again += 1;
      } else {
        need(readText(file(files, "MISSING.csv")).includes(reference), `The population of the sample ${reference} is missing.`);
      }
    }
    return `${shown.length} receipts of the sample, ${again} of ${sample.drawn.length} frozen samples drawn again`;
  };
  // Each event of one person's file is the record that its receipt proves; the others were erased, and only those.
  const checkEvents = (files, manifest, keys) => {
    const events = linesOf(file(files, "events.jsonl")).map(readJson);
    const proved = new Map(events.filter((row) => row.proof).map((row) => [row.proof, row]));
    const proofs = [...files.keys()].filter((path) => path.startsWith("proofs/"));
    need(proofs.length === proved.size && proofs.every((path) => proved.has(path)), "An event and its proof do not match.");
    need(proved.size === manifest.records && events.length === manifest.records + manifest.missing, "An event is missing.");
    for (const [path, row] of proved) {
      const found = receipt(file(files, path), keys);
      need(found.note === readText(file(files, CHECKPOINT)), "A proof stands under another checkpoint.");
      const stands = found.index === String(row.leaf) && found.leaf === row.leaf_hash && found.record.event_id === row.entry;
      need(stands, `Event ${row.number} is not the record that is proved.`);
      const act = found.record.act === undefined ? `consent.answer.${found.record.event}` : found.record.act;
      need(act === row.act && found.record.recorded_at === row.recorded_at, `Event ${row.number} was changed.`);
    }
    const lines = events.map((row) => `${row.entry} ${row.leaf_hash}\n`).join("");
    need(hex(sha256(utf8(lines))) === manifest.events_sha256, "The events are not those that were signed off.");
  };

  // Everything a pack claims; returns a line about what was found. Throws Bad with what is wrong, in words.
  const checkPack = (data, keys, wholeReceipt) => {
    const files = readPack(data);
    need(files.has(MANIFEST) && files.has(MANIFEST_RECEIPT), "The pack has no manifest.");
    const manifest = readJson(readText(file(files, MANIFEST)));
    const ofPerson = manifest.format === "onesetu-person-file/1";
    need(ofPerson || manifest.format === "onesetu-evidence-pack/1", "The pack is of another form than this page knows.");
    const listed = new Map(manifest.files.map((row) => [row.path, row]));
    for (const path of listed.keys()) {
      file(files, path);
    }
    need(files.size === listed.size + 2, "The pack holds other files than its manifest.");
    for (const [path, row] of listed) {
      const content = file(files, path);
      need(content.length === row.bytes && hex(sha256(content)) === row.sha256, `${path} is not the file that the manifest names.`);
    }
    const sealed = receipt(file(files, MANIFEST_RECEIPT), keys);
    const facts = sealed.record.facts || {};
    need(sealed.record.act === "evidence.manifest.sealed" && facts.sha256 === hex(sha256(file(files, MANIFEST))), "The manifest is not sealed.");
    const head = checkpoint(files, keys);
    need(sealed.origin === head.origin && head.origin === manifest.origin, "The pack is of another log.");
    if (wholeReceipt) {
      const whole = receipt(wholeReceipt, keys).record;
      const act = ofPerson ? "evidence.file.made" : "evidence.pack.made";
      need(whole.act === act && whole.facts && whole.facts.sha256 === hex(sha256(data)), "The receipt is of another pack.");
    }
    const under = `under a tree of ${head.size}, log ${head.origin}`;
    if (ofPerson) {
      checkEvents(files, manifest, keys);
      return `file ${manifest.file} as of ${manifest.as_of}: ${listed.size} files, ${manifest.records} events proved and ${manifest.missing} erased ${under}`;
    }
    const [records, missing] = checkLeaves(files, manifest.first, head);
    need(records.length === manifest.records && missing === manifest.missing, "The manifest counts other records.");
    const samples = checkSamples(files, manifest.sample, records, keys);
    const { from, to, until } = manifest.period;
    return `pack of ${from} to ${until || to}: ${listed.size} files, ${records.length} records and ${missing} erased ${under}, ${samples}`;
  };
  return { checkPack, draw, Bad };
})();

(() => {
  const form = document.getElementById("pack-verifier");
  form.hidden = false;
  const bytes = async (name) => {
    const file = form.elements[name].files[0];
    return file ? new Uint8Array(await file.arrayBuffer()) : null;
  };
  const show = (result, words) => {
    for (const one of ["holds", "consistent", "refused"]) {
      document.getElementById(`pack-${one}`).hidden = one !== result;
    }
    document.querySelector(`#pack-${result} .words`).textContent = words;
    document.getElementById("pack-result").focus();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const label = button.textContent;
    button.textContent = "Checking…";
    // The browser shows the word before it does the arithmetic.
    await new Promise((resolve) => setTimeout(resolve, 50));
    try {
      const pack = await bytes("pack");
      const keys = form.elements.vkeys.value.split("\n").map((line) => line.trim()).filter(Boolean);
      if (pack) {
        show(keys.length ? "holds" : "consistent", packVerifier.checkPack(pack, keys, await bytes("receipt")));
      } else {
        show("refused", "Choose the pack first: a file whose name ends in .zip.");
      }
    } catch (error) {
      show("refused", error instanceof packVerifier.Bad ? error.message : "The file is damaged.");
    }
    button.textContent = label;
  });
})();
