/**
 * Report events to Aymak from Node 18 or newer; no dependencies.
 *
 *     const client = Client.fromEnv();
 *     client.add("client_verified", { client_ref: "u-1001" }, { id: "verified-u-1001-1" }); // in the spool
 *     await client.flush();                                                                // sends them
 *
 * add() survives a crash as soon as it has returned; call it beside the change in your own database.
 * flush() sends what waits, from a timer or a worker: see examples/README.md.
 * As a command: node aymak-client.mjs add TYPE [ID] < data.json, node aymak-client.mjs flush
 */

import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const BATCH = 100;
const ATTEMPTS = 6;
const LONGEST_WAIT = 30;
const LONGEST_RETRY_AFTER = 60;
// Milliseconds after which whoever sends says so, and after which silence means death.
const TOUCH = 5_000;
const SILENT = 120_000;
// What another attempt may mend; anything else is a mistake of the event or of the settings.
const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The gateway gave no good answer in all attempts; the events wait in the spool. */
export class Unreachable extends Error {}

/** The gateway refuses the request itself: address, key or form; a person must look. */
export class Misconfigured extends Error {}

/** A folder with one file for each event: "pending" waits, "refused" needs a person. */
export class Spool {
  constructor(folder) {
    this.lock = path.join(folder, "lock.pid");
    for (const name of ["tmp", "pending", "refused"]) {
      this[name] = path.join(folder, name);
      fs.mkdirSync(this[name], { recursive: true, mode: 0o700 });
    }
    this.count = 0;
  }

  /** Keep an event; it is on the disk when this returns. */
  add(event) {
    const at = `${String(Date.now()).padStart(14, "0")}${String(this.count++ % 1e6).padStart(6, "0")}`;
    this.#write(this.pending, `${at}-${randomUUID().slice(0, 8)}.json`, event);
  }

  /** Return the names of what waits, oldest first. */
  waiting() {
    return fs.readdirSync(this.pending).filter((name) => name.endsWith(".json")).sort();
  }

  /** Return a waiting event, or undefined where a file holds no JSON. */
  read(name) {
    const text = fs.readFileSync(path.join(this.pending, name), "utf8");
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  /** Forget an event that was accepted. */
  done(name) {
    fs.unlinkSync(path.join(this.pending, name));
  }

  /** Put an event that was refused where it blocks nothing, beside the reason. */
  setAside(name, problem) {
    this.#write(this.refused, name.replace(".json", ".problem.json"), problem ?? null);
    fs.renameSync(path.join(this.pending, name), path.join(this.refused, name));
    sync(this.refused);
  }

  /**
   * Call work in one process at a time. Node has no flock: a file holds the process's number and
   * is touched while it works; one of a process that is gone or silent is taken over. Should two
   * ever meet, they send the same ids, which Aymak takes for the same facts.
   */
  async inTurn(work) {
    if (!this.#take() && !(this.#isStale() && this.#take())) return;
    const alive = setInterval(() => fs.utimesSync(this.lock, new Date(), new Date()), TOUCH);
    try {
      await work();
    } finally {
      clearInterval(alive);
      fs.rmSync(this.lock, { force: true });
    }
  }

  #take() {
    // A link appears whole: nobody reads a lock without its number.
    const mine = path.join(this.tmp, `lock.${process.pid}`);
    fs.writeFileSync(mine, String(process.pid));
    try {
      fs.linkSync(mine, this.lock);
      return true;
    } catch (problem) {
      if (problem.code !== "EEXIST") throw problem;
      return false;
    } finally {
      fs.unlinkSync(mine);
    }
  }

  #isStale() {
    try {
      const isSilent = Date.now() - fs.statSync(this.lock).mtimeMs > SILENT;
      process.kill(isSilent ? NaN : Number(fs.readFileSync(this.lock, "utf8")), 0);
      return false;
    } catch (problem) {
      // EPERM: somebody else's process, and a living one.
      if (problem.code === "EPERM") return false;
      fs.rmSync(this.lock, { force: true });
      return true;
    }
  }

  #write(folder, name, value) {
    // A name in its final folder is always a whole file: written and synced elsewhere first.
    const draft = path.join(this.tmp, `${name}.${process.pid}`);
    const file = fs.openSync(draft, "w", 0o600);
    try {
      fs.writeFileSync(file, JSON.stringify(value));
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(draft, path.join(folder, name));
    sync(folder);
  }
}

function sync(folder) {
  const handle = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** Builds events, keeps them and sends them; timeout and firstWait are seconds. */
export class Client {
  constructor({ url, key, source, folder, timeout = 10, firstWait = 0.5 }) {
    Object.assign(this, { source, timeout, firstWait });
    this.url = `${url.replace(/\/+$/, "")}/v1/events`;
    this.spool = new Spool(folder);
    this.headers = {
      Authorization: `Bearer ${key}`,
      "Content-Type": "application/cloudevents-batch+json",
      "Accept-Language": "en",
    };
  }

  /** Make a client from AYMAK_URL, AYMAK_KEY, AYMAK_SOURCE and AYMAK_SPOOL. */
  static fromEnv(env = process.env) {
    for (const name of ["AYMAK_URL", "AYMAK_KEY", "AYMAK_SOURCE"]) {
      if (!env[name]) throw new Misconfigured(`${name} is not set`);
    }
    return new Client({
      url: env.AYMAK_URL,
      key: env.AYMAK_KEY,
      source: env.AYMAK_SOURCE,
      folder: env.AYMAK_SPOOL ?? "spool",
      timeout: Number(env.AYMAK_TIMEOUT ?? 10),
      firstWait: Number(env.AYMAK_WAIT ?? 0.5),
    });
  }

  /**
   * Keep an event and return its id, which stays the same however often it is sent.
   * Give an id that your own data determine where a fact could be added twice.
   */
  add(type, data, { id = randomUUID(), at = new Date() } = {}) {
    this.spool.add({
      specversion: "1.0",
      id,
      source: this.source,
      type,
      time: at.toISOString(),
      datacontenttype: "application/json",
      data,
    });
    return id;
  }

  /**
   * Send what waits, oldest first; returns at once while another process does so.
   * Throws Unreachable or Misconfigured; then everything unsent is still there.
   */
  async flush() {
    const counts = { sent: 0, refused: 0, left: 0 };
    await this.spool.inTurn(async () => {
      let size = BATCH;
      let names;
      while ((names = this.spool.waiting().slice(0, size)).length) {
        size = await this.#send(names, counts);
      }
    });
    counts.left = this.spool.waiting().length;
    return counts;
  }

  /** Settle one batch and return how large the next one may be. */
  async #send(names, counts) {
    const events = new Map(names.map((name) => [name, this.spool.read(name)]));
    for (const [name, event] of events) {
      if (event !== undefined) continue;
      this.spool.setAside(name, { title: "This file holds no JSON." });
      counts.refused++;
      events.delete(name);
    }
    if (!events.size) return BATCH;
    const [status, answer] = await this.#post([...events.values()]);
    if (status === 413 && events.size > 1) return Math.floor(events.size / 2);
    const results = status === 413 ? [{ status, problem: answer }] : (answer.results ?? []);
    if (![202, 413, 422].includes(status) || results.length !== events.size) {
      throw new Misconfigured(`HTTP ${status}: ${JSON.stringify(answer).slice(0, 500)}`);
    }
    this.#settle([...events.keys()], results, counts);
    return BATCH;
  }

  #settle(names, results, counts) {
    let kept = 0;
    results.forEach((result, number) => {
      if (result.status === 202) {
        this.spool.done(names[number]);
        counts.sent++;
      } else if (AGAIN.has(result.status)) {
        kept++;
      } else {
        this.spool.setAside(names[number], result.problem);
        counts.refused++;
      }
    });
    if (kept) throw new Unreachable(`${kept} events are to be sent later`);
  }

  /** Return status and JSON of the answer; the same bytes again after each failure. */
  async #post(events) {
    const sent = JSON.stringify(events);
    let wait = 0;
    let why = "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt) {
        const most = Math.min(LONGEST_WAIT, this.firstWait * 2 ** attempt);
        await sleep(1000 * (wait + Math.random() * most));
      }
      wait = 0;
      try {
        const answer = await fetch(this.url, {
          method: "POST",
          headers: this.headers,
          body: sent,
          redirect: "manual",
          signal: AbortSignal.timeout(1000 * this.timeout),
        });
        const body = await answer.text();
        if (!AGAIN.has(answer.status)) return [answer.status, object(body, answer.status)];
        why = `HTTP ${answer.status}`;
        const given = answer.headers.get("retry-after") ?? "";
        if (/^\d+$/.test(given)) wait = Math.min(LONGEST_RETRY_AFTER, Number(given));
      } catch (problem) {
        // Also a good status whose body was cut off: nobody knows what became of it.
        why = problem.name;
      }
    }
    throw new Unreachable(`no good answer in ${ATTEMPTS} attempts, the last: ${why}`);
  }
}

function object(body, status) {
  try {
    return Object(JSON.parse(body));
  } catch (problem) {
    if (status === 202) throw problem;
    return {};
  }
}

/** Run the command; 0 all is well, 75 try again later, 78 somebody must look. */
async function main([command, type, id]) {
  const client = Client.fromEnv();
  if (command === "add" && type) {
    const data = JSON.parse(await text(process.stdin));
    console.log(client.add(type, data, id ? { id } : {}));
    return 0;
  }
  if (command !== "flush") {
    console.error("usage: node aymak-client.mjs add TYPE [ID] < data.json | flush");
    return 64;
  }
  try {
    const { sent, refused, left } = await client.flush();
    console.log(`sent ${sent}, refused ${refused}, left ${left}`);
    return 0;
  } catch (problem) {
    if (!(problem instanceof Unreachable || problem instanceof Misconfigured)) throw problem;
    console.error(`${problem.message}; left ${client.spool.waiting().length}`);
    return problem instanceof Unreachable ? 75 : 78;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  process.exitCode = await main(process.argv.slice(2));
}
