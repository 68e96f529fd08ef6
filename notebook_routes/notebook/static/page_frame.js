// Runs in the frame of a page whose routes have no address, in front of the page's own scripts: what they ask of the
// page's origin goes to the card around the frame, which asks the kernel.

(() => {
  const ORIGIN = "http://localhost";
  const BARE = [204, 205, 304];
  const { page } = document.currentScript.dataset;
  const tell = (said) => parent.postMessage({ ...said, page }, "*");
  const waiting = new Map();
  const elsewhere = { fetch: window.fetch.bind(window), EventSource: window.EventSource };
  let last = 0;

  addEventListener("message", ({ source, data }) => source === parent && waiting.get(data.id)?.(data));

  /** A request as a message, without its id. */
  async function written(request) {
    const { method, url, redirect } = request;
    const content = new Uint8Array(await request.arrayBuffer());
    return { method, target: url.slice(ORIGIN.length), headers: [...request.headers], content, redirect };
  }

  const isOwn = (url) => new URL(url, document.baseURI).origin === ORIGIN;

  // Links and forms

  const open = async (request) => tell({ open: await written(request) });

  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (event.defaultPrevented || !link || link.getAttribute("href").startsWith("#") || !isOwn(link.href)) return;
    event.preventDefault();
    void open(new Request(link.href));
  });

  addEventListener("submit", (event) => {
    const form = event.target;
    // Its fields may be called so.
    const said = (name) => event.submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name);
    const url = new URL(said("action") ?? "", document.baseURI);
    if (event.defaultPrevented || !isOwn(url)) return;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    const plain = new URLSearchParams([...data].map(([name, value]) => [name, value.name ?? value]));
    if (!/^post$/i.test(said("method") ?? "")) {
      url.search = plain;
      return void open(new Request(url));
    }
    void open(new Request(url, { method: "POST", body: said("enctype") === "multipart/form-data" ? data : plain }));
  });

  // Scripts

  window.fetch = async (resource, options) => {
    const request = new Request(resource, options);
    if (!isOwn(request.url)) return elsewhere.fetch(request);
    const asked = await written(request);
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
      const stop = () => tell({ stop: id });
      request.signal.addEventListener("abort", () => (stop(), end(request.signal.reason)));
      waiting.set(id, ({ head, chunk, failed }) => {
        if (head) {
          const cancel = () => (waiting.delete(id), stop());
          const stream = new ReadableStream({ start: (controller) => (body = controller), cancel });
          const isBare = BARE.includes(head.status) || request.method === "HEAD";
          const answer = new Response(isBare ? null : stream, head);
          Object.defineProperty(answer, "url", { value: ORIGIN + head.target });
          Object.defineProperty(answer, "redirected", { value: head.redirected });
          resolve(answer);
        } else if (chunk) body?.enqueue(chunk);
        else end(failed && new TypeError(failed));
      });
      tell({ fetch: { ...asked, id } });
    });
  };

  /** HTML standard, "Server-sent events". */
  class OwnEventSource extends EventTarget {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSED = 2;
    readyState = 0;
    withCredentials = false;
    onopen = null;
    onmessage = null;
    onerror = null;
    #abort = new AbortController();
    #lastId = "";
    #pause = 3000;

    constructor(url) {
      super();
      this.url = new URL(url, document.baseURI).href;
      void this.#run();
    }

    close() {
      this.readyState = 2;
      this.#abort.abort();
    }

    async #run() {
      while (this.readyState !== 2) {
        try {
          const headers = { accept: "text/event-stream", ...(this.#lastId && { "last-event-id": this.#lastId }) };
          const answer = await fetch(this.url, { headers, signal: this.#abort.signal });
          if (answer.status === 200 && answer.headers.get("content-type")?.startsWith("text/event-stream")) await this.#hear(answer);
          else {
            this.readyState = 2;
            void answer.body?.cancel();
          }
        } catch {
          // It is tried again, unless it was closed.
        }
        // That the page has closed it is no error.
        if (this.#abort.signal.aborted) return;
        if (this.readyState !== 2) this.readyState = 0;
        this.#tell(new Event("error"));
        await new Promise((done) => setTimeout(done, this.#pause));
      }
    }

    async #hear(answer) {
      this.readyState = 1;
      this.#tell(new Event("open"));
      let rest = "";
      let event = { type: "", data: [] };
      for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop();
        for (const line of lines) {
          const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
          if (line === "") {
            const { type, data } = event;
            event = { type: "", data: [] };
            if (data.length) {
              const said = { data: data.join("\n"), lastEventId: this.#lastId, origin: ORIGIN };
              this.#tell(new MessageEvent(type || "message", said));
            }
          } else if (name === "data") event.data.push(value);
          else if (name === "event") event.type = value;
          else if (name === "id" && !value.includes("\0")) this.#lastId = value;
          else if (name === "retry" && /^\d+$/.test(value)) this.#pause = Number(value);
        }
      }
    }

    #tell(event) {
      if (this.readyState === 2 && event.type !== "error") return;
      this[`on${event.type}`]?.(event);
      this.dispatchEvent(event);
    }
  }

  window.EventSource = new Proxy(elsewhere.EventSource, {
    construct: (other, [url, options]) => (isOwn(url) ? new OwnEventSource(url) : new other(url, options)),
  });
})();
