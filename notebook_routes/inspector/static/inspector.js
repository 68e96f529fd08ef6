// The two faces of the inspector: the card under a cell, and all routes with log, cache and cookies.

import { fill, h, outside, tabs } from "./dom.js";
import { Cookies, Kept } from "./kept.js";
import { Link } from "./link.js";
import { Log } from "./log.js";
import { badge, RouteDetail, RouteHead } from "./route.js";
import { Routes } from "./routes.js";

/**
 * Show the inspector in an element.
 *
 * @param {HTMLElement} element
 * @param {object} transport - carries the messages, see link.js.
 * @param {object} given
 * @param {{path: string}|null} given.route - of a card, its path; null for all routes.
 * @param {Array<[string, string]>} given.said - of a card, what has become of each method.
 * @param {string[]} given.remarks - of a card, sentences to show.
 * @param {object|null} given.snapshot - what "open" would answer, so that something is there while the kernel is busy.
 * @param {string} given.key - a name under which this view remembers what is open.
 * @returns {{link: Link, refresh: (given: object) => void, close: () => void}}
 */
export function mount(element, transport, given) {
  const link = new Link(transport);
  const state = h("p.note.state", { role: "status", hidden: true });
  const place = h("");
  element.classList.add("nbi");
  // Keys that are pressed here are for what is here, and not for the notebook's commands.
  element.dataset.lmSuppressShortcuts = "true";
  fill(element, state, place);
  const view = given.route ? new Card(link, place, given) : new Whole(link, place, given);
  const say = (sentence) => {
    state.hidden = !sentence;
    fill(state, sentence);
  };
  link.on("waiting", ({ count }) => link.ended || say(count ? "Kernel busy: queued until its cell has ended" : ""));
  link.on("silent", () => link.ended || say("The kernel does not answer: it runs a long cell, or is gone"));
  link.on("lost", ({ said }) => say(said));
  const open = () =>
    link.ask("open", { route: given.route }).then(
      (opened) => (say(""), view.show(opened)),
      (error) => say(error.message),
    );
  link.on("routes", (push) => view.update(push));
  link.on("reopen", open);
  if (given.snapshot) view.show(given.snapshot);
  open();
  return {
    link,
    refresh: (changed) => {
      Object.assign(given, changed);
      if (given.snapshot) view.show(given.snapshot);
    },
    close: () => (view.close?.(), link.close()),
  };
}

/** The card of one path: each of its methods with form and answers. */
class Card {
  #link;
  #place;
  #given;
  #server = {};
  #room = h("");
  #memory;
  #parts = new Map();
  #shape = "";

  constructor(link, place, given) {
    [this.#link, this.#place, this.#given, this.#memory] = [link, place, given, new Memory(given.key)];
  }

  show({ server, routes }) {
    const { said = [], remarks = [] } = this.#given;
    const { path } = this.#given.route;
    // Withdrawn meanwhile: what there was stays to be seen.
    if (!routes.length && this.#parts.size) return this.update({ gone: [...this.#parts.keys()].map((method) => [method, path]) });
    const words = new Map(said);
    const mine = said.length ? routes.filter(({ method }) => words.has(method)) : routes;
    // Shown again with the same form, what has been typed in would be lost.
    const shape = JSON.stringify([said, remarks, mine.map(({ method, path, form, version }) => [method, path, form, version])]);
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.close();
      this.#parts.clear();
      Object.assign(this.#server, server);
      const notes = remarks.map((remark) => h("p.quiet", remark));
      fill(this.#place, this.#routes(mine, words), notes, this.#room);
    }
    this.update({ rows: routes, server });
  }

  update({ rows = [], gone = [], server }) {
    const { path } = this.#given.route;
    // Whoever shows the address has the same object.
    Object.assign(this.#server, server);
    for (const row of rows) if (row.path === path && this.#parts.has(row.method)) this.#parts.get(row.method).row = row;
    for (const [method, at] of gone) if (at === path && this.#parts.has(method)) this.#parts.get(method).row.gone = true;
    for (const { head, row } of this.#parts.values()) head.update(row);
    if (server) fill(this.#room, room(server));
  }

  close() {
    for (const { detail } of this.#parts.values()) detail.close();
  }

  #routes(rows, words) {
    if (!rows.length) return h("p.quiet", "This route is withdrawn");
    const shown = rows.map((row) => {
      const head = new RouteHead(row, this.#server, words.get(row.method));
      const detail = new RouteDetail(this.#link, row, this.#server, this.#memory);
      this.#parts.set(row.method, { row, head, detail });
      return h("", head.element, detail.element);
    });
    if (rows.length === 1) return shown;
    return tabs("Methods", rows.map(({ method }, at) => ({ name: method, title: badge(method), show: () => shown[at] })), this.#memory.tab("method"));
  }
}

/** All routes, the log, the cache and the cookies. */
class Whole {
  #link;
  #place;
  #key;
  #memory;
  #routes = null;
  #current = null;
  #server = h(".server");

  constructor(link, place, given) {
    [this.#link, this.#place, this.#key, this.#memory] = [link, place, given.key, new Memory(given.key)];
  }

  show(opened) {
    this.#tell(opened.server);
    if (this.#routes) return this.#routes.reset(opened);
    this.#routes = new Routes(this.#link, opened, this.#memory);
    const live = (View) => () => (this.#current = new View(this.#link)).element;
    const leave = () => this.#current?.close?.();
    const shown = tabs(
      "Inspector",
      [
        { name: "routes", title: "Routes", show: () => this.#routes.element },
        { name: "log", title: "Log", show: live(Log), leave },
        { name: "cache", title: "Cache", show: live(Kept), leave },
        { name: "cookies", title: "Cookies", show: live(Cookies) },
      ],
      this.#memory.tab("tab"),
    );
    fill(this.#place, this.#server, shown);
  }

  update(push) {
    if (push.server) this.#tell(push.server);
    this.#routes?.update(push);
  }

  close() {
    this.#current?.close?.();
  }

  #tell(server) {
    const address = server.running
      ? [outside(server.url, server.url), h("span.quiet", server.reason), this.#key !== "page" && outside(server.page, "on a page of its own")]
      : h("span.note", server.note);
    fill(this.#server, address, room(server));
  }
}

/** The address for other people in the room, as text and to be photographed. */
function room({ room: address, qr }) {
  if (!address) return null;
  const image = qr && h("img.qr", { alt: `QR code of ${address}`, src: `data:image/svg+xml;base64,${btoa(qr)}` });
  return h("details.room", { open: true }, h("summary", "For the room: ", outside(address, address)), image);
}

/** What a view had open, for when its page is loaded again; a frame without storage forgets. */
class Memory {
  #name;
  #held = {};

  constructor(key) {
    this.#name = `notebook_routes ${key}`;
    try {
      this.#held = JSON.parse(sessionStorage.getItem(this.#name)) ?? {};
    } catch {}
  }

  get(what) {
    return this.#held[what];
  }

  /** What `tabs` takes to show what was last chosen. */
  tab(what) {
    return { chosen: this.get(what), onchoose: (name) => this.set(what, name) };
  }

  set(what, value) {
    this.#held[what] = value;
    try {
      sessionStorage.setItem(this.#name, JSON.stringify(this.#held));
    } catch {}
  }
}

export { byWidget } from "./link.js";
