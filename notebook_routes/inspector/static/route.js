// One route: what it is, a form to try it, its answers, its source and the rest.

import { answer, LiveAnswer, pairs, summary, text } from "./answer.js";
import { asCell, asCurl, asFetch, copy } from "./copy.js";
import { button, fill, h, outside, tabs } from "./dom.js";
import { RequestForm } from "./form.js";
import { clock, duration } from "./format.js";
import { runName, sendFromBrowser, sendThroughKernel } from "./sender.js";

const FROM = [
  ["python", "from Python"],
  ["browser", "from this browser"],
];

/** The badge of a method. */
export const badge = (method) => h(`span.method.${method.toLowerCase()}`, method);

/** Marks of a route that needs a look: a sign and a word. */
export function marks({ state, broken, errors, gone }) {
  return [
    gone && h("span.mark.refused", "! withdrawn"),
    broken && h("span.mark.failed", { title: broken }, "✗ broken"),
    state === "stale" && h("span.mark.refused", "! stale"),
    errors > 0 && h("span.mark.failed", `✗ ${errors} failed`),
  ];
}

/** Where a browser finds a route; null where it cannot be opened so. */
const addressOf = (row, server) => (server.running && /^(GET|ANY)$/.test(row.method) && row.sample !== null ? server.url + row.sample : null);

/** Method, path with a link, and what is known of its use. */
export class RouteHead {
  #server;
  #url = "";
  #path = h("span.path");
  #use = h("span.use");

  /** @param {object} server - where it runs; whoever changes it calls `update`. */
  constructor(row, server, said = "") {
    this.#server = server;
    this.element = h(".head", badge(row.method), this.#path, said && h("span.quiet", said), this.#use);
    this.update(row);
  }

  update(row) {
    const parts = [
      row.runtime !== "python" && row.runtime,
      row.policy,
      row.hits > 0 && `${row.hits} asked`,
      row.hits > 0 && `p50 ${duration(row.p50)}`,
      row.hits > 0 && `p95 ${duration(row.p95)}`,
    ].filter(Boolean);
    fill(this.#use, parts.map((part) => h("span.quiet", part)), marks(row));
    this.element.classList.toggle("nbi-gone", !!row.gone);
    const url = row.gone ? null : addressOf(row, this.#server);
    // A link that has the focus must stay.
    if (url === this.#url) return;
    this.#url = url;
    const path = h("code", row.path);
    fill(this.#path, url ? outside(url, path) : path);
  }
}

/** The form of a route with Send, its answer, and the runs before. */
export class TryIt {
  #link;
  #row;
  #server;
  #form;
  #runs = [];
  #running = null;
  #touched = false;
  #place = h("");
  #past = h(".history");
  #said = h("p.note", { hidden: true, role: "alert" });
  #copied = h("");
  #send;
  #from;

  constructor(link, row, server) {
    [this.#link, this.#row, this.#server] = [link, row, server];
    this.#form = new RequestForm(row, () => this.send());
    this.#send = button("Send", () => this.send(), { look: "primary", title: "Ctrl-Enter or Cmd-Enter" });
    this.#from = h("select", { "aria-label": "From where it is sent" }, FROM.map(([value, title]) => h("option", { value }, title)));
    const copies = [
      ["curl", asCurl],
      ["fetch", asFetch],
      ["cell", asCell],
    ].map(([name, write]) => button(name, () => this.#copy(write), { look: "small", title: `Copy as ${name === "cell" ? "a %%request cell" : name}` }));
    this.element = h(
      ".try",
      this.#form.element,
      h(".actions", this.#send, this.#from, h("span.quiet", "Copy as"), copies),
      this.#said,
      this.#copied,
      this.#place,
      this.#past,
    );
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.#running?.stop());
    this.element.addEventListener("input", () => (this.#touched = true));
    this.#recall();
    // A run ends a second time when what it has left to be done is over; and another view may have sent it.
    this.close = link.on("run", ({ done }) => done?.method === row.method && done.path === row.path && this.#remember(done));
  }

  /** Send what the form holds. */
  async send() {
    let request;
    try {
      request = await this.#form.request();
      this.#say("");
    } catch (error) {
      return this.#say(error.message);
    }
    await this.#run(request);
  }

  /** Send a request, or be there while one that is under way comes. */
  async #run(request) {
    this.#running?.stop();
    const run = request.run ?? runName();
    const abort = new AbortController();
    const browser = !request.going && this.#from.value === "browser";
    const stop = async () => {
      if (browser) return abort.abort();
      const { said } = await this.#link.ask("stop", { run }).catch((error) => ({ said: error.message }));
      if (said) this.#say(said);
    };
    const live = new LiveAnswer(request, stop);
    const mine = (this.#running = { stop, run });
    fill(this.#place, live.element);
    const waiting = this.#link.on("waiting", ({ count }) => live.say(count ? "Queued: the kernel is busy" : ""));
    const take = (push) => live.take(push);
    let done;
    try {
      done = browser
        ? await sendFromBrowser(this.#link, run, request, this.#server, abort.signal, take)
        : await sendThroughKernel(this.#link, run, request, take);
    } catch (error) {
      if (this.#running === mine) fill(this.#place, h("p.note", { role: "alert" }, error.message));
    } finally {
      waiting();
      live.end();
      if (this.#running === mine) this.#running = null;
    }
    if (done) this.#remember(done);
  }

  async #recall() {
    const { method, path } = this.#row;
    const { runs } = await this.#link.ask("history", { method, path }).catch(() => ({ runs: [] }));
    if (this.#runs.length || this.#running || !runs.length) return;
    if (!this.#touched) this.#form.set(runs[0]);
    // The page was loaded again meanwhile, or another view has sent it.
    if (runs[0].going) this.#run(runs[0]);
    runs.forEach((run) => this.#remember(run));
  }

  #remember(run) {
    this.#runs = [run, ...this.#runs.filter((other) => other.run !== run.run)].sort((a, b) => b.started - a.started).slice(0, 20);
    this.#list();
    if (run === this.#runs[0] && !this.#running) fill(this.#place, answer(run));
  }

  #list() {
    if (this.#runs.length < 2) return fill(this.#past);
    const rows = this.#runs.map((run) =>
      h(
        "li",
        button([clock(run.started), run.target, summary(run)[0]].join("  "), () => this.#show(run), { look: "small" }),
        button("Resend", () => (this.#form.set(run), this.#run(requestOf(run))), { look: "small", disabled: !!run.body?.shortened }),
      ),
    );
    fill(this.#past, h("details", { open: this.#past.firstChild?.open }, h("summary", `History ${this.#runs.length}`), h("ol", rows)));
  }

  #show(run) {
    this.#form.set(run);
    if (!this.#running) fill(this.#place, answer(run));
  }

  async #copy(write) {
    fill(this.#copied);
    this.#say("");
    try {
      const request = await this.#form.request();
      // A cell brings the server's token by itself.
      if (write !== asCell) await this.#authorize(request);
      const written = write(request, this.#server.url);
      if (written === null) return this.#say("A cell holds text, and neither files nor forms");
      const done = await copy(written, this.#copied);
      this.#say(done ? "Copied" : "");
    } catch (error) {
      this.#say(error.message);
    }
  }

  async #authorize({ headers }) {
    const { token } = await this.#link.ask("token");
    if (token && !headers.some(([name]) => name.toLowerCase() === "authorization")) headers.push(["authorization", `Bearer ${token}`]);
  }

  #say(sentence) {
    this.#said.hidden = !sentence;
    fill(this.#said, sentence);
  }
}

const requestOf = ({ method, path, target, headers, body }) => ({ method, path, target, headers, body });

/** All there is about a route, in tabs. */
export class RouteDetail {
  #link;
  #row;
  #tried = null;

  constructor(link, row, server, memory) {
    [this.#link, this.#row] = [link, row];
    // Made once: what is typed in stays, and what is sent goes on, while another tab is shown.
    const tryIt = (full) => (this.#tried ??= new TryIt(link, full, server)).element;
    const page = () => {
      const url = addressOf(row, server);
      return h("p", url ? outside(url, "Open the page") : server.note);
    };
    const later = this.#later(({ row: full }) => tryIt(full));
    const show = {
      ...(row.is_page ? { Page: page } : { "Try it": () => (this.#tried?.element ?? (row.form ? tryIt(row) : later())) }),
      Source: this.#later(({ source, help }) => [help && h("p", help), text(source, "Source as it would be exported")]),
      Config: this.#later(({ config }) => (config.length ? pairs(config.map(([name, value, where]) => [name, `${value}  (${where})`]), "Config") : "Nothing is set")),
      Matching: this.#later(({ order }) => h("ol", order.map(({ path, here, why }) => h("li", h(here ? "strong" : "span", path), h("span.quiet", ` ${why}`))))),
      OpenAPI: this.#later(({ openapi }) => text(JSON.stringify(openapi, null, 2), "OpenAPI description")),
    };
    const all = Object.entries(show).map(([title, each]) => ({ name: title, title, show: each }));
    const key = `${row.method} ${row.path}`;
    this.element = tabs(`About ${key}`, all, memory.tab(key));
  }

  close() {
    this.#tried?.close();
    this.#tried = null;
  }

  #later(show) {
    return () => {
      const place = h("", "…");
      const { method, path } = this.#row;
      this.#link.ask("detail", { method, path }).then(
        ({ detail }) => fill(place, show(detail)),
        (error) => fill(place, h("p.note", error.message)),
      );
      return place;
    };
  }
}
