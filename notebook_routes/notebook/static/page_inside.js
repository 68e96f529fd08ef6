// The card under a %%page cell where the routes run in this browser and have no address: the page is asked for through
// the widget, and so is what it asks for itself, see page_frame.js.

const ORIGIN = "http://localhost";

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

function render({ model, el }) {
  const card = document.createElement("div");
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-forms allow-downloads");
  frame.referrerPolicy = "no-referrer";
  frame.style.cssText =
    "display:block;width:100%;box-sizing:border-box;margin:.4em 0;background:#fff;" +
    "border:1px solid var(--jp-border-color2,#ccc);border-radius:4px";
  el.append(card, frame);

  // Of all views of this widget, each hears its own answers.
  const view = crypto.randomUUID();
  const hearing = new Map();
  let loads = 0;
  let shown;
  // The load that brought what is in the frame: each page counts from one what it asks for.
  let page;

  const ask = (id, { content, ...request }, hear) => {
    hearing.set(id, hear);
    model.send({ ...request, do: "fetch", view, id }, undefined, [content.buffer]);
  };
  const stop = (id) => model.send({ do: "stop", view, id });
  const hear = ({ view: whose, id, ...said }, [piece] = []) => {
    const listener = whose === view && hearing.get(id);
    if (!listener) return;
    if (said.done) hearing.delete(id);
    if (piece) said.chunk = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength).slice();
    listener(said);
  };

  const open = (request) => {
    const load = `${++loads}`;
    const pieces = [];
    let target = request.target;
    // What the page before has asked for is for nobody any more.
    forget();
    ask(load, request, ({ head, chunk, failed, done }) => {
      if (head) target = head.target;
      if (chunk) pieces.push(chunk);
      if (done) new Blob(pieces).text().then((text) => load === `${loads}` && show(target, failed ?? text));
    });
  };
  const forget = () => {
    for (const id of hearing.keys()) stop(id);
    hearing.clear();
  };
  const show = (target, text) => {
    // What the page before has asked for while this one was on its way.
    forget();
    shown = target;
    page = `${loads}`;
    const above = `<base href="${escaped(ORIGIN + target)}"><script data-page="${page}">${model.get("script")}</script>`;
    // In front of its doctype, the page would be shown as in the nineties.
    frame.srcdoc = `<!doctype html>${above}${text}`;
  };
  const visit = (target) =>
    open({ method: "GET", target, headers: [["accept", "text/html"]], content: new Uint8Array(), redirect: "follow" });
  const load = () => {
    card.innerHTML = model.get("content");
    for (const link of card.querySelectorAll("a[data-path]")) link.replaceWith(...link.childNodes);
    frame.title = `The page ${model.get("path")}`;
    frame.style.height = `${model.get("height")}px`;
    visit(shown ?? model.get("path"));
  };
  const fromFrame = ({ source, data }) => {
    if (source !== frame.contentWindow || data.page !== page) return;
    const own = (id) => `${page} ${id}`;
    if (data.open) open(data.open);
    if (data.stop) stop(own(data.stop));
    if (data.fetch) ask(own(data.fetch.id), data.fetch, (said) => source.postMessage({ ...said, id: data.fetch.id }, "*"));
  };
  const moved = () => (shown = undefined);
  addEventListener("message", fromFrame);
  model.on("msg:custom", hear);
  model.on("change:path", moved);
  model.on("change:version", load);
  load();
  return () => {
    for (const id of hearing.keys()) stop(id);
    removeEventListener("message", fromFrame);
    model.off("msg:custom", hear);
    model.off("change:path", moved);
    model.off("change:version", load);
  };
}

export default { render };
