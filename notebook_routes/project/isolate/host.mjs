// The supervisor of an edge isolate. It holds the permissions of the process and runs no Python: the isolate is a worker
// with fewer permissions, which is interrupted when it holds its loop for too long. One that does not come back is ended
// with the process, and whoever has started this starts another.
//
// The first line on stdin is what to run, as JSON; when stdin ends, so does this. On stdout, what follows the mark in a
// line is an event, as JSON: the isolate can write there too, and does not know the mark.

import process from "node:process";

const TICK = 50;
// Milliseconds that an interrupted isolate has to come back in.
const GRACE = 2000;
// Milliseconds in which one that has taken too much memory answers those who wait.
const LAST_WORDS = 1000;
const SIGINT = 2;
// How many times its share of the processor's time an isolate may hold itself without using the processor.
const ASLEEP = 5;
// Bytes by which the engine itself may grow once the isolate answers: what it compiles, and what it has not collected.
const ENGINE = 128 * 1024 * 1024;

const { mark, ...told } = JSON.parse(await firstLine(Deno.stdin.readable));
const beats = new Int32Array(new SharedArrayBuffer(4));
const interrupt = new Uint8Array(new SharedArrayBuffer(1));
let isReady = false;
// Bytes that the process may have: known once the isolate answers, and none when it has been told to end.
let most = Infinity;
let isKept = told.keep === null;

const say = (event) => console.log(mark + JSON.stringify(event));

const isolate = new Worker(new URL("./isolate.mjs", import.meta.url), {
  type: "module",
  deno: {
    permissions: { read: [told.pyodide], net: told.net, env: false, ffi: false, run: false, sys: false, write: false },
  },
});
isolate.onmessage = ({ data }) => hear(data ?? {});
isolate.onerror = (event) => {
  event.preventDefault();
  end(event.message);
};
const read = (path) => (path === null ? null : Deno.readFileSync(path));
const [core, packages, native, site] = [told.core, told.packages, told.native, told.site].map(read);
isolate.postMessage({ ...told, core, packages, native, site, snapshot: read(told.snapshot), beats, interrupt });
watch();

function hear({ kind, text, bytes }) {
  switch (kind) {
    case "snapshot":
      // The first is sent before code of the project's runs, which is to have no say in what others start from.
      if (isKept) return;
      isKept = true;
      Deno.writeFileSync(told.keep, bytes);
      return say({ kind });
    case "ready":
      if (!isReady) most = Deno.memoryUsage().rss + 2 * told.memoryLimit + ENGINE;
      isReady = true;
      return say({ kind });
    case "stale":
    case "stdout":
    case "stderr":
      return say({ kind, text: String(text) });
    case "failed":
      return end(String(text));
  }
}

function end(text) {
  say({ kind: "failed", text });
  Deno.exit(1);
}

// Python's memory is capped in the isolate; JavaScript's beside it may be as large.
function endForMemory() {
  most = Infinity;
  const text = `it has taken over ${Math.round(told.memoryLimit / 2 ** 20)} MiB beside Python's own memory`;
  isolate.postMessage(text);
  // One that does not listen is ended all the same.
  setTimeout(() => end(text), LAST_WORDS);
}

// What counts is the processor's time, so that a busy machine cuts nobody; for who waits and takes none, ticks count, not
// the clock: a machine that sleeps holds this as well as the isolate.
function watch() {
  const patience = (told.cpuLimit * 1000 * ASLEEP) / TICK;
  let seen = -1;
  let since = process.cpuUsage();
  let ticks = 0;
  let interrupted = 0;
  setInterval(() => {
    if (Deno.memoryUsage().rss > most) endForMemory();
    const beat = Atomics.load(beats, 0);
    if (beat !== seen || !isReady) {
      [seen, since, ticks, interrupted] = [beat, process.cpuUsage(), 0, 0];
      return;
    }
    ticks += 1;
    const { user, system } = process.cpuUsage(since);
    if (!interrupted && (user + system > told.cpuLimit * 1e6 || ticks > patience)) {
      interrupted = ticks;
      Atomics.store(interrupt, 0, SIGINT);
    }
    if (interrupted && ticks - interrupted > GRACE / TICK) {
      end(`it held itself for over ${told.cpuLimit} s and could not be interrupted`);
    }
  }, TICK);
}

async function firstLine(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) Deno.exit(1);
    text += value;
  }
  reader.read().then(() => Deno.exit(0));
  return text;
}
