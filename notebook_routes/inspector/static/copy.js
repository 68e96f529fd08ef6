// A request written in other languages, and the clipboard.

import { fill, h } from "./dom.js";

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The request as a command for a shell. */
export function asCurl({ method, target, headers, body }, origin) {
  const how = { GET: "", HEAD: "--head " }[method] ?? `-X ${method} `;
  // What curl would read as a range of addresses, or resolve.
  const literal = /[[\]{}]|\/\./.test(target) ? "--globoff --path-as-is " : "";
  const lines = [`curl ${literal}${how}${quoted(origin + target)}`];
  for (const [name, value] of headers) lines.push(`-H ${quoted(value ? `${name}: ${value}` : `${name};`)}`);
  if (body?.kind === "text") lines.push(`--data-raw ${quoted(body.text)}`);
  else if (body?.kind === "form") lines.push(...body.fields.map(formField));
  else if (body) lines.push(`--data-binary ${quoted(`@${body.filename ?? "body"}`)}`);
  return lines.join(" \\\n  ");
}

function formField({ name, value, filename, type }) {
  if (filename === undefined) return `--form-string ${quoted(`${name}=${value}`)}`;
  return `-F ${quoted(`${name}=@"${filename.replace(/["\\]/g, "\\$&")}";type=${type}`)}`;
}

/** The request as JavaScript for a page. */
export function asFetch({ method, target, headers, body }, origin) {
  const options = [];
  if (method !== "GET") options.push(`method: "${method}"`);
  // A page may not set cookies so: the browser adds its own.
  const pairs = headers.filter(([name]) => name.toLowerCase() !== "cookie");
  if (pairs.length) options.push(`headers: ${JSON.stringify(pairs)}`);
  if (body) options.push(`body: ${{ text: JSON.stringify(body.text), form: "form", base64: "file" }[body.kind]}`);
  const given = options.length ? `, {\n${options.map((each) => `  ${each},\n`).join("")}}` : "";
  return `${formLines(body)}await fetch(${JSON.stringify(origin + target)}${given})`;
}

/** The form that is sent; its files are for whoever pastes it to choose: `file` is one of an input's `files`. */
function formLines(body) {
  if (body?.kind !== "form") return "";
  const lines = body.fields.map(({ name, value, filename }) => {
    const given = value === undefined ? `file, ${JSON.stringify(filename)}` : JSON.stringify(value);
    return `form.append(${JSON.stringify(name)}, ${given});\n`;
  });
  return ["const form =", ` new FormData();\n${lines.join("")}`].join("");
}

/** The request as a notebook cell; null where its body is none that a cell can hold. */
export function asCell({ method, target, headers, body }) {
  if (body && body.kind !== "text") return null;
  const lines = [`%%request ${method} ${plain(target)}`, ...headers.map(([name, value]) => plain(`${name}: ${value}`))];
  if (body) lines.push("", bodyLines(body.text));
  return lines.join("\n");
}

/** Braces that are no expression of the notebook. */
const plain = (text) => text.replaceAll("{{", "\\{{");

/** A body whose lines are neither comments nor expectations; of blank lines at its ends an empty expression holds the place. */
function bodyLines(text) {
  const lines = text.split("\n").map((line) => plain(line.replace(/^(\s*)(?=\\*(?:#|\?\?))/, "$1\\")));
  for (const end of new Set([0, lines.length - 1])) if (!lines[end].trim()) lines[end] += "{{''}}";
  return lines.join("\n");
}

/** Put text on the clipboard; pages that may not do so get it selected in a field instead. */
export async function copy(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h("textarea.copied", { "aria-label": "Copy this text", readOnly: true, value: text, rows: 6 });
    fill(place, field);
    field.focus();
    field.select();
    return false;
  }
}
