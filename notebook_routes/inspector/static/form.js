// The form of a request, made from what the route declares, and open for anything else.

import { Body } from "./body.js";
import { h, labelled, line } from "./dom.js";
import { Values } from "./values.js";

/** What the form of an API Route, which answers all methods, offers. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

export class RequestForm {
  #row;
  #method = null;
  #segments;
  #values;
  #body = null;

  /**
   * @param {object} row - the route, with its form.
   * @param {() => void} onsend - called for Ctrl-Enter and Cmd-Enter in any field.
   */
  constructor(row, onsend) {
    this.#row = row;
    const { segments, query, headers, cookies, body } = row.form;
    this.#segments = new Map(segments.map((segment) => [segment.name, [segment, segmentInput(segment)]]));
    const declared = { query, header: headers, cookie: cookies };
    this.#values = new Values(
      Object.entries(declared).flatMap(([kind, fields]) => fields.map((field) => [kind, field])),
      Object.keys(declared),
    );
    if (body) this.#body = new Body(body);
    if (row.method === "ANY") this.#method = h("select", METHODS.map((each) => h("option", each)));
    const method = this.#method && labelled("method", this.#method);
    const parts = [...this.#segments.values()].map(([segment, input]) => labelled(segment.name, input, segmentNote(segment)));
    const onkeydown = (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      onsend();
    };
    const onsubmit = (event) => (event.preventDefault(), onsend());
    this.element = h(
      "form",
      { noValidate: true, onkeydown, onsubmit },
      h(".fields", method, parts, this.#values.fields, this.#values.add),
      this.#values.lines,
      this.#body?.element,
    );
  }

  /** What the fields hold, as a request; an Error names the field without which it cannot be sent. */
  async request() {
    const { path } = this.#row;
    const method = this.#method?.value ?? this.#row.method;
    const search = this.#values.pairs("query").map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
    const headers = this.#values.pairs("header");
    const cookies = this.#values.pairs("cookie").map((pair) => pair.join("="));
    if (cookies.length) headers.push(["cookie", cookies.join("; ")]);
    const { type, body } = (await this.#body?.content()) ?? { body: null };
    if (type && !headers.some(isNamed("content-type"))) headers.push(["content-type", type]);
    return { method, path, target: this.#target() + (search && `?${search}`), headers, body };
  }

  /** Put the values of a request that was sent into the fields. */
  set({ method, target, headers, body }) {
    if (this.#method) this.#method.value = method;
    const [path, search = ""] = target.split("?", 2);
    const given = path.slice(1).split("/").map(decoded);
    partsOf(this.#row.path).forEach((part, place) => {
      const [, input] = this.#segments.get(nameOf(part)) ?? [];
      if (input) input.value = part.includes("...") ? given.slice(place).join("/") : (given[place] ?? "");
    });
    const cookie = headers.find(isNamed("cookie"))?.[1].split("; ").map((pair) => pair.split(/=(.*)/s)) ?? [];
    const header = headers.filter((pair) => !isNamed("cookie")(pair) && !(body && isNamed("content-type")(pair)));
    this.#values.set({ query: [...new URLSearchParams(search)], header, cookie });
    if (body) this.#body?.set(body, headers.find(isNamed("content-type"))?.[1]);
  }

  #target() {
    const parts = partsOf(this.#row.path).flatMap((part) => {
      const name = nameOf(part);
      if (!name) return [part];
      const [{ many, optional }, input] = this.#segments.get(name);
      if (!input.value && optional) return [];
      if (!input.value) {
        input.focus();
        throw new Error(`The path needs a value for ${name}`);
      }
      return (many ? input.value.split("/") : [input.value]).map(encodeURIComponent);
    });
    return `/${parts.join("/")}`;
  }
}

const isNamed = (wanted) => ([name]) => name.toLowerCase() === wanted;

/** The parts of a pattern that a URL shows: groups are for people. */
const partsOf = (pattern) => pattern.split("/").filter((part) => part && !/^\(.*\)$/.test(part));
const nameOf = (part) => part.match(/^\[{1,2}(?:\.\.\.)?([^\]]+)\]{1,2}$/)?.[1];

const segmentNote = ({ type, many, optional }) =>
  [!/^(string|any)$/.test(type) && type, many && "several, with /", optional && "optional"].filter(Boolean).join(", ");

const segmentInput = ({ default: preset, optional }) => line({ value: preset ?? (optional ? "" : "1") });

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
