// The table of all routes, with a filter, and the chosen one beside it.

import { button, fill, h, head, listBar, scrolling } from "./dom.js";
import { counted, duration, sign, kind } from "./format.js";
import { badge, marks, RouteDetail, RouteHead } from "./route.js";

const HEADS = ["Method", "Path", "Runtime", "Cache", "Asked", "p50", "p95", "Last", "Marks"];
/** Rows that are shown until somebody asks for all: a table is slow to be laid out. */
const SHOWN = 200;
const keyOf = ({ method, path }) => `${method} ${path}`;

export class Routes {
  #link;
  #server;
  #rows = new Map();
  #lines = new Map();
  #body = h("tbody");
  #bar = listBar("method, path or cell", () => this.#refresh());
  #detail = h(".detail", { hidden: true, tabIndex: -1 });
  #chosen;
  #head = null;
  #shown = null;
  #most = SHOWN;
  #memory;

  /**
   * @param {object} opened - what "open" has answered.
   * @param {object} memory - remembers the route that is shown, "GET /x", and its tab.
   */
  constructor(link, opened, memory) {
    [this.#link, this.#server, this.#chosen, this.#memory] = [link, opened.server, null, memory];
    const chosen = memory.get("route");
    const box = scrolling(".scroll.list.routes", "Routes", head(HEADS), this.#body);
    this.element = h(".split", h(".main", this.#bar.element, box), this.#detail);
    this.reset(opened);
    if (chosen && this.#rows.has(chosen)) this.#choose(chosen);
  }

  /** All routes, anew. */
  reset({ routes, server }) {
    Object.assign(this.#server, server);
    this.#rows = new Map(routes.map((row) => [keyOf(row), row]));
    this.#refresh();
  }

  /** Some have changed, some are gone. */
  update({ rows = [], gone = [], server }) {
    // Whoever shows the address has the same object.
    Object.assign(this.#server, server);
    const before = this.#rows.size;
    for (const [method, path] of gone) this.#rows.delete(keyOf({ method, path }));
    let isNew = this.#rows.size !== before;
    for (const row of rows) {
      const key = keyOf(row);
      const old = this.#rows.get(key);
      isNew ||= !old;
      this.#rows.set(key, row);
      if (old) this.#renew(key, row);
      // Its text has changed: the form may be another.
      if (key === this.#chosen && old && old.version !== row.version) this.#choose(key, { again: true });
    }
    if (isNew) this.#refresh();
    const shown = this.#rows.get(this.#chosen);
    if (shown) this.#head.update(shown);
    else if (this.#chosen) this.#choose(null);
  }

  #refresh() {
    const found = [...this.#rows.values()].filter((row) => this.#bar.shows(`${row.method} ${row.path} ${row.cell}`));
    found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    this.#lines = new Map(found.slice(0, this.#most).map((row) => [keyOf(row), this.#line(row)]));
    const more = () => ((this.#most = Infinity), this.#refresh());
    const left = found.length - this.#lines.size;
    const last = left > 0 && h("tr", h("td", { colSpan: HEADS.length }, button(`${left} more`, more)));
    fill(this.#body, [...this.#lines.values()], last);
    const all = this.#rows.size;
    this.#bar.say(found.length === all ? counted(all, "route") : `${found.length} of ${counted(all, "route")}`);
    if (!all) fill(this.#body, h("tr", h("td", { colSpan: HEADS.length }, "No routes yet: write a cell that begins with %%route GET /hello")));
  }

  #renew(key, row) {
    const line = this.#lines.get(key);
    // Who has come to its button by keyboard stays there.
    const focused = line?.contains(document.activeElement);
    line?.replaceChildren(...this.#cells(row));
    if (focused) line.querySelector("button").focus();
  }

  #line(row) {
    const key = keyOf(row);
    return h("tr", { "aria-selected": key === this.#chosen ? "true" : null, onclick: () => this.#open(key) }, this.#cells(row));
  }

  /** Somebody has asked for a route: it is brought into view, and the keyboard goes there; or back, when it is closed. */
  #open(key) {
    const before = this.#lines.get(this.#chosen);
    this.#choose(key);
    // Beside or below it the list is shorter.
    this.#lines.get(key)?.scrollIntoView({ block: "nearest" });
    (key ? this.#detail : before?.querySelector("button"))?.focus();
  }

  #cells(row) {
    const asked = row.hits > 0;
    // Each part may begin a line, in Chromium too.
    const path = row.path.split(/(?=\/)/).map((part) => [h("wbr"), part]);
    return [
      h("td", badge(row.method)),
      h("td.wide", button(path, (event) => (event.stopPropagation(), this.#open(keyOf(row))), { look: "link", title: row.cell })),
      h("td", row.is_page ? "page" : row.runtime),
      h("td", [row.policy, row.kept && `${row.kept} kept`].filter(Boolean).join(", ")),
      h("td.number", row.hits || ""),
      h("td.number", asked ? duration(row.p50) : ""),
      h("td.number", asked ? duration(row.p95) : ""),
      h("td", row.last ? h(`span.${kind(row.last)}`, `${sign(row.last)} ${row.last}`) : ""),
      h("td", marks(row)),
    ];
  }

  #choose(key, { again = false } = {}) {
    if (key === this.#chosen && !again) return;
    this.#lines.get(this.#chosen)?.removeAttribute("aria-selected");
    this.#chosen = key;
    this.#memory.set("route", key);
    const row = this.#rows.get(key);
    this.#shown?.close();
    this.#shown = null;
    this.#detail.hidden = !row;
    this.element.classList.toggle("nbi-chosen", !!row);
    if (!row) return fill(this.#detail);
    this.#lines.get(key)?.setAttribute("aria-selected", "true");
    this.#head = new RouteHead(row, this.#server, row.cell);
    const close = button("✕", () => this.#open(null), { title: "Close", "aria-label": "Close this route" });
    this.#shown = new RouteDetail(this.#link, row, this.#server, this.#memory);
    fill(this.#detail, h(".top", this.#head.element, close), this.#shown.element);
  }
}
