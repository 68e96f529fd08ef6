// The form of a request, made from what the route declares, and open for anything else.

import { button, fill, h, labelled, unique } from "./dom.js";

const KINDS = [
  ["application/json", "JSON"],
  ["text/plain", "Text"],
  ["application/x-www-form-urlencoded", "Form"],
  ["multipart/form-data", "Form with files"],
  ["", "A file"],
];
const CHUNK = 0x8000;

/**
 * The fields of one route.
 *
 * @param {object} row - the route, with its form.
 * @param {() => void} onsend - called for Ctrl-Enter and Cmd-Enter in any field.
 */
export class RequestForm {
  #row;
  #segments;
  #query;
  #headers;
  #cookies;
  #body = null;

  constructor(row, onsend) {
    this.#row = row;
    const { segments = [], query = [], headers = [], cookies = [], body = null } = row.form ?? {};
    this.#segments = segments.map((segment) => [segment, segmentField(segment, onsend)]);
    this.#query = new Rows("query parameter", query);
    this.#headers = new Rows("header", headers);
    this.#cookies = new Rows("cookie", cookies);
    if (body) this.#body = new Body(body);
    const more = h(
      "details.more",
      { open: headers.length + cookies.length > 0 },
      h("summary", {}, "Headers and cookies"),
      this.#headers.element,
      this.#cookies.element,
    );
    this.element = h(
      "form.form",
      { "aria-label": `Request ${row.method} ${row.path}`, noValidate: true },
      h(".fields", {}, this.#segments.map(([segment, field]) => labelled(segment.name, field, noteOf(segment)))),
      this.#query.element,
      more,
      this.#body?.element,
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      onsend();
    });
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      onsend();
    });
  }

  /** What the fields hold, as a request; an Error names the field that cannot be sent. */
  async request() {
    const query = this.#query.pairs();
    const search = query.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
    const headers = this.#headers.pairs();
    const cookies = this.#cookies.pairs().map(([name, value]) => `${name}=${value}`);
    if (cookies.length) headers.push(["cookie", cookies.join("; ")]);
    const sent = (await this.#body?.content()) ?? { body: null };
    if (sent.type && !headers.some(([name]) => name.toLowerCase() === "content-type")) headers.push(["content-type", sent.type]);
    return {
      method: this.#row.method,
      path: this.#row.path,
      target: this.#path() + (search && `?${search}`),
      headers,
      body: sent.body,
    };
  }

  /** Put the values of a request that was sent into the fields. */
  set({ target, headers, body }) {
    const [path, search = ""] = target.split("?", 2);
    const values = this.#valuesOf(path);
    for (const [segment, field] of this.#segments) if (values[segment.name] !== undefined) field.value = values[segment.name];
    this.#query.set([...new URLSearchParams(search)]);
    const isCookie = ([name]) => name.toLowerCase() === "cookie";
    const cookies = headers.filter(isCookie).flatMap(([, value]) => value.split("; ").map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
    this.#cookies.set(cookies);
    this.#headers.set(headers.filter((pair) => !isCookie(pair) && !(this.#body && pair[0].toLowerCase() === "content-type")));
    const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1];
    if (body) this.#body?.set(body, type);
  }

  #path() {
    const values = Object.fromEntries(this.#segments.map(([segment, field]) => [segment.name, [segment, field]]));
    const parts = [];
    for (const part of partsOf(this.#row.path)) {
      const name = nameOf(part);
      if (name === null) {
        parts.push(part);
        continue;
      }
      const [segment, field] = values[name];
      if (!field.value && !segment.optional) {
        field.focus();
        throw new Error(`The path needs a value for ${name}`);
      }
      if (field.value) parts.push(...(segment.many ? field.value.split("/") : [field.value]).map(encodeURIComponent));
    }
    return `/${parts.join("/")}`;
  }

  #valuesOf(path) {
    const given = path.slice(1).split("/").map(decoded);
    const values = {};
    partsOf(this.#row.path).forEach((part, place) => {
      const name = nameOf(part);
      if (name !== null) values[name] = part.includes("...") ? given.slice(place).join("/") : given[place];
    });
    return values;
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The parts of a pattern that a URL shows: groups are for people. */
const partsOf = (pattern) => pattern.split("/").filter((part) => part && !/^\(.*\)$/.test(part));
const nameOf = (part) => part.match(/^\[{1,2}(?:\.\.\.)?([^\]]+)\]{1,2}$/)?.[1] ?? null;

const noteOf = ({ type, required, optional, many }) =>
  [type && type !== "str" && type !== "string" ? type : "", many ? "several, with /" : "", optional && !required ? "optional" : ""]
    .filter(Boolean)
    .join(", ");

function segmentField(segment) {
  return h("input", { type: "text", value: segment.default ?? (segment.optional ? "" : "1"), spellcheck: false, autocomplete: "off" });
}

/** Names with values: those that are declared, and rows for any other. */
class Rows {
  #what;
  #declared;
  #others = h(".rows");

  constructor(what, declared) {
    this.#what = what;
    this.#declared = declared.map((field) => [field, valueField(field)]);
    this.element = h(
      ".group",
      {},
      h(".fields", {}, this.#declared.map(([field, input]) => labelled(field.name, input, typeNote(field)))),
      this.#others,
      button(`Add a ${what}`, () => this.#add().firstElementChild.focus(), { look: "small" }),
    );
  }

  pairs() {
    const pairs = [];
    for (const [{ name, many }, input] of this.#declared) {
      if (input.value === "") continue;
      for (const value of many ? input.value.split(",") : [input.value]) pairs.push([name, many ? value.trim() : value]);
    }
    for (const row of this.#others.children) {
      const [name, value] = row.querySelectorAll("input");
      if (name.value) pairs.push([name.value, value.value]);
    }
    return pairs;
  }

  set(pairs) {
    this.#others.replaceChildren();
    const left = new Map();
    for (const [name, value] of pairs) left.set(name, [...(left.get(name) ?? []), value]);
    for (const [{ name }, input] of this.#declared) {
      input.value = (left.get(name) ?? []).join(", ");
      left.delete(name);
    }
    for (const [name, values] of left) for (const value of values) this.#add(name, value);
  }

  #add(name = "", value = "") {
    const row = h(
      ".row",
      {},
      h("input", { type: "text", value: name, placeholder: "name", "aria-label": `Name of the ${this.#what}`, spellcheck: false }),
      h("input", { type: "text", value, placeholder: "value", "aria-label": `Value of the ${this.#what}`, spellcheck: false }),
      button("✕", () => row.remove(), { title: `Remove this ${this.#what}`, "aria-label": `Remove this ${this.#what}` }),
    );
    this.#others.append(row);
    return row;
  }
}

function typeNote({ type, required, many }) {
  return [type !== "string" && type, many && "several, with commas", required && "required"].filter(Boolean).join(", ");
}

function valueField(field) {
  const choices = field.enum ?? (field.type === "boolean" ? ["true", "false"] : null);
  const about = { title: field.description ?? "", required: field.required };
  if (choices && !field.many) {
    const options = field.required ? choices : ["", ...choices];
    return h("select", { ...about }, options.map((value) => h("option", { value, selected: value === (field.default ?? "") }, value)));
  }
  const inputMode = { integer: "numeric", number: "decimal" }[field.type] ?? "text";
  return h("input", { type: "text", inputMode, placeholder: field.default ?? "", spellcheck: false, autocomplete: "off", ...about });
}

/** The body: text, fields of a form, or a file. */
class Body {
  #kind;
  #place = h("");
  #declared;
  #text;
  #fields = null;
  #file = null;
  #said = h("p.note", { hidden: true });

  constructor({ media, template, fields = [], required }) {
    this.#declared = fields;
    const kinds = KINDS.some(([value]) => value === media) ? KINDS : [[media, media], ...KINDS];
    this.#kind = h("select", { onchange: () => this.#show() }, kinds.map(([value, title]) => h("option", { value, selected: value === media }, title)));
    this.#text = h("textarea", { id: unique("field"), value: template ?? "", rows: Math.min(Math.max((template ?? "").split("\n").length, 3), 14), spellcheck: false });
    this.element = h("fieldset.group", {}, h("legend", {}, "Body"), labelled("Kind", this.#kind, required ? "required" : ""), this.#place, this.#said);
    this.#show();
  }

  async content() {
    const media = this.#kind.value;
    if (media === "") {
      const file = this.#file.files[0];
      if (!file) return { body: null };
      return { type: file.type || "application/octet-stream", body: { kind: "base64", data: await base64(file), filename: file.name } };
    }
    if (media === "multipart/form-data") return { body: { kind: "form", fields: await this.#fields.parts() } };
    if (media === "application/x-www-form-urlencoded") {
      return { type: media, body: { kind: "text", text: new URLSearchParams(this.#fields.texts()).toString() } };
    }
    return this.#text.value === "" ? { body: null } : { type: media, body: { kind: "text", text: this.#text.value } };
  }

  set(body, type) {
    if (body.shortened) return;
    const media = body.kind === "form" ? "multipart/form-data" : (type ?? "").split(";")[0].trim();
    if ([...this.#kind.options].some((option) => option.value === media)) this.#kind.value = media;
    this.#show();
    if (body.kind === "form") this.#fields.set(body.fields.filter((field) => "value" in field).map(({ name, value }) => [name, value]));
    else if (body.kind === "text" && this.#fields) this.#fields.set([...new URLSearchParams(body.text)]);
    else if (body.kind === "text") this.#text.value = body.text;
  }

  #show() {
    const media = this.#kind.value;
    this.#fields = this.#file = null;
    this.#said.hidden = true;
    if (media === "") {
      this.#file = h("input", { type: "file" });
      fill(this.#place, labelled("File", this.#file));
    } else if (media.endsWith("form-data") || media.endsWith("urlencoded")) {
      this.#fields = new FormFields(this.#declared, media.endsWith("form-data"));
      fill(this.#place, this.#fields.element);
    } else {
      const format = media.endsWith("json") && button("Format", () => this.#format(), { look: "small" });
      fill(this.#place, h("label.hidden", { htmlFor: this.#text.id }, "Body"), this.#text, format);
    }
  }

  #format() {
    try {
      this.#text.value = JSON.stringify(JSON.parse(this.#text.value), null, 2);
      this.#said.hidden = true;
    } catch (error) {
      this.#said.hidden = false;
      fill(this.#said, `This is no JSON: ${error.message}`);
    }
  }
}

/** The fields of a form, some of them files. */
class FormFields {
  #texts;
  #files;

  constructor(declared, mayHaveFiles) {
    const files = mayHaveFiles ? declared.filter((field) => field.file) : [];
    this.#texts = new Rows("field", declared.filter((field) => !field.file));
    this.#files = files.map((field) => [field.name, h("input", { type: "file", multiple: field.many })]);
    if (mayHaveFiles && !files.length) this.#files.push(["file", h("input", { type: "file", multiple: true })]);
    this.element = h("", {}, this.#texts.element, this.#files.map(([name, input]) => labelled(name, input, "file")));
  }

  texts() {
    return this.#texts.pairs();
  }

  set(pairs) {
    this.#texts.set(pairs);
  }

  async parts() {
    const parts = this.texts().map(([name, value]) => ({ name, value }));
    for (const [name, input] of this.#files) {
      for (const file of input.files) {
        parts.push({ name, filename: file.name, type: file.type || "application/octet-stream", data: await base64(file) });
      }
    }
    return parts;
  }
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
