// The registers of an evidence pack against the leaves of the log: the same questions as verify.py asks, in the same words.
// STATED says which fact of a leaf each column repeats, REGISTERS which columns there are; both are put before this file when
// the page is made.
"use strict";

const packRegisters = ({ PACK_FORMAT, need, file, readText, readJson, linesOf, bytesOf, same }) => {
  const { join, utf8, hex, sha256, node, openLeaf } = verifier;
  const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  const textOf = (files, path) => readText(file(files, path));
  const rowsOf = (files, path) => linesOf(file(files, path)).map(readJson);
  const members = (value) => Object.keys(value).sort().join();
  const sorted = (value) => {
    if (Array.isArray(value)) {
      return value.map(sorted);
    }
    const pairs = value && typeof value === "object" ? Object.keys(value).sort() : null;
    return pairs ? Object.fromEntries(pairs.map((name) => [name, sorted(value[name])])) : value;
  };
  const written = (value) => JSON.stringify(sorted(value));

  // Leaves and the tree.
  const readLeaves = (data) =>
    linesOf(data).map((line) => {
      const row = readJson(line);
      const leaf = bytesOf(row.leaf);
      need(Number.isSafeInteger(row.index) && leaf.length === 32, "ledger: an entry is not written as packs write it. It was changed.");
      if (members(row) === "index,leaf,payload,salt") {
        const opened = openLeaf(join(bytesOf(row.salt), utf8(row.payload)));
        need(hex(opened) === row.leaf, `ledger, entry ${row.index}: its content is not what the log recorded. It was changed afterwards.`);
        return { index: row.index, leaf, says: readJson(row.payload) };
      }
      const isErased = members(row) === "erased,index,leaf" && row.erased === true;
      need(isErased, `ledger, entry ${row.index}: it has no content and is not called erased. Its content was taken out of the pack.`);
      return { index: row.index, leaf, says: null };
    });
  const recordedAt = (one) => {
    const at = one.says ? one.says.recorded_at : "";
    need(typeof at === "string" && MOMENT.test(at), `ledger, entry ${one.index}: it states no time. Whether it belongs to the period cannot be seen.`);
    return at;
  };
  // The root over start to end; where no leaf is at hand its node is the next of the hashes.
  const treeRoot = (start, end, places, leaves, hashes) => {
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      [low, high] = places[middle] < start ? [middle + 1, high] : [low, middle];
    }
    if (low === places.length || places[low] >= end) {
      need(hashes.length, "ledger/proof.json: it is too short for the entries of the pack. Entries cannot be proved.");
      return hashes.pop();
    }
    if (end - start === 1) {
      return leaves.get(start);
    }
    let half = 1;
    while (half * 2 < end - start) {
      half *= 2;
    }
    const left = treeRoot(start, start + half, places, leaves, hashes);
    return node(left, treeRoot(start + half, end, places, leaves, hashes));
  };
  const bounds = (period) => {
    const isDay = (text) => typeof text === "string" && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
    need(isDay(period.from) && isDay(period.to), "manifest.json: the period has no plain days. The pack was changed.");
    const midnight = (day, days) => new Date(Date.parse(`${day}T00:00:00.000+05:30`) + days * 86400000).toISOString();
    const end = midnight(period.to, 1);
    const until = "until" in period ? period.until : end;
    need(typeof until === "string" && MOMENT.test(until) && until <= end, "manifest.json: the end of the period is not a plain time in it. The pack was changed.");
    return [midnight(period.from, 0), until];
  };
  // The leaves are those of the log, without a gap from before the period to after it; what was erased has its redaction.
  const checkLog = (files, manifest, head) => {
    const leaves = readLeaves(file(files, "ledger/leaves.jsonl"));
    const others = readLeaves(file(files, "ledger/others.jsonl"));
    const shown = [...leaves, ...others];
    const { first } = manifest;
    need(leaves.length && leaves.every((one, place) => one.index === first + place), "ledger/leaves.jsonl: an entry of the period is missing or there twice. The list has to be without a gap, so something may be hidden.");
    const places = shown.map((one) => one.index).sort((one, two) => one - two);
    const size = Number(head.size);
    const hashes = readJson(textOf(files, "ledger/proof.json")).hashes.map(bytesOf).reverse();
    need(new Set(places).size === places.length && places[0] >= 0 && places[places.length - 1] < size, "ledger: an entry is there twice, or is not in the log that was signed. The entries were changed.");
    const root = treeRoot(0, size, places, new Map(shown.map((one) => [one.index, one.leaf])), hashes);
    need(hex(root) === hex(head.root) && !hashes.length, "ledger: the entries do not lead to the root that was signed. They are not those of the log.");
    const [start, end] = bounds(manifest.period);
    need(first === 0 || recordedAt(leaves[0]) < start, "ledger/leaves.jsonl: it does not begin with an entry from before the period. The first entries of the period may be left out.");
    need(recordedAt(leaves[leaves.length - 1]) >= end, "ledger/leaves.jsonl: it does not end with an entry from after the period. The last entries of the period may be left out.");
    const redacted = new Map(
      shown
        .filter((one) => one.says && one.says.kind === "redaction")
        .map(({ index, says }) => [says.target_index, [says.target_leaf, index, says.target_act || null]]),
    );
    // The entries without content: by place the act that the record of the erasure names, null where it names none.
    const erased = new Map();
    for (const one of shown) {
      const [leaf, at, act] = redacted.get(one.index) || ["", -1, null];
      const isSo = one.says !== null || (leaf === hex(one.leaf) && at > one.index);
      need(isSo, `ledger, entry ${one.index}: it is called erased, but no later entry records the erasure. Its content may be hidden.`);
      if (one.says === null) {
        erased.set(one.index, act);
      }
    }
    const inside = leaves.filter((one) => one.says && recordedAt(one) >= start && recordedAt(one) < end);
    const inOrder = [...shown].sort((one, two) => one.index - two.index);
    const placed = (...wanted) => inOrder.filter((one) => one.says && wanted.includes(one.says.act));
    const acts = (...wanted) => placed(...wanted).map((one) => one.says);
    return { leaves, inside, placed, acts, erased, period: [start, end] };
  };

  // Cells and rows. Leaves of consents did not have these members from the beginning; what else is not there is nothing.
  const SINCE = new Set(["address_kind", "address_verified", "expires_at", "receipt"]);
  const fact = (says, path) => {
    if (path.startsWith("is:") || path.startsWith("word:")) {
      return path.startsWith("is:") ? JSON.parse(path.slice(3)) : path.slice(5);
    }
    if (path.startsWith("about:")) {
      const label = `${path.slice(6)}:`;
      return says.about.startsWith(label) ? says.about.slice(label.length) : null;
    }
    if (path.startsWith("who:")) {
      const who = says[path.slice(4)];
      const ref = who.ref.replace(/^user:/, "");
      return ref && ref !== who.kind ? `${who.kind}:${ref}` : who.kind;
    }
    let found = says;
    for (const step of path.split(".")) {
      if (found === null) {
        return null;
      }
      if (!Object.hasOwn(found, step)) {
        return SINCE.has(path) || path.startsWith("facts.") ? undefined : null;
      }
      found = found[step];
    }
    return found;
  };
  const isSame = (value, stated) => {
    if (value === null || value === "" || (Array.isArray(value) && !value.length)) {
      return stated === null || stated === "";
    }
    if (Array.isArray(value) && typeof stated === "string") {
      return written(value.map(String).sort()) === written(stated.split(/[ ,]+/).filter(Boolean).sort());
    }
    return written(value) === written(stated);
  };
  // As Python writes values: the CSV of a register is made by it.
  const pythonJson = (value) => {
    if (Array.isArray(value)) {
      return `[${value.map(pythonJson).join(", ")}]`;
    }
    if (value && typeof value === "object") {
      const names = Object.keys(value).sort();
      return `{${names.map((name) => `${JSON.stringify(name)}: ${pythonJson(value[name])}`).join(", ")}}`;
    }
    return JSON.stringify(value);
  };
  const pythonText = (value) => ({ null: "None", true: "True", false: "False" })[value] || String(value);
  const cellOf = (value) => {
    if (value === null) {
      return "";
    }
    if (typeof value === "boolean") {
      return value ? "yes" : "no";
    }
    let text = String(value);
    if (Array.isArray(value)) {
      text = value.map((item) => (Array.isArray(item) ? item.map(pythonText).join(" ") : pythonText(item))).join("; ");
    } else if (typeof value === "object") {
      text = pythonJson(value);
    }
    return /^[ \u00a0\ufeff]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  };
  const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const csvOf = (lines) => utf8(lines.map((line) => `${line.map((cell) => quoted(cellOf(cell))).join(",")}\r\n`).join(""));

  const readRegister = (files, name, count) => {
    const lines = linesOf(file(files, `registers/${name}.jsonl`));
    const rows = lines.map(readJson);
    need(rows.length === count, `registers/${name}.jsonl: manifest.json counts another number of rows. Rows were added or taken out.`);
    need(rows.every((row, place) => JSON.stringify(row) === lines[place]), `registers/${name}.jsonl: a row is not written as packs write it. It was changed after the pack was made.`);
    const heads = REGISTERS[name].columns.split(" ");
    need(rows.every((row) => written(Object.keys(row)) === written(heads)), `registers/${name}.jsonl: it does not have the columns of this register. It was changed after the pack was made.`);
    const isSpread = same(csvOf([heads, ...rows.map((row) => heads.map((head) => row[head]))]), file(files, `registers/${name}.csv`));
    need(isSpread, `registers/${name}.csv: it does not say the same as registers/${name}.jsonl. One of them was changed.`);
    // A row of a view of many tables has no number of its own: then it is a text.
    const isNumber = (value) => typeof value === typeof rows[0].row && ["number", "string"].includes(typeof value);
    const inOrder = rows.every((row, place) => isNumber(row.row) && (!place || rows[place - 1].row < row.row));
    need(inOrder, `registers/${name}.jsonl: its rows are not in the order of their numbers. Rows were moved or added.`);
    let isOnce = new Set(rows.map((row) => JSON.stringify({ ...row, row: null }))).size === rows.length;
    for (const key of REGISTERS[name].once || []) {
      const columns = key.split(" ");
      const keys = rows.filter((row) => columns.every((one) => row[one] !== null)).map((row) => written(columns.map((one) => row[one])));
      isOnce = isOnce && new Set(keys).size === keys.length;
    }
    need(isOnce, `registers/${name}.csv: a row is there twice. One was added.`);
    return rows;
  };
  const shifted = (day, days) => new Date(Date.parse(`${day}T00:00:00.000Z`) + days * 86400000).toISOString().slice(0, 10);
  // The day in India of an instant.
  const india = (moment) => shifted(moment.slice(0, 10), moment.slice(11) >= "18:30" ? 1 : 0);
  // What of a row lies in the period, as its register says it. Times are written to the millisecond: an end that touches its
  // own beginning may have come after it.
  const marksOf = (row, days, [start, end], [first, over], touching) => {
    const inside = (column) => column !== undefined && row[column] !== null && start <= row[column] && row[column] < end;
    const among = Object.entries(days.among || {}).every(([column, value]) => row[column] === value);
    const [since, until, last] = ["since", "until", "last"].map((name) => (name in days ? row[days[name]] : null));
    const found = inside(days.entered) ? ["entered"] : [];
    if ((days.changed || []).some(inside)) {
      found.push("changed");
    }
    if (since !== null && among && since < end) {
      const lasts = until === null || (until > start && (until > since || (touching && until === since)));
      if (lasts && (last === null || (last >= first && last >= india(since)))) {
        found.push("in_force");
      }
    }
    if (among && (inside(days.until) || (last !== null && first <= last && last <= over))) {
      found.push("ended");
    }
    return found;
  };
  // Why each row belongs to the period follows from its days. Of registers whose days the pack shows only in part nothing is said.
  const checkDays = (name, rows, period) => {
    const { days } = REGISTERS[name];
    if (days === undefined) {
      return;
    }
    const over = [period.from, shifted(period.to, "until" in period ? -1 : 0)];
    for (const row of rows) {
      const marks = [false, true].map((touching) => written(marksOf(row, days, bounds(period), over, touching)));
      need(marks.includes(written(row.in_period)), `registers/${name}.csv, row ${row.row}: in_period does not follow from the dates of the row. A date or in_period was changed.`);
    }
  };
  // By column what a leaf says of it, and which entry that is.
  const statementsOf = (rule, says) => Object.entries(rule.columns).map(([column, path]) => [column, [fact(says, path), says.event_id]]);
  const checkRow = (name, statements, row, unstated) => {
    for (const [column, [stated, entry]] of statements) {
      if (stated === undefined) {
        unstated.add(column);
      } else {
        need(Object.hasOwn(row, column), "The file is damaged.");
        const recorded = `“${cellOf(row[column])}”, but the log recorded “${cellOf(stated)}” (entry ${entry})`;
        need(isSame(row[column], stated), `registers/${name}.csv, row ${row.row}: ${column} is ${recorded}. The row does not show what was recorded.`);
      }
    }
  };
  // Each leaf of the kind has its row and each row its leaf. The leaves that rows of other registers have are taken.
  const checkKind = (name, rule, rows, log, taken, unstated) => {
    const at = new Map(log.leaves.map((one) => [one.index, one]));
    const places = rows.map((row) => row[rule.place]);
    const isOnce = new Set(places).size === places.length && !places.some((place) => taken.has(place));
    need(isOnce, `registers/${name}.csv: two rows name the same entry of the log. A row was added or changed.`);
    places.forEach((place) => taken.add(place));
    const wanted = new Set(log.inside.filter((one) => one.says.kind === rule.kind).map((one) => one.index));
    const has = new Set(places);
    for (const place of wanted) {
      need(has.has(place), `registers/${name}.csv: entry ${place} of the log has no row here. A row was taken out or changed.`);
    }
    let erased = 0;
    rows.forEach((row, number) => {
      const place = places[number];
      need(at.has(place), `registers/${name}.csv: a row names an entry that is not one of the period. The row was added or changed.`);
      const { says } = at.get(place);
      if (says === null) {
        erased += 1;
      } else {
        need(wanted.has(place), `registers/${name}.csv: a row names entry ${place} of the log, which is about something else. The row was added or changed.`);
        checkRow(name, statementsOf(rule, says), row, unstated);
      }
    });
    return `${rows.length - erased} rows${erased ? `, ${erased} more whose log entry was erased` : ""}`;
  };
  // What names the rows that an act is about.
  const keysOf = (says, paths) => {
    let keys = [[]];
    for (const path of paths) {
      const isEach = path.startsWith("each:");
      const found = fact(says, isEach ? path.slice(5) : path);
      const words = isEach ? String(found).split(/\s+/).map((word) => word.split("/")[0]) : [String(found)];
      keys = found === null || found === undefined ? [] : keys.flatMap((key) => words.map((word) => [...key, word]));
    }
    return keys.map((key) => key.join(" "));
  };
  // By the key of a row the erased entries that may have been acts of a rule.
  const lostOf = (name, rule, gaps) => {
    const along = rule.along ? rule.along.acts : [];
    const acts = new Set([null, rule.act, ...Object.keys(rule.later || {}), ...along]);
    const found = new Map();
    for (const [row, erased] of gaps.bare) {
      const [register, ...key] = row.split(" ");
      const its = erased.filter((one) => acts.has(one.act));
      if (its.length && register === name && key.length === Object.keys(rule.key).length) {
        found.set(key.join(" "), its);
      }
    }
    return found;
  };
  // What the log says of rows, by their keys: by column the place of the last act that states it, what that says, and its entry.
  // An erased act takes part at its place: what every act of its kind says of a column is said, and the other columns that acts
  // of its kind state are free until a later act that is shown states them.
  const statedOf = (name, rule, log, gaps) => {
    const paths = Object.values(rule.key);
    const later = rule.later || {};
    const stated = { says: new Map(), begun: new Map(), free: new Map() };
    for (const { index, says } of log.placed(rule.act).reverse()) {
      for (const key of keysOf(says, paths)) {
        stated.begun.set(key, index);
        stated.says.set(key, new Map(statementsOf(rule, says).map(([column, one]) => [column, [index, ...one]])));
      }
    }
    for (const { index, says } of log.placed(...Object.keys(later))) {
      const again = later[says.act];
      for (const key of keysOf(says, pathsOf(rule, again)).filter((one) => stated.begun.has(one) || gaps.saysAct)) {
        stated.says.set(key, stated.says.get(key) || new Map());
        statementsOf(again, says).forEach(([column, one]) => stated.says.get(key).set(column, [index, ...one]));
      }
    }
    for (const [key, erased] of lostOf(name, rule, gaps)) {
      const inOrder = [...erased].sort((one, two) => one.place - two.place);
      inOrder.forEach((one) => takeOut(`${name} ${key}`, rule, stated, key, one));
    }
    return stated;
  };
  // What an erased act states of a row is not compared, but for what every act of its kind says.
  const takeOut = (row, rule, stated, key, { place, act }) => {
    const later = rule.later || {};
    const said = stated.says.get(key) || new Map();
    stated.says.set(key, said);
    const isFirst = act === rule.act || (act === null && !stated.begun.has(key));
    // The list of a pack of the form before names an act about a case for each deadline of it, also for those that began later.
    const isAfter = place > (stated.begun.has(key) ? stated.begun.get(key) : -1) || (act === null && rule.along !== undefined);
    const isSo = isFirst ? !stated.begun.has(key) && ![...said.values()].some(([at]) => at < place) : isAfter;
    const why = isFirst ? "has acts before it" : "began after it";
    need(isSo, `MISSING.csv: it names the erased entry ${place} for the row ${row}, which ${why}. The entry was about something else, and the row may be changed.`);
    let columns = isFirst ? rule.columns : (later[act] || { columns: {} }).columns;
    if (!isFirst && act === null) {
      columns = Object.fromEntries(Object.values(later).flatMap((again) => Object.keys(again.columns)).map((column) => [column, ""]));
    }
    for (const [column, path] of Object.entries(columns)) {
      if (said.has(column) && said.get(column)[0] > place) {
        continue;
      }
      if (act !== null && /^(is|word):/.test(path)) {
        said.set(column, [place, fact({}, path), String(place)]);
        stated.free.set(key, (stated.free.get(key) || []).filter((one) => one !== column));
      } else {
        said.delete(column);
        stated.free.set(key, [...(stated.free.get(key) || []), column]);
      }
    }
  };
  const pathsOf = (rule, again) => Object.keys(rule.key).map((column) => again.key[column]);
  // Whether an act states an instant in the period, by which its row belongs to the register of the period. An act with which a
  // row begins and that states no instant counts by its own: the row was written within a minute before it.
  const isOfPeriod = (rule, says, [start, end], begins) => {
    const paths = Object.entries({ ...rule.key, ...rule.columns }).filter(([column, path]) => column.endsWith("_at") && !path.startsWith("is:"));
    const times = paths.map(([, path]) => fact(says, path)).filter((at) => typeof at === "string");
    if (begins && !times.length) {
      return instant(start) + 60000 <= instant(says.at) && instant(says.at) < instant(end);
    }
    return times.some((at) => start <= at && at < end);
  };
  // Each row is what the acts say that it follows from, and each act that states an instant of the period has its row. An act
  // whose instants lie outside the period may be without a row, if that is named.
  const checkAct = (name, rule, rows, log, gaps, unstated) => {
    const columns = Object.keys(rule.key);
    const paths = Object.values(rule.key);
    const lost = lostOf(name, rule, gaps);
    const stated = statedOf(name, rule, log, gaps);
    const seen = new Map();
    const acts = new Map();
    log.acts(rule.act).flatMap((says) => keysOf(says, paths)).forEach((key) => acts.set(key, (acts.get(key) || 0) + 1));
    let count = 0;
    let without = 0;
    const isComplete = (row) => columns.every((column) => row[column] !== null);
    for (const row of rows) {
      if (!isComplete(row)) {
        need(!rule.whole, `registers/${name}.csv: a row is empty in a column that names it. No entry of the log can be found for it, so it may be invented.`);
        continue;
      }
      count += 1;
      const key = columns.map((column) => String(row[column])).join(" ");
      seen.set(key, (seen.get(key) || 0) + 1);
      const most = rule.each ? Math.max(acts.get(key) || 0, 1) : columns.length > 1 ? seen.get(key) : 1;
      need(seen.get(key) <= most, `registers/${name}.csv: a row is there twice. One was added.`);
      const said = [...(stated.says.get(key) || [])].map(([column, [, value, entry]]) => [column, [value, entry]]);
      checkRow(name, said, row, unstated);
      const itsLost = lost.get(key) || [];
      if (!stated.begun.has(key)) {
        without += 1;
        const isErased = itsLost.some((one) => one.act === null || one.act === rule.act);
        const isNamed = !(rule.whole || (rule.needs && row[rule.needs] !== null)) || isErased;
        need(isNamed, `registers/${name}.csv: no entry of the log states the row ${key}, and MISSING.csv names none as erased. The row may be invented or changed.`);
      }
      itsLost.forEach((one) => gaps.used.add(one.name));
    }
    const brought = new Map();
    for (const { says } of log.inside) {
      if (says.act === rule.act) {
        const isOf = isOfPeriod(rule, says, log.period, true);
        keysOf(says, paths).forEach((key) => brought.set(key, brought.get(key) || isOf));
      }
      const again = (rule.later || {})[says.act];
      if (again && isOfPeriod(again, says, log.period, false)) {
        keysOf(says, pathsOf(rule, again)).forEach((key) => brought.set(key, true));
      }
    }
    const gone = [...brought.keys()].filter((key) => !seen.has(key)).sort();
    for (const key of gone) {
      need(!brought.get(key), `registers/${name}.csv: the row ${key} is not there, but the log has an act about it in the period. The row was taken out or changed.`);
      need(rule.part || gaps.rows.has(`${name} ${key}`), `registers/${name}.csv: the row ${key} is not there, and MISSING.csv does not name it. The row was taken out or changed.`);
      gaps.used.add(`${name} ${key}`);
    }
    const found = [`${count - without} rows by ${rule.act}`];
    if (without) {
      found.push(`${without} more without a log entry in the pack`);
    }
    if (gone.length) {
      found.push(`${gone.length} acts of other days without a row`);
    }
    return [found.join(", "), stated.free];
  };
  // Which act an erased entry was, and who says so: releases before form 5 of a pack did not record it.
  const actOf = ({ act, isLogged }) => {
    if (act === null) {
      return "which act is not said";
    }
    return isLogged ? act : `${act}, as MISSING.csv says; the log does not name it`;
  };
  // A line about a row of which acts were erased: the columns that nothing shows any more, and the entries.
  const notCompared = (name, key, erased, free) => {
    const entries = erased.map((one) => `entry ${one.place} (${actOf(one)})`).join(", ");
    const columns = [...new Set(free)].sort().join(", ");
    return `- ${name}, row ${key}: ${columns ? `not compared: ${columns}` : "compared in every column that the log states"}; erased: ${entries}`;
  };
  // As the value of a column: the act that states it last was erased.
  const LOST = Symbol("lost");
  // Of each deadline (owner, kind, rule, start) its due date and its end, as the last act states them; undefined where that act
  // does not say, LOST where it was erased. A deadline whose start was corrected may have taken over an end: undefined, too.
  const livesOf = (log, rule, lost) => {
    const lives = new Map();
    const owners = new Map();
    const shown = new Map(log.placed(rule.act, ...rule.along.acts).map((one) => [one.index, one.says]));
    const gone = new Map();
    for (const [key, erased] of lost) {
      erased.forEach((one) => gone.set(one.place, [...(gone.get(one.place) || []), [key.split(" "), one.act]]));
    }
    for (const place of [...new Set([...shown.keys(), ...gone.keys()])].sort((one, two) => one - two)) {
      (gone.get(place) || []).forEach(([key, act]) => leaveOpen(lives, owners, key, act, act === rule.act));
      if (!shown.has(place)) {
        continue;
      }
      const { act, facts } = shown.get(place);
      const running = owners.get(facts.owner) || new Map();
      owners.set(facts.owner, running);
      const words = (text) => String(text || "").split(/\s+/).filter(Boolean);
      const named = new Set(words(facts.rules).map((word) => word.split("/")[0]));
      const dues = new Map(words(facts.dues).map((word) => [word.slice(0, word.lastIndexOf("=")), word.slice(word.lastIndexOf("=") + 1)]));
      if (act === "law.clock.started") {
        for (const key of named) {
          const life = { kind: facts.kind, key, due: undefined, end: null };
          running.set(`${facts.kind} ${key}`, life);
          lives.set(written([facts.owner, facts.kind, key, facts.started_at]), life);
        }
      }
      for (const life of running.values()) {
        const due = `${life.kind}/${life.key}`;
        if ((facts.kind !== undefined && facts.kind !== life.kind) || (!named.has(life.key) && !dues.has(due))) {
          continue;
        }
        life.due = dues.get(due);
        if (act === "law.clock.stopped" && (life.end === null || life.end === undefined)) {
          life.end = facts.stopped_at;
        } else if (act === "law.clock.corrected") {
          life.end = undefined;
        }
      }
    }
    return lives;
  };
  // What an erased act leaves open of a deadline: its due date, and its end where acts of its kind state one.
  const leaveOpen = (lives, owners, [owner, kind, key, startedAt], act, begins) => {
    const life = lives.get(written([owner, kind, key, startedAt]));
    if (begins) {
      const fresh = { kind, key, due: LOST, end: null };
      owners.set(owner, (owners.get(owner) || new Map()).set(`${kind} ${key}`, fresh));
      lives.set(written([owner, kind, key, startedAt]), fresh);
    } else if (life !== undefined) {
      life.due = LOST;
      life.end = act === null || /\.(stopped|corrected)$/.test(act) ? LOST : life.end;
    }
  };
  // Each deadline is due and ended as the last act says. One whose start was corrected ended then, or as another of its owner.
  // By deadline the columns that only an erased act states.
  const checkDeadlines = (rows, log, rule, gaps) => {
    const lives = livesOf(log, rule, lostOf("clocks", rule, gaps));
    const free = new Map();
    const ends = new Set(log.acts("law.clock.stopped").map(({ facts }) => written([facts.owner, facts.stopped_at])));
    const corrected = new Map();
    for (const { at, facts } of log.acts("law.clock.corrected")) {
      const began = written([facts.owner, facts.kind, facts.began_at]);
      corrected.set(began, [...(corrected.get(began) || []), at]);
    }
    for (const row of rows) {
      const names = [row.owner, row.kind, row.rule_key, row.started_at];
      const life = lives.get(written(names));
      if (life === undefined) {
        continue;
      }
      free.set(names.join(" "), [...(life.due === LOST ? ["due_at"] : []), ...(life.end === LOST ? ["stopped_at"] : [])]);
      const isCorrected = row.ended === "corrected";
      const takenOver = ends.has(written([row.owner, row.stopped_at]));
      let isSo = row.stopped_at === life.end || life.end === LOST;
      if (isCorrected && life.end !== LOST) {
        const found = corrected.get(written([row.owner, row.kind, row.started_at]));
        isSo = found !== undefined && (takenOver || found.includes(row.stopped_at));
      } else if (life.end === undefined) {
        isSo = row.stopped_at === null || takenOver;
      }
      need(isSo, `registers/clocks.csv, row ${row.row}: stopped_at is not the end that the log recorded last. The deadline was changed.`);
      const isDue = isCorrected || [undefined, LOST, row.due_at].includes(life.due);
      need(isDue, `registers/clocks.csv, row ${row.row}: due_at is not the date that the log recorded last. The deadline was changed.`);
    }
    const said = new Set(rows.filter((row) => row.ended === "corrected").map((row) => written([row.owner, row.kind, row.started_at, row.rule_key])));
    for (const row of rows) {
      const began = [row.owner, row.kind, row.started_at];
      const isSaid = said.has(written([...began, row.rule_key])) || !corrected.has(written(began));
      need(isSaid, `registers/clocks.csv: the log recorded that the start of a deadline of ${row.owner} was wrong, but its row does not say so. The row was changed.`);
    }
    return free;
  };
  // The cells of a CSV file (RFC 4180).
  const cellsOf = (text) => {
    const lines = [[""]];
    let isQuoted = false;
    for (let at = 0; at < text.length; at += 1) {
      const line = lines[lines.length - 1];
      if (isQuoted ? text.startsWith('""', at) : text.startsWith("\r\n", at)) {
        at += 1;
        if (isQuoted) {
          line[line.length - 1] += '"';
        } else {
          lines.push([""]);
        }
      } else if (text[at] === '"') {
        isQuoted = !isQuoted;
      } else if (text[at] === "," && !isQuoted) {
        line.push("");
      } else {
        line[line.length - 1] += text[at];
      }
    }
    return lines.slice(0, -1);
  };
  // The list of what is missing: each thing once, and for a reason that packs know. By kind the names with the codes of reasons.
  const FREE = ["promise", "measure", "duty of law"];
  const readMissing = (files) => {
    const [heads, ...lines] = cellsOf(textOf(files, "MISSING.csv"));
    const isSo = written(heads) === written(["kind", "name", "why"]) && lines.every((line) => line.length === 3);
    need(
      isSo && same(csvOf([heads, ...lines]), file(files, "MISSING.csv")),
      "MISSING.csv: it is not written as packs write it. It was changed after the pack was made.",
    );
    const found = new Map([...Object.keys(REASONS), ...FREE].map((kind) => [kind, new Map()]));
    lines.forEach(([kind, name, why], place) => {
      const row = `MISSING.csv, row ${place + 1} (${kind}, ${name})`;
      need(found.has(kind), `${row}: a pack names nothing of this kind as missing. The row was added.`);
      need(!found.get(kind).has(name), `${row}: it is named twice. A row was added.`);
      const code = Object.keys(REASONS[kind] || {}).find((one) => REASONS[kind][one] === why);
      need(code !== undefined || FREE.includes(kind), `${row}: a pack knows no such reason. Why it is missing is not shown.`);
      found.get(kind).set(name, code || "");
    });
    return found;
  };

  // The rows of which acts were erased, as the list of what is missing names them: each with entries of its own without content.
  // The list of a pack of this form says which act each was; the record of the erasure says the same or nothing.
  const readBare = (missing, log, saysAct) => {
    const found = new Map();
    const ofOne = new Map();
    const parted = (text) => [text.slice(0, text.lastIndexOf(" ")), text.slice(text.lastIndexOf(" ") + 1)];
    for (const name of missing.get("statement of a row").keys()) {
      const [before, number] = parted(name);
      const [row, act] = saysAct ? parted(before) : [before, null];
      const place = Number(number);
      need(log.erased.has(place), `MISSING.csv: it names entry ${place} as erased for the row ${row}, but the entry was not erased. The row may be invented.`);
      const recorded = log.erased.get(place);
      const isSo = act === null || recorded === null || recorded === act;
      need(isSo, `MISSING.csv: it names the erased entry ${place} as the act ${act} about the row ${row}, but its erasure was recorded as that of ${recorded}. The row may be changed.`);
      found.set(row, [...(found.get(row) || []), { place, act: act === null ? recorded : act, name, isLogged: recorded !== null }]);
      // One act starts the deadlines of several rules, and one corrects a case and its deadline.
      const [register, first] = row.split(" ");
      const one = saysAct ? [place, act, first.slice(first.lastIndexOf(":") + 1)] : [place, register, first];
      ofOne.set(written(one), place);
    }
    need(new Set(ofOne.values()).size === ofOne.size, "MISSING.csv: one erased entry is named for two rows. One of the rows may be invented.");
    for (const erased of found.values()) {
      const isOnce = new Set(erased.map((one) => one.place)).size === erased.length && (saysAct || erased.length === 1);
      need(isOnce, "MISSING.csv: a row is named with two erased entries. One was added.");
    }
    return found;
  };

  // Every register against the log, as far as leaves state it; the rows, and what was compared and what not.
  const checkRegisters = (files, manifest, log, missing) => {
    const paths = [...files.keys()].filter((path) => path.startsWith("registers/"));
    const there = new Set(paths.map((path) => path.slice(10, path.lastIndexOf("."))));
    const names = Object.keys(manifest.registers).sort();
    const isWhole = written([...there].sort()) === written(names) && [STATED, REGISTERS].every((table) => written(Object.keys(table).sort()) === written(names));
    need(isWhole, "registers/: a register is missing, or one is too many. The pack was changed.");
    const saysAct = manifest.format === PACK_FORMAT;
    const gaps = { rows: new Set(missing.get("row").keys()), bare: readBare(missing, log, saysAct), used: new Set(), saysAct };
    const registers = new Map();
    const compared = [];
    const taken = new Set();
    for (const name of names) {
      const rows = readRegister(files, name, manifest.registers[name]);
      checkDays(name, rows, manifest.period);
      registers.set(name, rows);
      const known = new Set();
      const erased = [];
      let found = STATED[name].map((rule) => {
        const unstated = new Set();
        const along = rule.along || { columns: [] };
        const isKind = Object.hasOwn(rule, "kind");
        const [what, free] = isKind ? [checkKind(name, rule, rows, log, taken, unstated)] : checkAct(name, rule, rows, log, gaps, unstated);
        if (!isKind) {
          const ended = along.acts ? checkDeadlines(rows, log, rule, gaps) : new Map();
          for (const [key, entries] of [...lostOf(name, rule, gaps)].sort(([one], [two]) => (one < two ? -1 : 1))) {
            erased.push(notCompared(name, key, entries, [...(free.get(key) || []), ...(ended.get(key) || [])]));
          }
        }
        const columns = [rule.place, ...Object.keys(rule.key || {}), ...Object.keys(rule.columns), ...along.columns];
        columns.filter((column) => !unstated.has(column)).forEach((column) => known.add(column));
        return what;
      });
      if (found.length) {
        found = rows.length ? found : ["no rows", ...found.filter((one) => one.includes(", ")).map((one) => one.slice(one.indexOf(", ") + 2))];
        const left = rows.length ? Object.keys(rows[0]).filter((column) => !known.has(column)) : [];
        compared.push(`- ${name}: ${found.join("; ")}${left.length ? `; columns not compared: ${left.join(", ")}` : ""}`, ...erased);
      }
    }
    for (const one of [...gaps.rows, ...missing.get("statement of a row").keys()].filter((row) => !gaps.used.has(row)).sort()) {
      need(false, `MISSING.csv: it names ${one}, but nothing of the registers is missing there. The row was added.`);
    }
    const others = names.filter((name) => !STATED[name].length);
    const without = "Registers not compared, because no log entry states their rows: ";
    return [registers, ["Registers compared with the log:", ...compared, without + others.join(", ")]];
  };
  const REPORTS = ["grievances", "requests", "consents", "kyc", "transparency", "incidents", "retention", "access", "logins"];
  // The months of which every day is in the period and over.
  const wholeMonths = (days) => {
    const number = (text) => Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)) - 1;
    const named = (month) => `${String(Math.floor(month / 12)).padStart(4, "0")}-${String((month % 12) + 1).padStart(2, "0")}`;
    const dayAfter = new Date(Date.parse(days.to) + 86400000).toISOString().slice(0, 10);
    const end = "until" in days ? days.to : dayAfter;
    const found = [];
    for (let month = number(days.from) + (days.from.endsWith("-01") ? 0 : 1); `${named(month + 1)}-01` <= end; month += 1) {
      found.push(named(month));
    }
    return found;
  };
  // Controls, policy map and reports have the hashes that the log states of them.
  const checkStated = (files, manifest, log, missing) => {
    const { from, to } = manifest.period;
    const stated = log.acts("evidence.report.made").map((says) => says.facts);
    for (const path of ["controls.json", "policy-map.json"]) {
      const made = hex(sha256(file(files, path)));
      const isSo = stated.some((facts) => facts.report === path && facts.from === from && facts.to === to && facts.sha256 === made);
      need(isSo, `${path}: the log recorded another content for this period. The file was changed afterwards.`);
    }
    const all = [...files.keys()].filter((path) => path.startsWith("reports/"));
    const reports = all.filter((path) => /^reports\/\d{4}-\d\d-[a-z_-]+\.json$/.test(path)).map((path) => path.slice(0, -5));
    const wanted = reports.flatMap((path) => [`${path}.csv`, `${path}.json`]);
    need(written([...all].sort()) === written(wanted.sort()), "reports/: a report is there in one form only. A file was taken out or added.");
    const lacking = new Map(missing.get("report"));
    for (const month of wholeMonths(manifest.period)) {
      for (const code of REPORTS) {
        const isNamed = lacking.get(`${month} ${code}`) === "failed";
        lacking.delete(`${month} ${code}`);
        const isThere = reports.includes(`reports/${month}-${code}`);
        need(isThere || isNamed, `reports/${month}-${code}.csv: the report is not there, and MISSING.csv does not name it. It was taken out.`);
        need(!(isThere && isNamed), `MISSING.csv: the report ${code} of ${month} is named as missing, but it is there. The row was added.`);
      }
    }
    const isOfPart = !lacking.size || (lacking.size === 1 && lacking.get("part of a month") === "part");
    need(isOfPart, "MISSING.csv: it names reports that the period does not have. A row was added.");
    for (const path of reports.sort()) {
      const data = file(files, `${path}.json`);
      const made = hex(sha256(data));
      const isKnown = stated.some(
        (facts) => facts.report === path.slice(16) && facts.from && facts.from.slice(0, 7) === path.slice(8, 15) && facts.sha256 === made,
      );
      need(isKnown, `${path}.json: the log recorded another content of this report. The report was changed afterwards.`);
      const lines = JSON.parse(readText(data)).flatMap((table) => [[table.title], table.heads, ...table.rows, []]);
      need(same(csvOf(lines), file(files, `${path}.csv`)), `${path}.csv: it does not say the same as ${path}.json. One of them was changed.`);
    }
  };
  const instant = (text) => {
    need(typeof text === "string" && MOMENT.test(text), "registers/clocks.csv: a time is not written as packs write it. The row was changed.");
    return Date.parse(text);
  };
  // What a deadline is in a period. A due date is late when its last second is over.
  const caseOf = (row, start, end) => {
    const stopped = row.stopped_at === null ? null : instant(row.stopped_at);
    const late = instant(row.due_at) + 1000;
    if (row.ended === "corrected" || instant(row.started_at) >= end || (stopped !== null && stopped < start)) {
      return "none";
    }
    if (stopped === null || stopped >= end) {
      const stoodStill = row.state === "paused" && instant(row.paused_at) < late;
      return end >= late && !stoodStill ? "missed" : "running";
    }
    if (stopped >= late) {
      return "missed";
    }
    return row.ended === "withdrawn" ? "none" : "met";
  };
  // The state of a measure at the end of a period, and the instant of its evidence: midnight in India of its day.
  const judgedBy = (evidenceOn, months, end) => {
    if (evidenceOn === null) {
      return ["missing", null];
    }
    const [year, month, day] = evidenceOn.split("-").map(Number);
    const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
    const until = new Date(Date.UTC(year, month - 1 + months, Math.min(day, last))).toISOString().slice(0, 10);
    const shown = new Date(instant(end) + 19800000).toISOString().slice(0, 10);
    return [until >= shown ? "fresh" : "stale", new Date(Date.parse(evidenceOn) - 19800000).toISOString()];
  };
  // No duty of law that had a case is left out, no measure that holds at the end, and none is there twice.
  const needEveryControl = (body, registers, [start, end]) => {
    const rules = new Set(registers.get("legal_rules").map((row) => row.key));
    const cases = registers
      .get("clocks")
      .filter((row) => caseOf(row, start, end) !== "none")
      .flatMap((row) => [row.rule_key, row.extended_by])
      .filter((key) => rules.has(key));
    const isHeld = (row) =>
      row.answer === "approved" && instant(row.starts_at) < end && (row.ends_at === null || instant(row.ends_at) > end);
    const held = registers.get("book_measure").filter(isHeld).map((row) => row.code);
    for (const [part, wanted] of [["law", cases], ["measures", held]]) {
      const codes = body[part].map((control) => control.code);
      need(new Set(codes).size === codes.length, "controls.json: a control is there twice. One was added.");
      for (const code of [...new Set(wanted)].sort()) {
        need(codes.includes(code), `controls.json: the control ${code} is not there, though the registers have a case of it. It was taken out.`);
      }
    }
    const known = new Set([...rules, ...registers.get("clocks").flatMap((row) => [row.rule_key, row.extended_by])]);
    for (const { code } of body.law) {
      need(known.has(code), `controls.json, control ${code}: registers/legal_rules.csv does not have its rule. The control was added, or the rule taken out.`);
    }
  };
  // Controls of law counted again from the deadlines of the pack, measures judged again by their evidence.
  const checkControls = (files, manifest, registers) => {
    const { about, law, measures } = readJson(textOf(files, "controls.json"));
    const [start, end] = bounds(manifest.period);
    need(about.start === start && about.end === end, "controls.json: it is about another period than the pack. It was changed, or is of another pack.");
    let counted = 0;
    needEveryControl({ law, measures }, registers, [instant(start), instant(end)]);
    for (const control of law) {
      const wrong = `controls.json, control ${control.code}: registers/clocks.csv gives another state or other cases. The control or the deadlines were changed.`;
      const cases = { met: [], missed: [], running: [], none: [] };
      for (const row of registers.get("clocks")) {
        if (control.code === row.rule_key || control.code === row.extended_by) {
          cases[caseOf(row, instant(start), instant(end))].push(String(row.row));
        }
      }
      const [met, missed, running] = [cases.met.length, cases.missed.length, cases.running.length];
      if (control.derived_from === "registers/clocks") {
        const state = missed ? "missed" : met ? "met" : "no_case";
        const said = [control.state, control.met, control.missed, control.running, control.population, control.missed_rows];
        need(written(said) === written([state, met, missed, running, met + missed, cases.missed.map((row) => `clocks:${row}`)]), wrong);
        counted += 1;
      } else {
        need(["not_a_deadline", "not_measured"].includes(control.state) && !(met + missed + running), wrong);
      }
    }
    for (const control of measures) {
      const rows = registers.get("book_measure").filter((row) => row.code === control.code);
      const judged = rows.map((row) => written(judgedBy(row.evidence_on, about.evidence_months, end)));
      need(judged.includes(written([control.state, control.last_evidence])), `controls.json, measure ${control.code}: registers/book_measure.csv gives another state. The control or the register was changed.`);
      counted += 1;
    }
    return `Controls counted again from the registers: ${counted} of ${law.length + measures.length}`;
  };
  // Each text of a letter is one that a message names by its hash, and each that was sent in the period is there or named.
  // A notification of the program of a recipient has no text; such kinds are named as what they are.
  const checkLetters = (files, messages, manifest, missing) => {
    const [start, end] = bounds(manifest.period);
    const notified = new Set();
    const sent = new Set(messages.map((row) => written([row.kind, row.template_language, row.template_sha256])));
    const left = new Set(missing.get("letter").keys());
    for (const row of messages.filter((one) => one.sent_at !== null && start <= one.sent_at && one.sent_at < end)) {
      if (row.channel === "webhook" && !row.template_sha256 && manifest.format === PACK_FORMAT) {
        notified.add(row.kind);
        continue;
      }
      const name = `${row.kind}.${row.template_language}.${row.template_sha256.slice(0, 12)}`;
      const isThere = files.has(`letters/${name}.txt`);
      need(isThere || missing.get("letter").has(name), `letters/${name}.txt: this text was sent in the period, but it is not there, and MISSING.csv does not name it. It was taken out.`);
      left.delete(isThere ? "" : name);
    }
    const isNotified = written([...notified].sort()) === written([...missing.get("recipient notification").keys()].sort());
    need(isNotified, "MISSING.csv: the notifications of recipients that it names are not those of registers/messages.csv. A row was added or taken out.");
    for (const name of [...left].sort()) {
      need(false, `MISSING.csv: it names the letter ${name}, which is there or was not sent in the period. The row was added.`);
    }
    for (const path of [...files.keys()].filter((one) => one.startsWith("letters/")).sort()) {
      const parts = path.slice(8).split(".");
      const [kind, language] = [parts.slice(0, -3).join("."), parts[parts.length - 3]];
      const whole = hex(sha256(file(files, path)));
      need(path === `letters/${kind}.${language}.${whole.slice(0, 12)}.txt`, `${path}: its content does not have the SHA-256 of its name. The text was changed.`);
      need(sent.has(written([kind, language, whole])), `${path}: registers/messages.csv has no message with this text. The text was added.`);
    }
  };
  // By the type of a file how its name ends.
  const ENDS = { "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png" };
  // So many bytes of one attachment, of all, and so many files are in a pack; records of these kinds may be about people.
  const [LARGEST, IN_ALL, MOST] = [25 * 1024 * 1024, 200 * 1024 * 1024, 2000];
  const OF_PEOPLE = ["registers.authorityorder", "registers.incident", "registers.incidentduty"];
  // Whether the reason for which an attachment is left out is true of its row and of the files before it.
  const isLeftOut = (row, why, total, count) => {
    const isTrue = {
      destroyed: row.ended_at !== null,
      people: OF_PEOPLE.includes(row.about.split(":")[0]),
      size: row.size > LARGEST,
      full: total + row.size > IN_ALL || count === MOST,
    };
    return Object.hasOwn(isTrue, why) ? isTrue[why] : true;
  };
  // The file of each attachment is the one that its row and its leaf state, or it is left out for a reason that is true of it.
  const checkAttachments = (files, rows, log, missing) => {
    const left = missing.get("attachment");
    const stated = new Map(log.acts("registers.attachment.added").map((says) => [says.facts.reference, says.facts]));
    const known = new Set();
    let total = 0;
    let held = 0;
    for (const row of rows) {
      const path = `attachments/${row.reference}.${ENDS[row.media_type]}`;
      known.add(path);
      if (!files.has(path)) {
        need(left.has(row.reference), `attachments/: the file of ${row.reference} is not there, and MISSING.csv does not name it. It was taken out.`);
        const isSo = isLeftOut(row, left.get(row.reference), total, held);
        need(isSo, `MISSING.csv: the reason for which the attachment ${row.reference} is left out is not true of it. The file may be hidden.`);
        continue;
      }
      need(!left.has(row.reference), `MISSING.csv: it names the attachment ${row.reference} as left out, but its file is there. The row was added.`);
      const found = written([hex(sha256(file(files, path))), file(files, path).length]);
      need(found === written([row.sha256, row.size]), `${path}: it is not the file of its row in registers/attachments.csv. The file or the row was changed.`);
      need(stated.has(row.reference), `${path}: no entry of the log states this file. It may have been added.`);
      const facts = stated.get(row.reference);
      need(found === written([facts.sha256, facts.size]), `${path}: it is not the file that the log recorded. It was exchanged.`);
      total += file(files, path).length;
      held += 1;
    }
    for (const path of [...files.keys()].filter((one) => one.startsWith("attachments/")).sort()) {
      need(known.has(path), `${path}: registers/attachments.csv has no row for it. The file was added.`);
    }
    const references = new Set(rows.map((row) => row.reference));
    need([...left.keys()].every((one) => references.has(one)), "MISSING.csv: it names an attachment that registers/attachments.csv does not have. The row was added.");
    const codes = [...left.values()];
    const isExported = held > 0 || codes.includes("role");
    need(!codes.includes("command") || !isExported, "MISSING.csv: it says that a command made the pack, which exports no files, but the pack holds some. A reason was changed.");
    const counted = Object.keys(REASONS.attachment).filter((code) => codes.includes(code));
    const why = counted.map((code) => `${code} ${codes.filter((one) => one === code).length}`).join(", ");
    return `Attachments: ${held} files as the log recorded them, ${left.size} left out${why ? ` (${why})` : ""}`;
  };
  // The list of what is missing names each entry that was erased, and no other; how many.
  const checkErased = (missing, log) => {
    const erased = log.leaves.filter((one) => one.says === null).map((one) => String(one.index));
    const isSo = written([...missing.get("erased record").keys()]) === written(erased);
    need(isSo, "MISSING.csv: the erased entries that it names are not those of ledger/leaves.jsonl. A row was added or taken out.");
    return erased.length;
  };
  // The list of what is missing names what controls and policy map show to be lacking and what is not in the pack; no more.
  const checkLacking = (files, manifest, missing, log) => {
    const controls = readJson(textOf(files, "controls.json"));
    const policy = readJson(textOf(files, "policy-map.json"));
    const lacks = (control) => ["missing", "missed"].includes(control.state);
    const short = manifest.sample.size - log.inside.length;
    const drawn = log.acts("evidence.sample.drawn").map((says) => says.facts.reference);
    const ofOtherDays = drawn.filter((one) => missing.get("sample").get(one) === "days");
    const lacking = {
      measure: controls.measures.filter(lacks).map((one) => one.code),
      "duty of law": controls.law.filter(lacks).map((one) => one.code),
      // Packs of the form before call it red.
      promise: policy.promises.filter((one) => ["not_shown", "red"].includes(one.state)).map((one) => one.key),
      program: files.has("verify.html") ? [] : ["verify.html"],
      sample: [...(short > 0 ? [`${short} receipts`] : []), ...manifest.sample.drawn.filter((one) => !files.has(`samples/drawn/${one}.txt`)), ...ofOtherDays],
    };
    for (const [kind, names] of Object.entries(lacking)) {
      const isNamed = written([...missing.get(kind).keys()].sort()) === written([...new Set(names)].sort());
      need(isNamed, `MISSING.csv: it does not name the same things of the kind “${kind}” as the files of the pack. Something may be hidden.`);
    }
  };
  return { checkLog, checkRegisters, checkStated, checkControls, checkLetters, checkAttachments, checkErased, checkLacking, readMissing };
};
