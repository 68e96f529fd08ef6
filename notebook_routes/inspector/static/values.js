// Fields with names: those that a route declares, and lines for any other.

import { button, h, labelled, line } from "./dom.js";

/**
 * Fields of one or several kinds, such as query parameters and headers.
 *
 * @param {Array<[string, object]>} declared - the kind and the field of each that is declared.
 * @param {string[]} kinds - of what lines can be added.
 */
export class Values {
  #kinds;
  #declared;
  #lines = h(".lines");

  constructor(declared, kinds) {
    this.#kinds = kinds;
    this.#declared = declared.map(([kind, field]) => [kind, field, input(field)]);
    this.fields = this.#declared.map(([kind, field, element]) => labelled(field.name, element, note(kind, field)));
    this.lines = this.#lines;
    this.add = button(`+ ${kinds.join(", ")}`, () => this.#line(kinds[0]).querySelector("input").focus(), { look: "small" });
  }

  /** The names and values of a kind, but for empty ones that are declared. */
  pairs(kind) {
    const declared = this.#declared.filter(([of, , { value }]) => of === kind && value !== "");
    const pairs = declared.flatMap(([, { name, many }, { value }]) =>
      many ? value.split(",").map((each) => [name, each.trim()]) : [[name, value]],
    );
    for (const { children } of this.#lines.children) {
      const [of, name, value] = [...children].map((field) => field.value);
      if (name && of === kind) pairs.push([name, value]);
    }
    return pairs;
  }

  /** Put names and values of all kinds into the fields, `{ kind: pairs }`. */
  set(given) {
    this.#lines.replaceChildren();
    const left = Object.entries(given).flatMap(([kind, pairs]) => pairs.map(([name, value]) => [kind, name, value]));
    for (const [kind, field, element] of this.#declared) {
      const mine = left.filter(([of, name]) => of === kind && name.toLowerCase() === field.name.toLowerCase());
      const text = mine.map(([, , value]) => value).join(", ");
      element.value = text;
      // What a field cannot hold, such as a comma or what is none of its choices, is a line.
      const holds = element.value === text && !(field.many && mine.some(([, , value]) => value.includes(",")));
      if (holds) mine.forEach((each) => left.splice(left.indexOf(each), 1));
      else element.value = "";
    }
    left.forEach((each) => this.#line(...each));
  }

  #line(kind, name = "", value = "") {
    const text = (what, given) => line({ value: given, placeholder: what, "aria-label": what });
    const choice = h("select", { "aria-label": "kind" }, this.#kinds.map((each) => h("option", { selected: each === kind }, each)));
    const remove = button("✕", () => made.remove(), { "aria-label": "Remove" });
    const made = h(".line", choice, text("name", name), text("value", value), remove);
    this.#lines.append(made);
    return made;
  }
}

const note = (kind, { type, required, many }) =>
  [kind !== "query" && kind !== "field" && kind, type !== "string" && type, many && "several, with commas", required && "required"].filter(Boolean).join(", ");

function input({ type, required, enum: choices, many, description, default: preset }) {
  const about = { title: description ?? "", required };
  const values = choices ?? (type === "boolean" ? ["true", "false"] : null);
  if (!values || many) return line({ placeholder: preset ?? "", ...about });
  const options = required ? values : ["", ...values];
  return h("select", about, options.map((value) => h("option", { value }, value || `${preset ?? ""}`)));
}
