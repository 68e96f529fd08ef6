// The requests as they come, from anywhere.

import { text, pairs } from "./answer.js";
import { button, fill, h, head, listBar, scrolling } from "./dom.js";
import { bytes, clock, counted, duration, kind, sign } from "./format.js";
import { badge } from "./route.js";

/** Lines that are shown at first, and by which more are fetched. */
const STEP = 200;
/** Lines that the page holds while requests come. */
const HELD = 1000;

const HEADS = ["At", "Request", "Status", "Took", "Size", "Cache"];

/** The status; of what has broken off behind it, the sign says so. */
function status({ status, failed }) {
  if (!status) return h("span.none", "– left");
  return failed ? h("span.failed", `✗ ${status}`) : h(`span.${kind(status)}`, `${sign(status)} ${status}`);
}

export class Log {
  #link;
  #body = h("tbody");
  #pause = button("Pause", () => this.#toggle());
  #bar = listBar("method, path or status", () => this.#search(), this.#pause);
  #older = button("Show older requests", () => this.#more());
  #paused = false;
  #asked = 0;
  #newest = 0;
  #missed = [];

  constructor(link) {
    this.#link = link;
    const box = scrolling(".scroll.list", "Requests, newest first", head(HEADS), this.#body);
    this.element = h("", this.#bar.element, box, this.#older);
    const off = [link.on("log", (push) => this.#take(push)), link.on("reopen", () => this.#search())];
    this.close = () => off.forEach((each) => each());
    this.#search();
  }

  #take(push) {
    const { entries, skipped, total } = push;
    this.#missed = [...this.#missed.slice(-9), push];
    if (this.#paused) return this.#bar.say(`paused, ${counted(total, "request")} so far`);
    // As Python filters the older ones.
    const shown = ({ number, method, target, status, route, cache }) =>
      number > this.#newest && this.#bar.shows(`${method} ${target} ${status} ${route} ${cache}`);
    const mine = entries.filter(shown);
    this.#newest = Math.max(this.#newest, ...entries.map(({ number }) => number));
    const lines = mine.reverse().map((entry) => this.#line(entry));
    if (skipped && !this.#bar.filter.value) lines.push(h("tr", h("td", { colSpan: HEADS.length }, `${counted(skipped, "request")} more came at once`)));
    this.#body.prepend(...lines);
    while (this.#body.childElementCount > HELD) this.#body.lastElementChild.remove();
    this.#bar.say(counted(total, "request"));
  }

  async #search() {
    const asked = ++this.#asked;
    this.#missed = [];
    const page = await this.#ask(null);
    if (!page || asked !== this.#asked) return;
    // A push that is still on its way may hold some of them.
    this.#newest = page.entries.at(-1)?.number ?? 0;
    fill(this.#body, page.entries.reverse().map((entry) => this.#line(entry)));
    this.#bar.say(page.total ? counted(page.total, "request") : "No requests yet");
    // Came between the answer and here.
    this.#missed.forEach((push) => this.#take(push));
  }

  async #more() {
    const last = [...this.#body.querySelectorAll("tr[data-number]")].at(-1);
    const page = last && (await this.#ask(Number(last.dataset.number)));
    if (page) this.#body.append(...page.entries.reverse().map((entry) => this.#line(entry)));
  }

  async #ask(before) {
    try {
      const page = await this.#link.ask("log", { before, limit: STEP, filter: this.#bar.filter.value });
      this.#older.hidden = !page.more;
      return page;
    } catch (error) {
      this.#bar.say(error.message);
      return null;
    }
  }

  #line(entry) {
    const open = button(entry.target, () => this.#expand(entry, line, open), { look: "link", "aria-expanded": "false" });
    const line = h(
      "tr",
      { "data-number": entry.number },
      h("td.time", clock(entry.started)),
      h("td.wide", badge(entry.method), open, entry.behind ? h("span.quiet", " for the cache") : null),
      h("td", status(entry)),
      h("td.number", duration(entry.seconds)),
      h("td.number", bytes(entry.size)),
      h("td", entry.cache ?? ""),
    );
    return line;
  }

  async #expand(entry, line, open) {
    const isOpen = open.getAttribute("aria-expanded") === "true";
    open.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) return line.nextElementSibling?.remove();
    const place = h("td", { colSpan: HEADS.length }, "…");
    line.after(h("tr", place));
    try {
      const { entry: full } = await this.#link.ask("entry", { number: entry.number });
      fill(
        place,
        h("p.quiet", full.route ? `Answered by ${full.route}` : "No route has this path"),
        (full.notes ?? []).map((note) => h("p.note", note)),
        full.output && text(full.output, "What the handler printed"),
        full.error && text(full.error, "Traceback"),
        full.headers?.length ? h("details", h("summary", `Headers of the request ${full.headers.length}`), pairs(full.headers, "Headers of the request")) : null,
      );
    } catch (error) {
      fill(place, error.message);
    }
  }

  #toggle() {
    this.#paused = !this.#paused;
    fill(this.#pause, this.#paused ? "Go on" : "Pause");
    if (!this.#paused) this.#search();
  }
}
