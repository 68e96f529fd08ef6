// The card under a %%page cell where the routes run in this browser and have no address: the page is asked for through
// the widget, and so is what its script fetches.

const ORIGIN = "http://localhost";

// What the page gets in front of its own text: it runs in the frame.
const IN_FRAME = (origin) => {
  const waiting = new Map();
  const elsewhere = window.fetch.bind(window);
  let last = 0;

  addEventListener("message", ({ source, data }) => source === parent && waiting.get(data.id)?.(data));
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (event.defaultPrevented || !link || new URL(link.href).origin !== origin) return;
    event.preventDefault();
    parent.postMessage({ open: link.href.slice(origin.length) }, "*");
  });

  window.fetch = async (resource, options) => {
    const request = new Request(resource, options);
    if (new URL(request.url).origin !== origin) return elsewhere(request);
    const content = new Uint8Array(await request.arrayBuffer());
    request.signal.throwIfAborted();
    const id = ++last;
    return new Promise((resolve, reject) => {
      let body;
      const end = (error) => {
        waiting.delete(id);
        if (!error) return body?.close();
        reject(error);
        body?.error(error);
      };
      const stop = () => parent.postMessage({ stop: id }, "*");
      request.signal.addEventListener("abort", () => (stop(), end(request.signal.reason)));
      waiting.set(id, ({ head, chunk, failed }) => {
        if (head) {
          const stream = new ReadableStream({ start: (controller) => (body = controller), cancel: stop });
          const bare = [204, 205, 304].includes(head.status) || request.method === "HEAD";
          const answer = new Response(bare ? null : stream, head);
          Object.defineProperty(answer, "url", { value: request.url });
          resolve(answer);
        } else if (chunk) body?.enqueue(chunk);
        else end(failed && new TypeError(failed));
      });
      const { method, url } = request;
      parent.postMessage({ fetch: { id, method, target: url.slice(origin.length), headers: [...request.headers], content } }, "*");
    });
  };
};

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

function render({ model, el }) {
  const card = document.createElement("div");
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-forms");
  frame.referrerPolicy = "no-referrer";
  frame.style.cssText =
    "display:block;width:100%;box-sizing:border-box;margin:.4em 0;background:#fff;" +
    "border:1px solid var(--jp-border-color2,#ccc);border-radius:4px";
  el.append(card, frame);

  // Of all views of this widget, each hears its own answers.
  const view = crypto.randomUUID();
  const hearing = new Map();
  let loads = 0;
  let path;

  const ask = (id, { method, target, headers, content }, hear) => {
    hearing.set(id, hear);
    model.send({ do: "fetch", view, id, method, target, headers }, undefined, [content.buffer]);
  };
  const hear = ({ view: whose, id, ...said }, buffers) => {
    const listener = whose === view && hearing.get(id);
    if (!listener) return;
    if (said.done) hearing.delete(id);
    listener(buffers?.length ? { ...said, chunk: new Uint8Array(buffers[0].buffer.slice(buffers[0].byteOffset, buffers[0].byteOffset + buffers[0].byteLength)) } : said);
  };

  const open = (target) => {
    path = target;
    const pieces = [];
    const load = ++loads;
    ask(`page ${load}`, { method: "GET", target, headers: [["accept", "text/html"]], content: new Uint8Array() }, ({ chunk, failed, done }) => {
      if (chunk) pieces.push(chunk);
      if (done) new Blob(pieces).text().then((text) => load === loads && show(target, failed ?? text));
    });
  };
  const show = (target, text) => {
    const above = `<base href="${escaped(ORIGIN + target)}"><script>(${IN_FRAME})(${JSON.stringify(ORIGIN)})</script>`;
    // In front of its doctype, the page would be shown as in the nineties.
    frame.srcdoc = `<!doctype html>${above}${text}`;
  };
  const load = () => {
    card.innerHTML = model.get("content");
    for (const link of card.querySelectorAll("a[data-path]")) link.replaceWith(...link.childNodes);
    frame.title = `The page ${model.get("path")}`;
    frame.style.height = `${model.get("height")}px`;
    open(path ?? model.get("path"));
  };
  const fromFrame = ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    const own = (id) => `${loads} ${id}`;
    if (data.open) open(data.open);
    if (data.stop) model.send({ do: "stop", view, id: own(data.stop) });
    if (data.fetch) ask(own(data.fetch.id), data.fetch, (said) => source.postMessage({ ...said, id: data.fetch.id }, "*"));
  };
  const moved = () => (path = model.get("path"));
  addEventListener("message", fromFrame);
  model.on("msg:custom", hear);
  model.on("change:path", moved);
  model.on("change:version", load);
  load();
  return () => {
    removeEventListener("message", fromFrame);
    model.off("msg:custom", hear);
    model.off("change:path", moved);
    model.off("change:version", load);
  };
}

export default { render };
