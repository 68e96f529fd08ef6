// The body of a request: text, the fields of a form, or a file.

import { button, fill, h, labelled, unique } from "./dom.js";
import { parsed } from "./json.js";
import { Values } from "./values.js";

const FORM = "application/x-www-form-urlencoded";
const FILES = "multipart/form-data";
const BYTES = "application/octet-stream";
const KINDS = [
  ["application/json", "JSON"],
  ["text/plain", "text"],
  [FORM, "form"],
  [FILES, "form with files"],
  ["", "a file"],
];

export class Body {
  #kind;
  #declared;
  #text;
  #values = null;
  #files = [];
  #place = h("");
  #said = h("p.note", { hidden: true });

  constructor({ media, template, fields, required }) {
    this.#declared = fields;
    const kinds = KINDS.some(([value]) => value === media) ? KINDS : [[media, media], ...KINDS];
    const options = kinds.map(([value, title]) => h("option", { value, selected: value === media }, title));
    this.#kind = h("select", { "aria-label": "Kind of body", onchange: () => this.#show() }, options);
    const rows = Math.min(Math.max(template.split("\n").length, 3), 14);
    this.#text = h("textarea", { id: unique("field"), "aria-label": "Body", value: template, rows, spellcheck: false });
    this.element = h(".body", h("span.quiet", required ? "Body, required: " : "Body: "), this.#kind, this.#place, this.#said);
    this.#show();
  }

  /** What is sent, and its content type where the form of the body does not say it. */
  async content() {
    const type = this.#kind.value;
    if (type === FILES) return { body: { kind: "form", fields: await this.#fields() } };
    if (type === FORM) return { type, body: { kind: "text", text: new URLSearchParams(this.#values.pairs("field")).toString() } };
    if (type) return this.#text.value ? { type, body: { kind: "text", text: this.#text.value } } : { body: null };
    const [file] = this.#files[0][1].files;
    if (!file) return { body: null };
    return { type: file.type || BYTES, body: { kind: "base64", data: await base64(file), filename: file.name } };
  }

  /** Put a body that was sent into the fields, but for its files. */
  set(body, type = "") {
    const media = body.kind === "form" ? FILES : type.split(";")[0];
    if (body.shortened || ![...this.#kind.options].some(({ value }) => value === media)) return;
    this.#kind.value = media;
    this.#show();
    if (body.kind === "form") this.#values.set({ field: body.fields.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value]) });
    else if (media === FORM) this.#values.set({ field: [...new URLSearchParams(body.text)] });
    else this.#text.value = body.text;
  }

  async #fields() {
    const fields = this.#values.pairs("field").map(([name, value]) => ({ name, value }));
    for (const [name, { files }] of this.#files) {
      for (const file of files) fields.push({ name, filename: file.name, type: file.type || BYTES, data: await base64(file) });
    }
    return fields;
  }

  #show() {
    const media = this.#kind.value;
    this.#said.hidden = true;
    const [files, texts] = [this.#declared.filter(({ file }) => file), this.#declared.filter(({ file }) => !file)];
    const wanted = { [FILES]: files.length ? files : [{ name: "file", many: true }], "": [{ name: "file" }] }[media] ?? [];
    this.#files = wanted.map(({ name, many, required }) => [name, h("input", { type: "file", multiple: many }), required && "required"]);
    const chosen = this.#files.map(([name, element, note]) => labelled(name, element, note));
    this.#values = media === FORM || media === FILES ? new Values(texts.map((field) => ["field", field]), ["field"]) : null;
    if (this.#values) fill(this.#place, h(".fields", this.#values.fields, chosen), this.#values.lines, this.#values.add);
    else if (media) fill(this.#place, this.#text, media.endsWith("json") && button("Format", () => this.#format(), { look: "small" }));
    else fill(this.#place, chosen);
  }

  #format() {
    try {
      this.#text.value = JSON.stringify(parsed(this.#text.value), null, 2);
      this.#said.hidden = true;
    } catch (error) {
      this.#said.hidden = false;
      fill(this.#said, `This is no JSON: ${error.message}`);
    }
  }
}

/** The bytes of a file or blob as text that JSON can hold. */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error(`${file.name} cannot be read: ${reader.error.message}`));
    reader.readAsDataURL(file);
  });
}
