// A request written in other languages, and the clipboard.

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const textOf = (body) => (body?.kind === "text" ? body.text : null);

/** The request as a command for a shell. */
export function asCurl({ method, target, headers, body }, origin) {
  const lines = [`curl ${method === "GET" ? "" : `-X ${method} `}${quoted(origin + target)}`];
  for (const [name, value] of headers) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (textOf(body) !== null) lines.push(`--data-raw ${quoted(body.text)}`);
  else if (body?.kind === "form") {
    for (const field of body.fields) {
      lines.push(`-F ${quoted("data" in field ? `${field.name}=@${field.filename}` : `${field.name}=${field.value}`)}`);
    }
  } else if (body) lines.push(`--data-binary ${quoted(`@${body.filename ?? "body"}`)}`);
  return lines.join(" \\\n  ");
}

/** The request as JavaScript for a page. */
export function asFetch({ method, target, headers, body }, origin) {
  const options = [];
  if (method !== "GET") options.push(`method: "${method}"`);
  if (headers.length) options.push(`headers: ${JSON.stringify(Object.fromEntries(headers))}`);
  if (body) options.push(`body: ${{ text: JSON.stringify(body.text), form: "new FormData(form)", base64: "file" }[body.kind]}`);
  const given = options.length ? `, {\n${options.map((each) => `  ${each},\n`).join("")}}` : "";
  return `await fetch(${JSON.stringify(origin + target)}${given})`;
}

/** The request as a notebook cell; null where its body is none that a cell can hold. */
export function asCell({ method, target, headers, body }) {
  if (body && textOf(body) === null) return null;
  // Braces would be read as an expression of the notebook.
  const plain = (text) => text.replaceAll("{{", "{{'{{'}}");
  const lines = [`%%request ${method} ${plain(target)}`, ...headers.map(([name, value]) => plain(`${name}: ${value}`))];
  if (body) lines.push("", plain(body.text));
  return lines.join("\n");
}

/** Put text on the clipboard; pages that may not do so get it selected in a field instead. */
export async function copy(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.className = "nbi-copied";
    field.setAttribute("aria-label", "Copy this text");
    field.readOnly = true;
    field.value = text;
    field.rows = Math.min(text.split("\n").length, 12);
    place.replaceChildren(field);
    field.focus();
    field.select();
    return false;
  }
}
