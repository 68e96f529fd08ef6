// JSON as a tree that is made as it is opened, and lists of objects as a table.

import { button, h, head, scrolling } from "./dom.js";

/** Members that one level shows at first. */
const SHOWN = 100;
/** Characters from which on a cell of a table wraps wherever it has to. */
const LONG = 40;
/** Levels that are open at first, for small values. */
const OPEN_LEVELS = 6;

/** The value of a JSON text; numbers that JavaScript would write otherwise, such as 3.0 or very long ones, stay as they are. */
export function parsed(text) {
  const exact = (_, value, { source } = {}) => (typeof value === "number" && source && String(value) !== source ? JSON.rawJSON(source) : value);
  try {
    return JSON.parse(text, exact);
  } catch {
    // Too deep for that, or no JSON.
    return JSON.parse(text);
  }
}

const isLeaf = (value) => value === null || typeof value !== "object" || !!JSON.isRawJSON?.(value);

/** A JSON value as a tree; a small one, by the length of its text, is open. */
export function tree(value, length) {
  const small = length < 2000;
  return h(".tree", node(null, value, small ? OPEN_LEVELS : 1));
}

function node(name, value, open) {
  const label = name === null ? null : h("span.key", `${name}: `);
  if (isLeaf(value)) return h(".leaf", label, leaf(value));
  const members = Array.isArray(value) ? value.map((each, place) => [place, each]) : Object.entries(value);
  const ends = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (!members.length) return h(".leaf", label, ends.join(""));
  const details = h("details", { open: open > 0 });
  const inside = h(".members");
  const summary = h("summary", label, ends[0], h("span.quiet", ` ${members.length} `), ends[1]);
  const make = () => inside.childElementCount || add(inside, members, 0, open - 1);
  if (open > 0) make();
  details.addEventListener("toggle", make);
  details.append(summary, inside);
  return details;
}

function add(inside, members, from, open) {
  for (const [name, value] of members.slice(from, from + SHOWN)) inside.append(node(name, value, open));
  const left = members.length - from - SHOWN;
  if (left <= 0) return;
  const more = button(`${left} more`, () => {
    more.remove();
    add(inside, members, from + SHOWN, 0);
  });
  inside.append(more);
}

function leaf(value) {
  const kind = value === null ? "null" : typeof value === "object" ? "number" : typeof value;
  return h(`span.${kind}`, JSON.stringify(value));
}

/** Whether a value is a list of objects that a table shows well. */
export function isTable(value) {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((row) => !isLeaf(row) && !Array.isArray(row))
  );
}

/** A list of objects as a table, a row for each. */
export function table(rows) {
  const columns = [...new Set(rows.slice(0, SHOWN).flatMap(Object.keys))];
  const body = h("tbody");
  const more = (from) => {
    for (const row of rows.slice(from, from + SHOWN)) body.append(h("tr", columns.map((name) => cell(row[name]))));
    const left = rows.length - from - SHOWN;
    if (left <= 0) return;
    const last = h("tr", h("td", { colSpan: columns.length }, button(`${left} more`, () => (last.remove(), more(from + SHOWN)))));
    body.append(last);
  };
  more(0);
  return scrolling(".scroll", "The answer as a table", head(columns), body);
}

function cell(value) {
  if (value === undefined) return h("td");
  const isNumber = typeof value === "number" || JSON.isRawJSON?.(value);
  const text = typeof value === "string" ? value : written(value);
  return h(isNumber ? "td.number" : text.length > LONG ? "td.long" : "td", text);
}

function written(value) {
  try {
    return JSON.stringify(value);
  } catch {
    // Deeper than the browser can write it.
    return "…";
  }
}
