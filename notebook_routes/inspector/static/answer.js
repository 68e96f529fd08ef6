// What came of one request: the line that sums it up, its body by type, headers, prints, traceback; live while it comes.

import { button, fill, h, region, scrolling, tabs } from "./dom.js";
import { bytes, clock, counted, duration, kind, sign } from "./format.js";
import { isTable, parsed, table, tree } from "./json.js";
import { Items } from "./items.js";

const CACHE = { hit: "cache hit", stale: "cache stale, made anew behind", miss: "cache miss, now kept" };
/** No script, no address but what the page itself carries. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:";

/** The parts of the line that sums a run up. */
export function summary(run) {
  const parts = [run.status ? `${run.status} ${run.reason ?? ""}`.trim() : run.failed || run.stopped ? "no answer" : "waiting for the answer"];
  parts.push(duration(run.seconds), bytes(run.size ?? 0));
  if (run.media) parts.push(run.media);
  const [, place] = (kind(run.status) === "moved" && run.answer_headers?.find(([name]) => name === "location")) || [];
  if (place) parts.push(`to ${place}`);
  if (run.count && (!run.kind || run.items?.length)) parts.push(counted(run.count, "item"));
  if (run.cache) parts.push(CACHE[run.cache] ?? `cache ${run.cache}`);
  if (run.stopped) parts.push("stopped");
  if (run.from === "browser") parts.push("from the browser");
  return parts;
}

/** The same as elements, the status first. */
function summarized(run) {
  const [status, ...rest] = summary(run);
  const state = run.failed ? "failed" : kind(run.status);
  return [h(`strong.${state}`, `${run.failed ? "✗" : sign(run.status)} ${status}`), rest.map((part) => h("span", part))];
}

/** A finished run, with its body and all else in tabs. */
export function answer(run) {
  const shown = [{ name: "body", title: "Body", show: () => body(run) }];
  const headers = run.answer_headers ?? [];
  if (headers.length) shown.push({ name: "headers", title: `Headers ${headers.length}`, show: () => pairs(headers, "Headers of the answer") });
  if (run.output) shown.push({ name: "printed", title: "Printed", show: () => text(run.output, "What the handler printed") });
  if (run.error) shown.push({ name: "traceback", title: "Traceback", show: () => text(run.error, "Traceback") });
  shown.push({ name: "request", title: "Request", show: () => asked(run) });
  const chosen = run.error ? "traceback" : "body";
  const abandoned = run.abandoned && "The handler runs on to its end, and its answer is thrown away";
  const notes = [run.failed, abandoned, ...(run.notes ?? [])].filter(Boolean);
  return h(
    ".answer",
    h(".summary", { role: "status" }, summarized(run)),
    notes.map((note) => h("p.note", note)),
    run.failed && !run.status ? null : tabs("The answer", shown, { chosen }),
  );
}

/** A run while its answer comes: what has come so far, with Stop. */
export class LiveAnswer {
  #run;
  #items = null;
  // Not read out: it changes all the time.
  #line = h(".summary", { role: "timer" });
  #said = h(".note", { hidden: true });
  #place = h("");
  #stop;
  #timer;
  #began;

  /** @param {object} run - the request, or what has come of it. */
  constructor({ seconds = 0, ...run }, onstop) {
    this.#run = run;
    this.#began = performance.now() - seconds * 1000;
    this.#stop = button("Stop", onstop, { title: "Esc" });
    this.element = h(".answer", h(".live", this.#line, this.#stop), this.#said, this.#place);
    this.#timer = setInterval(() => this.#count(), 250);
    this.take({ items: run.items, dropped: run.count - run.items?.length });
  }

  /** More has come. */
  take({ head, items, dropped = 0, ...counts }) {
    Object.assign(this.#run, head, head && { answer_headers: head.headers }, counts);
    if (items?.length) {
      if (!this.#items) fill(this.#place, (this.#items = new Items()).element);
      this.#items.add(items, dropped);
    }
    this.#count();
  }

  /** Say something of the run, without an end of it. */
  say(sentence) {
    this.#said.hidden = !sentence;
    fill(this.#said, sentence);
  }

  /** It is over. */
  end() {
    clearInterval(this.#timer);
  }

  #count() {
    if (!this.element.isConnected && performance.now() - this.#began > 5000) return this.end();
    fill(this.#line, summarized({ ...this.#run, seconds: (performance.now() - this.#began) / 1000 }));
  }
}

function body(run) {
  const views = VIEWS[run.items?.length ? "events" : run.kind]?.(run) ?? [["Text", () => raw(run)]];
  const usable = views.filter(Boolean);
  const place = h("");
  const choose = (at) => fill(place, usable[at][1]());
  choose(0);
  if (usable.length === 1) return h(".answer-body", cutNote(run), place);
  const buttons = usable.map(([name], at) =>
    h("label.choice", h("input", { type: "radio", name: `view-${run.run}`, checked: at === 0, onchange: () => choose(at) }), name),
  );
  return h(".answer-body", h(".choices", { role: "radiogroup", "aria-label": "How the body is shown" }, buttons), cutNote(run), place);
}

const VIEWS = {
  json: (run) => {
    let value;
    try {
      value = parsed(run.text);
    } catch {
      // Cut short, or no JSON at all: as it is.
      return null;
    }
    return [isTable(value) && ["Table", () => table(value)], ["Tree", () => tree(value, run.text.length)], ["Raw", () => raw(run)]];
  },
  html: (run) => [["Page", () => frame(run)], ["Source", () => raw(run)]],
  image: (run) => [["Image", () => image(run)]],
  binary: (run) => [["Bytes", () => h("p", `${(run.size ?? 0).toLocaleString("en")} bytes`, hex(run.data))]],
  events: (run) => [["Items", () => past(run)], run.text && ["Raw", () => raw(run)]],
  none: () => [["Body", () => h("p.quiet", "The answer has no body")]],
};

const cutNote = (run) => run.cut && h("p.note", `The body has ${bytes(run.size)}: this is its beginning`);

const raw = (run) => text(run.text ?? "", "Body");

/** A box of text that keeps its lines, and can be scrolled with the keyboard. */
export const text = (value, label) => h("pre.text", region(label), value);

function frame(run) {
  // Without allow-scripts no script runs, whatever the policy says; without allow-same-origin it has no cookies either.
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  return h("iframe.frame", { title: "The answer as a page", sandbox: "", referrerPolicy: "no-referrer", srcdoc: policy + (run.text ?? "") });
}

const image = (run) => h("img.image", { alt: "The answer, an image", src: `data:${run.media};base64,${run.data ?? ""}` });

function hex(data) {
  if (!data) return null;
  const all = Array.from(atob(data).slice(0, 256), (each) => each.charCodeAt(0).toString(16).padStart(2, "0"));
  // Sixteen on each line.
  return text(all.join(" ").replace(/(.{47}) /g, "$1\n"), "The first bytes");
}

function past(run) {
  const items = new Items();
  items.add(run.items, Math.max((run.count ?? 0) - run.items.length, 0));
  return items.element;
}

/** Names with values as a table. */
export function pairs(list, label) {
  const rows = list.map(([name, value]) => h("tr", h("th", { scope: "row" }, name), h("td", value)));
  return scrolling(".scroll.pairs", label, h("tbody", rows));
}

function asked(run) {
  const sent = run.body;
  return h(
    "",
    text(`${run.method} ${run.target}\n${(run.headers ?? []).map(([name, value]) => `${name}: ${value}`).join("\n")}`, "The request"),
    sent?.kind === "text" && text(sent.text, "Body of the request"),
    sent?.kind === "form" && pairs(sent.fields.map((field) => [field.name, field.value ?? field.filename]), "Fields of the form"),
    sent?.shortened && h("p.note", "What was sent is shown in part"),
    run.started && h("p.quiet", `Sent at ${clock(run.started)}`),
  );
}
