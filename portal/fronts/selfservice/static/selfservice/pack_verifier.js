// Checks an evidence pack, or the file of one person, in this browser alone: the same questions as verify.py asks.
// It needs verifier.js before it, which knows receipts, checkpoints and keys, and pack_registers.js, which knows leaves and rows.
"use strict";

const packVerifier = (() => {
  class Bad extends Error {}
  class Older extends Error {}
  class Superseded extends Error {}
  const need = (holds, words) => {
    if (!holds) {
      throw new Bad(words);
    }
  };
  const { join, utf8, hex, sha256 } = verifier;
  // Packs of the form before this one are checked as well: they do not say of which act an erased entry was, and need not hold
  // the samples that were drawn in their period.
  const PACK_FORMAT = "onesetu-evidence-pack/5";
  const FORMAT_BEFORE = "onesetu-evidence-pack/4";
  const OF_FORM_BEFORE = "Made in the form of an earlier release: it may leave out samples, and does not say which act an erased entry was";
  // Since when releases make packs of this form.
  const FORM_SINCE = "2026-12-01";
  const MANIFEST = "manifest.json";
  const MANIFEST_RECEIPT = "manifest.tlog-proof";
  const CHECKPOINT = "ledger/checkpoint.txt";
  const POPULATION = "samples/population.txt";
  const same = (one, two) => one.length === two.length && one.every((byte, place) => byte === two[place]);

  const bytesOf = (digits) => {
    need(typeof digits === "string" && /^([0-9a-f]{2})*$/.test(digits), "The pack is damaged. Use the .zip file as you got it.");
    return Uint8Array.from(digits.match(/../g) || [], (pair) => parseInt(pair, 16));
  };
  const readText = (bytes) => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Bad("Text is damaged.");
    }
  };
  const isWhole = (value) =>
    value && typeof value === "object" ? Object.values(value).every(isWhole) : typeof value !== "number" || Number.isSafeInteger(value);
  const readJson = (text) => {
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      throw new Bad("JSON is damaged.");
    }
    need(body && typeof body === "object" && !Array.isArray(body), "JSON holds no object.");
    need(!/\d[.eE]/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, '""')), "A number is not written plainly.");
    need(verifier.isAllOf(body, text), "A member stands twice.");
    need(isWhole(body), "A number is not written plainly.");
    return body;
  };
  const linesOf = (bytes) => {
    const lines = readText(bytes).split("\n");
    need(lines[lines.length - 1] === "", "The last line of a file is cut off.");
    return lines.slice(0, -1);
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
    need(data.length >= 22 && view.getUint32(data.length - 22, true) === 0x06054b50, "The file is not an evidence pack. Choose the .zip file as you got it.");
    const [count, length, start] = [view.getUint16(data.length - 12, true), view.getUint32(data.length - 10, true), view.getUint32(data.length - 6, true)];
    need(start + length === data.length - 22, "The pack is damaged. Use the .zip file as you got it.");
    const files = new Map();
    let at = start;
    let place = 0;
    for (let number = 0; number < count; number += 1) {
      need(at + 46 <= data.length, "The pack is damaged. Use the .zip file as you got it.");
      const [size, nameLength] = [view.getUint32(at + 24, true), view.getUint16(at + 28, true)];
      const name = data.subarray(at + 46, at + 46 + nameLength);
      const content = data.subarray(place + 30 + nameLength, place + 30 + nameLength + size);
      const [local, entry] = headers(name, content, place);
      const isWritten = same(local, data.subarray(place, place + local.length)) && same(entry, data.subarray(at, at + entry.length));
      need(isWritten && content.length === size, "The pack is damaged, or was packed again. Use the .zip file as you got it.");
      files.set(new TextDecoder().decode(name), content);
      place += local.length + size;
      at += entry.length;
    }
    const ending = packed([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, at - start], [4, place], [2, 0]);
    need(place === start && at === data.length - 22 && same(ending, data.subarray(at)), "The pack is damaged, or was packed again. Use the .zip file as you got it.");
    need(files.size === count, "A file stands twice in the pack.");
    return files;
  };
  const file = (files, path) => {
    need(files.has(path), `${path} is missing.`);
    return files.get(path);
  };

  // Receipts and the tree.
  const REASONS = {
    SIGNATURE: "The signed record of the log (checkpoint) is not signed by the key given. The key is of another log, or the file was not made by this operator.",
    TREE: "The entry is not in the log that was signed. The file was changed.",
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
  const { checkLog, checkRegisters, checkStated, checkControls, checkLetters, checkAttachments, checkErased, checkLacking, readMissing } = packRegisters({
    PACK_FORMAT,
    need,
    file,
    readText,
    readJson,
    linesOf,
    bytesOf,
    same,
  });

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
    need(same(rows, utf8(records.map((one) => `${one}\n`).join(""))), "samples/population.txt: it is not the list of the entries of the period. The sample was drawn from something else.");
    const told = readJson(readText(file(files, "samples/sample.json")));
    const isAsked = told.method === "random" && told.size === sample.size && told.seed === sample.seed;
    need(isAsked, "samples/sample.json: method, size or seed are not those of manifest.json. The sample was not drawn as asked.");
    need(isDrawn(told, rows, records), "samples/sample.json: the seed draws other entries. The sample may have been chosen by hand.");
    const receipts = [...files.keys()].filter((path) => path.startsWith("samples/") && path.endsWith(".tlog-proof")).sort();
    const shown = receipts.map((path) => receipt(file(files, path), keys));
    const byNumber = (one, two) => Number(one) - Number(two);
    const places = JSON.stringify(shown.map((one) => one.index).sort(byNumber));
    need(JSON.stringify([...told.chosen].sort(byNumber)) === places, "samples/: the receipts are not those of the entries drawn. One was added or taken out.");
    need(shown.every((one) => one.note === readText(file(files, CHECKPOINT))), "samples/: a receipt belongs to another checkpoint than ledger/checkpoint.txt. It was exchanged.");
    return shown.length;
  };
  // How the rows of a sample's population compare with those of the register in the pack, in words.
  const comparePopulation = (files, told, population, registers, days) => {
    if (!registers.has(told.register) || told.from !== days.from || told.to !== days.to || "until" in days) {
      return ", of other days than the pack";
    }
    const lines = linesOf(file(files, `registers/${told.register}.jsonl`));
    const now = new Map(registers.get(told.register).map((row, place) => [String(row.row), [String(row.reference || ""), lines[place]]]));
    let changed = 0;
    let gone = 0;
    for (const item of population) {
      const [number, reference = "", digest = ""] = item.split(",");
      if (now.has(number)) {
        const [itsOwn, line] = now.get(number);
        need(!digest || reference === itsOwn, `registers/${told.register}.csv, row ${number}: the frozen sample has another reference for this row. One of them was changed.`);
        changed += digest === hex(sha256(utf8(line))) ? 0 : 1;
      } else {
        gone += 1;
      }
    }
    const come = now.size - (population.length - gone);
    return `, of which ${changed} were changed and ${gone} erased since, and ${come} came later`;
  };
  // The samples that were drawn in the period and that the manifest does not name: each named, and of rows of other days.
  const checkLeftOut = (stated, { sample, period: days, format }, log, missing) => {
    const inside = log.inside.filter((one) => one.says.act === "evidence.sample.drawn").map((one) => one.says.facts.reference);
    return inside
      .filter((one) => !sample.drawn.includes(one))
      .sort()
      .map((reference) => {
        if (format === FORMAT_BEFORE) {
          return `Sample ${reference}: drawn in the period and not in the pack. Ask for it`;
        }
        const facts = stated.get(reference);
        const isOfOtherDays = !(days.from <= facts.from && facts.to <= days.to);
        need(missing.get("sample").get(reference) === "days" && isOfOtherDays, `samples/drawn/${reference}.json: the log recorded the drawing of this sample in the period, but it is not there. It was taken out.`);
        return `Sample ${reference}: drawn in the period from rows of other days, named as missing`;
      });
  };
  // Each frozen sample is the one that its leaf states and its seed draws; a line about each. Each that was drawn in the period
  // is there, but for those of rows of other days.
  const checkDrawn = (files, manifest, log, registers, missing) => {
    const stated = new Map(log.acts("evidence.sample.drawn").map((says) => [says.facts.reference, says.facts]));
    const [references, days] = [manifest.sample.drawn, manifest.period];
    const left = checkLeftOut(stated, manifest, log, missing);
    const paths = new Set(references.flatMap((reference) => ["json", "txt"].map((end) => `samples/drawn/${reference}.${end}`)));
    need([...files.keys()].every((path) => !path.startsWith("samples/drawn/") || paths.has(path)), "samples/drawn/: a sample is there that manifest.json does not name. It was added.");
    const found = references.map((reference) => {
      const path = `samples/drawn/${reference}`;
      if (!files.has(`${path}.txt`)) {
        need(!files.has(`${path}.json`), `samples/drawn/${reference}.txt: it is not there. The sample cannot be drawn again.`);
        const why = missing.get("sample").get(reference);
        const isTrue = !(why === "unknown" && stated.has(reference)) && !(why === "lost" && stated.has(reference) && stated.get(reference).kept);
        need(isTrue, `MISSING.csv: the reason for which the sample ${reference} is left out is not true of it. The sample may be hidden.`);
        return `Sample ${reference}: named as missing`;
      }
      const told = readJson(readText(file(files, `${path}.json`)));
      const population = linesOf(file(files, `${path}.txt`));
      need(stated.has(reference), `samples/drawn/${reference}.json: the log has no act of this drawing. The sample may be invented.`);
      const facts = { ...stated.get(reference) };
      facts.population_size = facts.population;
      facts.population_sha256 = facts.sha256;
      const names = ["reference", "register", "from", "to", "method", "size", "seed", "population_size", "population_sha256"];
      need(names.every((name) => told[name] === facts[name]), `samples/drawn/${reference}.json: the log recorded another sample. It was changed.`);
      need(isDrawn(told, file(files, `${path}.txt`), population), `samples/drawn/${reference}.json: the seed draws other rows. They may have been chosen by hand.`);
      const compared = comparePopulation(files, told, population, registers, days);
      return `Sample ${reference}: ${told.chosen.length} of ${population.length} rows of ${told.register}${compared}`;
    });
    return [...found, ...left];
  };
  // Each event of one person's file is the record that its receipt proves; the others were erased, and only those.
  const checkEvents = (files, manifest, keys) => {
    const events = linesOf(file(files, "events.jsonl")).map(readJson);
    const proved = new Map(events.filter((row) => row.proof).map((row) => [row.proof, row]));
    const proofs = [...files.keys()].filter((path) => path.startsWith("proofs/"));
    need(proofs.length === proved.size && proofs.every((path) => proved.has(path)), "events.jsonl: an event has no receipt in proofs/, or a receipt has no event. One was added or taken out.");
    need(proved.size === manifest.records && events.length === manifest.records + manifest.missing, "events.jsonl: manifest.json counts another number of events. One was added or taken out.");
    for (const [path, row] of proved) {
      const found = receipt(file(files, path), keys);
      need(found.note === readText(file(files, CHECKPOINT)), "proofs/: a receipt belongs to another checkpoint than ledger/checkpoint.txt. It was exchanged.");
      const stands = found.index === String(row.leaf) && found.leaf === row.leaf_hash && found.record.event_id === row.entry;
      need(stands, `events.jsonl, event ${row.number}: its receipt is of another entry of the log. The event was changed.`);
      const act = found.record.act === undefined ? `consent.answer.${found.record.event}` : found.record.act;
      need(act === row.act && found.record.recorded_at === row.recorded_at, `events.jsonl, event ${row.number}: its receipt says something else. The event was changed.`);
    }
    const lines = events.map((row) => `${row.entry} ${row.leaf_hash}\n`).join("");
    need(hex(sha256(utf8(lines))) === manifest.events_sha256, "events.jsonl: manifest.json names other events. They are not those that were signed off.");
  };

  // The files are those of the manifest, to the byte, in the order of their names.
  const checkFiles = (files, manifest) => {
    const listed = new Map(manifest.files.map((row) => [row.path, row]));
    const inOrder = (names) => names.every((name, place) => !place || names[place - 1] < name);
    need(listed.size === manifest.files.length && inOrder([...listed.keys()]), "manifest.json: it names a file twice or out of order. It was changed.");
    for (const path of listed.keys()) {
      file(files, path);
    }
    need(files.size === listed.size + 2, "manifest.json: it does not name the files of the pack. A file was added or taken out.");
    need(inOrder([...files.keys()]), "The files of the pack are in another order than packs have. It was packed again.");
    for (const [path, row] of listed) {
      const content = file(files, path);
      need(content.length === row.bytes && hex(sha256(content)) === row.sha256, `${path}: manifest.json names another content. The file was changed.`);
    }
  };
  const FOR_PEOPLE = ["00-summary.pdf", "README.txt", "verify.html", "verify.py"];
  const KNOWN = [
    /^(MISSING\.csv|controls\.json|policy-map\.json|manifest\.(json|tlog-proof))$/,
    /^ledger\/(leaves\.jsonl|others\.jsonl|proof\.json|checkpoint\.txt)$/,
    /^registers\/[a-z_]+\.(csv|jsonl)$/,
    /^reports\/[a-z0-9_-]+\.(csv|json)$/,
    /^letters\/[^/]+\.txt$/,
    /^attachments\/[A-Z0-9-]+\.(pdf|jpg|png)$/,
    /^samples\/(sample\.json|population\.txt|\d{9,}\.tlog-proof|drawn\/[A-Z0-9-]+\.(json|txt))$/,
  ];
  // Everything a pack claims; returns lines about what was found, and what it does not cover. Throws Bad with what is
  // wrong, in words, Older for a pack of an earlier release, and Superseded with the lines for one of the form before that was
  // sealed when this one was in use.
  const checkPack = (data, keys, wholeReceipt) => {
    const files = readPack(data);
    need(files.has(MANIFEST) && files.has(MANIFEST_RECEIPT), "manifest.json: it is not there. Without it nothing of the pack can be checked.");
    const manifest = readJson(readText(file(files, MANIFEST)));
    if (["onesetu-evidence-pack/1", "onesetu-evidence-pack/2", "onesetu-evidence-pack/3"].includes(manifest.format)) {
      throw new Older(
        `This pack is of an older form (${manifest.format}). Check it with a trusted copy of the program of that release, which is in the pack too.`,
      );
    }
    const ofPerson = manifest.format === "onesetu-person-file/1";
    need(ofPerson || [PACK_FORMAT, FORMAT_BEFORE].includes(manifest.format), "manifest.json: this program does not know this form of pack. Use the program of the release that made it.");
    checkFiles(files, manifest);
    const sealed = receipt(file(files, MANIFEST_RECEIPT), keys);
    const facts = sealed.record.facts || {};
    need(sealed.record.act === "evidence.manifest.sealed" && facts.sha256 === hex(sha256(file(files, MANIFEST))), "manifest.tlog-proof: it is not the receipt of manifest.json. The manifest was changed, or is of another pack.");
    const head = checkpoint(files, keys);
    need(sealed.origin === head.origin && head.origin === manifest.origin, "ledger/checkpoint.txt: it is of another log than the manifest. The pack is put together from two.");
    if (wholeReceipt) {
      const whole = receipt(wholeReceipt, keys).record;
      const act = ofPerson ? "evidence.file.made" : "evidence.pack.made";
      need(whole.act === act && whole.facts && whole.facts.sha256 === hex(sha256(data)), "The receipt is of another pack. Take the receipt that came with this one.");
    }
    const under = `Log ${head.origin}, ${head.size} entries when it was signed`;
    if (ofPerson) {
      checkEvents(files, manifest, keys);
      return `File ${manifest.file} as of ${manifest.as_of}: ${manifest.files.length} files, ${manifest.records} events proved and ${manifest.missing} erased. ${under}`;
    }
    for (const path of [...files.keys()].sort()) {
      need(FOR_PEOPLE.includes(path) || KNOWN.some((known) => known.test(path)), `${path}: packs have no such file. It was added.`);
    }
    const named = manifest.checkpoint;
    const isNamed = named.size === Number(head.size) && named.root === btoa(String.fromCharCode(...head.root)) && Object.keys(named).length === 2;
    need(isNamed, "manifest.json: it names another checkpoint than ledger/checkpoint.txt. One of them was changed.");
    const days = manifest.period;
    need(facts.from === days.from && facts.to === days.to, "manifest.json: the log recorded other days for it. The period was changed.");
    const log = checkLog(files, manifest, head);
    const missing = readMissing(files);
    const erased = checkErased(missing, log);
    const records = log.inside.map((one) => String(one.index));
    const counted = manifest.format === FORMAT_BEFORE ? manifest.missing : manifest.erased_entries;
    need(records.length === manifest.records && erased === counted, "manifest.json: it counts another number of entries than ledger/leaves.jsonl. Entries were added or taken out.");
    const samples = checkSamples(files, manifest.sample, records, keys);
    const [registers, compared] = checkRegisters(files, manifest, log, missing);
    checkStated(files, manifest, log, missing);
    const controls = checkControls(files, manifest, registers);
    checkLetters(files, registers.get("messages"), manifest, missing);
    const attached = checkAttachments(files, registers.get("attachments"), log, missing);
    const drawn = checkDrawn(files, manifest, log, registers, missing);
    checkLacking(files, manifest, missing, log);
    const isOlder = manifest.format === FORMAT_BEFORE;
    const lines = [
      `Pack of ${days.from} to ${days.until || days.to}: ${manifest.files.length} files, ${records.length} log entries of the period and ${erased} erased, ${samples} receipts of the sample. ${under}`,
      ...(isOlder ? [`${OF_FORM_BEFORE} (${manifest.format})`] : []),
      ...drawn,
      controls,
      attached,
      ...compared,
      ...log.acts("ledger.anomaly.explained").map(({ facts: one }) => `Explained by two people: times out of order among the entries ${one.first} to ${one.last} of the log (${one.cause})`),
      `Not proved by the log, only unchanged since the pack was made: ${FOR_PEOPLE.filter((one) => files.has(one)).join(", ")}`,
    ].join("\n");
    const sealedOn = sealed.record.recorded_at.slice(0, FORM_SINCE.length);
    if (isOlder && sealedOn >= FORM_SINCE) {
      throw new Superseded(`Sealed on ${sealedOn}, and packs of the form ${PACK_FORMAT} are made since ${FORM_SINCE}. Ask for one of the same days. ${lines}`);
    }
    return lines;
  };
  return { checkPack, draw, Bad, Older, Superseded };
})();

(() => {
  const form = document.getElementById("pack-verifier");
  form.hidden = false;
  const bytes = async (name) => {
    const file = form.elements[name].files[0];
    return file ? new Uint8Array(await file.arrayBuffer()) : null;
  };
  const show = (result, words) => {
    for (const one of ["holds", "consistent", "refused", "older", "superseded"]) {
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
      const { Bad, Older, Superseded } = packVerifier;
      const result = error instanceof Older ? "older" : error instanceof Superseded ? "superseded" : "refused";
      show(result, result !== "refused" || error instanceof Bad ? error.message : "The file is damaged.");
    }
    button.textContent = label;
  });
})();
