// The pieces of a stream as they came, with the time since the start: events, lines of JSON, chunks of text.

import { fill, h, head, scrolling } from "./dom.js";

/** Rows that the page holds; older ones go, or an endless stream would fill it. */
const HELD = 500;

export class Items {
  #rows = h("tbody");
  #note = h("p.quiet", { hidden: true });
  #box;
  #gone = 0;
  #follows = true;

  constructor() {
    this.#box = scrolling(".items", "Items of the stream", head(["At", "Item"]), this.#rows);
    // Whoever scrolls up reads; new rows must not pull the place away.
    this.#box.addEventListener("scroll", () => {
      const { scrollTop, scrollHeight, clientHeight } = this.#box;
      this.#follows = scrollHeight - scrollTop - clientHeight < 30;
    });
    this.element = h("", this.#note, this.#box);
  }

  /** Add items `[seconds, kind, text]`; `dropped` others were too many to be sent here. */
  add(items, dropped) {
    const rows = items.slice(-HELD).map(row);
    this.#rows.append(...rows);
    this.#gone += dropped + items.length - rows.length;
    while (this.#rows.childElementCount > HELD) {
      this.#rows.firstElementChild.remove();
      this.#gone++;
    }
    this.#note.hidden = this.#gone === 0;
    fill(this.#note, `${this.#gone.toLocaleString("en")} items are not shown`);
    if (this.#follows) this.#box.scrollTop = this.#box.scrollHeight;
  }
}

const row = ([seconds, kind, text]) => h("tr", h("td.time", `+${seconds.toFixed(3)} s`), h("td", content(kind, text)));

function content(kind, text) {
  if (kind !== "event") return h("code", text);
  // Cut short, it is shown as it is.
  let parts = { data: text };
  try {
    parts = JSON.parse(text);
  } catch {}
  const { id, event, data } = parts;
  return [event && h("span.tag", event), id && h("span.quiet", `id ${id} `), h("code", data ?? "")];
}
