// What the cache holds, and the cookies of the requests that are sent from here.

import { button, fill, h, head, listBar, scrolling } from "./dom.js";
import { bytes, counted, span } from "./format.js";

/** Milliseconds after which what is shown is looked up again. */
const PERIOD = 2000;

const HEADS = ["Kept", "State", "Age", "Tags", "Size", "Hits", ""];

export class Kept {
  #link;
  #body = h("tbody");
  #bar = listBar("path or tag", () => this.#list());
  #entries = [];
  #timer;

  constructor(link) {
    this.#link = link;
    const box = scrolling(".scroll.list", "What is kept", head(HEADS), this.#body);
    this.element = h("", this.#bar.element, box);
    this.#look();
    this.#timer = setInterval(() => document.hidden || this.#link.waiting || this.#look(), PERIOD);
  }

  close() {
    clearInterval(this.#timer);
  }

  async #look() {
    try {
      this.#entries = (await this.#link.ask("cache")).entries;
      this.#list();
    } catch (error) {
      this.#bar.say(error.message);
      if (this.#link.ended) this.close();
    }
  }

  #list() {
    const found = this.#entries.filter(({ what, tags }) => this.#bar.shows(`${what} ${tags.join(" ")}`));
    // Buttons that have the focus must stay where they are.
    const focused = document.activeElement?.dataset?.what;
    fill(this.#body, found.map((entry) => this.#line(entry)));
    if (focused) [...this.#body.querySelectorAll("button")].find((each) => each.dataset.what === focused)?.focus();
    if (!this.#entries.length) {
      const hint = "Nothing is kept: --revalidate 60 on a route's line keeps its answers for a minute";
      fill(this.#body, h("tr", h("td", { colSpan: HEADS.length }, hint)));
    }
  }

  #line(entry) {
    const lasts = entry.revalidate === null ? "" : "for ";
    const state = entry.fresh ? `✓ fresh ${lasts}${span(entry.revalidate)}` : "! stale";
    const ask = (what) => this.#revalidate(what);
    const again = button("Revalidate", () => ask(entry.key ?? entry.what), { look: "small", "aria-label": `Revalidate ${entry.what}` });
    again.dataset.what = entry.what;
    return h(
      "tr",
      h("td.wide", h("code", entry.what)),
      h("td", h(entry.fresh ? "span.good" : "span.refused", state)),
      h("td.number", span(entry.age)),
      h("td", entry.tags.map((tag) => button(tag, () => ask(tag), { look: "small", title: `Revalidate all that has the tag ${tag}` }))),
      h("td.number", bytes(entry.size)),
      h("td.number", entry.hits),
      h("td", again),
    );
  }

  async #revalidate(what) {
    try {
      const { count } = await this.#link.ask("revalidate", { what });
      this.#bar.say(`${counted(count, "entry", "entries")} will be made anew`);
      this.#look();
    } catch (error) {
      this.#bar.say(error.message);
    }
  }
}

export class Cookies {
  #link;
  #place = h("");

  constructor(link) {
    this.#link = link;
    this.element = this.#place;
    this.#ask("cookies");
  }

  async #ask(what, fields = {}) {
    try {
      this.#show((await this.#link.ask(what, fields)).cookies);
    } catch (error) {
      fill(this.#place, h("p.note", error.message));
    }
  }

  #show(cookies) {
    if (!cookies.length) return fill(this.#place, h("p.quiet", "No cookies: what an answer sets is kept here"));
    const row = (cookie) =>
      h(
        "tr",
        h("th", { scope: "row" }, cookie.name),
        h("td", h("code", cookie.value)),
        h("td", cookie.path),
        h("td", [cookie.http_only && "HttpOnly", cookie.secure && "Secure"].filter(Boolean).join(", ")),
        h("td", button("Forget", () => this.#ask("clear_cookies", { name: cookie.name }), { look: "small", "aria-label": `Forget ${cookie.name}` })),
      );
    const rows = h("tbody", cookies.map(row));
    fill(
      this.#place,
      scrolling(".scroll", "Cookies", head(["Name", "Value", "Path", "Flags", ""]), rows),
      button("Forget all", () => this.#ask("clear_cookies", { name: null })),
    );
  }
}
