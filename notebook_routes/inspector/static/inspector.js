// The two faces of the inspector: the card under a cell, and all routes with log, cache and cookies.

import { fill, h, tabs } from "./dom.js";
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
  fill(element, state, place);
  const view = given.route ? new Card(link, place, given) : new Whole(link, place, given);
  const say = (sentence) => {
    state.hidden = !sentence;
    fill(state, sentence);
  };
  link.on("waiting", ({ count }) => link.ended || say(count ? "Kernel busy: queued until its cell has ended" : ""));
  link.on("silent", () => link.ended || say("The kernel does not answer: it runs a long cell, or is gone"));
  link.on("ended", ({ said }) => (say(said), element.classList.add("nbi-ended")));
  const open = () => link.ask("open", { route: given.route }).then((opened) => view.show(opened), (error) => link.ended || say(error.message));
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
  #heads = new Map();
  #shape = "";

  constructor(link, place, given) {
    [this.#link, this.#place, this.#given] = [link, place, given];
  }

  show({ server, routes }) {
    const { said = [], remarks = [] } = this.#given;
    const words = new Map(said);
    const mine = said.length ? routes.filter(({ method }) => words.has(method)) : routes;
    // Shown again with the same form, what has been typed in would be lost.
    const shape = JSON.stringify([server, said, remarks, mine.map(({ method, path, form, version }) => [method, path, form, version])]);
    if (shape === this.#shape) return this.update({ rows: routes });
    this.#shape = shape;
    this.#heads.clear();
    const notes = remarks.map((remark) => h("p.quiet", {}, remark));
    fill(this.#place, this.#routes(mine, server, words), notes, room(server));
  }

  update({ rows = [], gone = [] }) {
    const { path } = this.#given.route;
    for (const row of rows) if (row.path === path) this.#heads.get(row.method)?.update(row);
    for (const [method, at] of gone) if (at === path) this.#heads.get(method)?.element.classList.add("nbi-gone");
  }

  #routes(rows, server, words) {
    const shown = (row) => {
      const head = new RouteHead(row, server, words.get(row.method));
      this.#heads.set(row.method, head);
      return [head.element, new RouteDetail(this.#link, row, server).element];
    };
    if (!rows.length) return h("p.quiet", {}, "This route is withdrawn");
    if (rows.length === 1) return shown(rows[0]);
    return tabs("Methods", rows.map((row) => ({ name: row.method, title: badge(row.method), show: () => h("", {}, shown(row)) })));
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
    this.#routes = new Routes(this.#link, opened, this.#memory.get("route"), (key) => this.#memory.set("route", key));
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
      { chosen: this.#memory.get("tab") ?? "routes", onchoose: (name) => this.#memory.set("tab", name) },
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
      ? [outside(server.url, server.url), h("span.quiet", {}, server.reason), this.#key !== "page" && outside(server.page, "on a page of its own")]
      : h("span.note", {}, server.note ?? "The server does not run: %routes start starts it");
    fill(this.#server, address, room(server));
  }
}

/** The address for other people in the room, as text and to be photographed. */
function room({ room: address, qr }) {
  if (!address) return null;
  const image = qr && h("img.qr", { alt: `QR code of ${address}`, src: `data:image/svg+xml;base64,${btoa(qr)}` });
  return h("details.room", { open: true }, h("summary", {}, "For the room: ", outside(address, address)), image);
}

const outside = (href, text) => h("a", { href, target: "_blank", rel: "noopener" }, text);

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

  set(what, value) {
    this.#held[what] = value;
    try {
      sessionStorage.setItem(this.#name, JSON.stringify(this.#held));
    } catch {}
  }
}

export { byHTTP, byWidget } from "./link.js";
