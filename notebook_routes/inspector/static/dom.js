// Elements without a framework: h("button.plain", { onclick }, "Send"), h("p", "Text").

let numbers = 0;

/** A name that no other element of the page has, for labels and tabs. */
export const unique = (word) => `nbi-${word}-${++numbers}`;

/**
 * An element with attributes and children. Text is always text, never markup.
 *
 * @param {string} what - "tag.class.class"; a leading dot stands for a div, and classes get the prefix "nbi-".
 * @param {...(object|Node|string|number|null|false|Array)} rest - the children; before them there may be an object of
 *   attributes, set as properties where the element has such; null and false are left out.
 */
export function h(what, ...rest) {
  const attributes = rest[0]?.constructor === Object ? rest.shift() : {};
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.map((name) => `nbi-${name}`).join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name in element && name !== "list" && name !== "role") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...shown(rest));
  return element;
}

/** Put new children in the place of those there are. */
export function fill(element, ...children) {
  element.replaceChildren(...shown(children));
  return element;
}

const shown = (children) =>
  children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/** A text field with its label above it. */
export function labelled(text, field, note = "") {
  field.id ||= unique("field");
  return h(".field", h("label", { htmlFor: field.id }, text, note && h("span.quiet", ` ${note}`)), field);
}

/** A line of text that is code: nothing corrects or completes it. */
export const line = (attributes) => h("input", { type: "text", spellcheck: false, autocomplete: "off", ...attributes });

/** What stands above a list: a field that filters it, further things, and the place that says how many there are. */
export function listBar(placeholder, oninput, ...others) {
  const filter = h("input", { type: "search", placeholder, oninput });
  const said = h("span.quiet", { role: "status" });
  const shows = (text) => filter.value.toLowerCase().split(/\s+/).every((word) => text.toLowerCase().includes(word));
  const element = h(".bar", labelled("Filter", filter), others, said);
  return { element, shows, filter, say: (text) => fill(said, text) };
}

/** A button; it looks like a link, "small" or "primary" if asked. */
export function button(text, onclick, { look = "", ...attributes } = {}) {
  const classes = look === "link" ? "button.link" : look ? `button.button.${look}` : "button.button";
  return h(classes, { type: "button", onclick, ...attributes }, text);
}

/** A link to another page, in a window of its own. */
export const outside = (href, ...children) => h("a", { href, target: "_blank", rel: "noopener" }, children);

/** What a box that scrolls needs to be reached by keyboard, and to be called something. */
export const region = (label) => ({ tabIndex: 0, role: "group", "aria-label": label });

/** The head of a table; a column without a name holds buttons. */
export const head = (names) =>
  h("thead", h("tr", names.map((name) => h("th", { scope: "col" }, name || h("span.hidden", "Action")))));

/** A table in a box that scrolls. */
export const scrolling = (what, label, ...children) => h(what, region(label), h("table", ...children));

/**
 * Tabs (WAI-ARIA): arrow keys go from one to the next, and a panel is made when it is first shown.
 *
 * @param {string} label - what they are about.
 * @param {Array<{name: string, title: string|Node, show: () => Node, leave?: () => void}>} tabs
 * @param {{chosen?: string, onchoose?: (name: string) => void}} options
 * @returns {HTMLElement & {choose: (name: string) => void}}
 */
export function tabs(label, tabs, { chosen = tabs[0].name, onchoose = () => {} } = {}) {
  const panel = h(".panel", { id: unique("panel"), role: "tabpanel", tabIndex: 0 });
  const buttons = new Map(
    tabs.map((tab) => [
      tab.name,
      h("button.tab", { id: unique("tab"), type: "button", role: "tab", onclick: () => choose(tab.name) }, tab.title),
    ]),
  );
  let current = null;
  const choose = (name) => {
    const tab = tabs.find((each) => each.name === name) ?? tabs[0];
    if (current === tab) return;
    current?.leave?.();
    current = tab;
    for (const [other, element] of buttons) {
      element.setAttribute("aria-selected", String(other === tab.name));
      element.setAttribute("aria-controls", panel.id);
      element.tabIndex = other === tab.name ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", buttons.get(tab.name).id);
    fill(panel, tab.show());
    onchoose(tab.name);
  };
  const onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const place = tabs.indexOf(current) + step;
    const next = tabs[(place + tabs.length) % tabs.length];
    choose(next.name);
    buttons.get(next.name).focus();
    event.preventDefault();
  };
  const list = h(".tabs", { role: "tablist", "aria-label": label, onkeydown }, ...buttons.values());
  const element = h(".tabbed", list, panel);
  element.choose = choose;
  choose(chosen);
  return element;
}
