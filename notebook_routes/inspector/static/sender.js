// Sending: through the kernel, as its own client does, or from this page, as any other page would.

/** The largest body that is taken in from this page, in characters. */
const LARGEST = 262144;

/** A name for a run that no other has. */
export const runName = () => crypto.getRandomValues(new Uint32Array(3)).join("-");

/** Send through the kernel; `take` hears what comes, and what is returned is the finished run. */
export function sendThroughKernel(link, run, request, take) {
  return new Promise((resolve, reject) => {
    const off = [];
    const over = (settle, value) => {
      off.forEach((each) => each());
      settle(value);
    };
    off.push(
      link.on("run", (push) => {
        if (push.run !== run) return;
        if (push.done) over(resolve, push.done);
        else take(push);
      }),
      link.on("ended", ({ said }) => over(reject, new Error(said))),
    );
    link.ask("send", { run, ...request }).catch((error) => over(reject, error));
  });
}

/**
 * Send from this page, so that it sees what any page of this origin sees: CORS as it is.
 *
 * @returns {Promise<object>} the run, in the shape that the kernel gives.
 */
export async function sendFromBrowser(link, run, request, server, signal, take) {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  const made = { run, ...request, started: Date.now() / 1000, from: "browser", size: 0, answer_headers: [] };
  try {
    const response = await fetch(server.url + request.target, {
      method: request.method,
      headers: request.headers.filter(([name]) => name.toLowerCase() !== "cookie"),
      body: bodyOf(request.body),
      redirect: "manual",
      signal,
    });
    made.answer_headers = [...response.headers];
    Object.assign(made, { status: response.status, reason: response.statusText, media: (response.headers.get("content-type") ?? "").split(";")[0] });
    if (response.type === "opaqueredirect") made.failed = "The answer is a redirect, which a page may follow but not look at";
    take({ head: { status: made.status, reason: made.reason, headers: made.answer_headers } });
    Object.assign(made, await takenIn(response, since, take));
  } catch (error) {
    if (error.name === "AbortError") made.stopped = true;
    else made.failed = await explained(link, request, server, error);
  }
  return { ...made, seconds: since() };
}

async function takenIn(response, since, take) {
  const media = (response.headers.get("content-type") ?? "").split(";")[0];
  if (media.startsWith("image/")) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { kind: "image", size: bytes.length, data: btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join("")) };
  }
  let [text, size, count] = ["", 0, 0];
  const decoder = new TextDecoder();
  const streams = media === "text/event-stream" || media === "application/x-ndjson";
  const items = [];
  const reader = response.body?.getReader();
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader.read()) {
    size += piece.value.length;
    const chunk = decoder.decode(piece.value, { stream: true });
    if (text.length < LARGEST) text += chunk;
    count++;
    items.push([since(), "chunk", chunk]);
    if (items.length > 500) items.shift();
    if (streams || count > 1) take({ items: [items.at(-1)], size, count });
  }
  const kinds = { "application/json": "json", "text/html": "html" };
  const kind = size === 0 ? "none" : (kinds[media] ?? (media.endsWith("+json") ? "json" : "text"));
  return { kind, text, size, cut: text.length >= LARGEST, ...(streams && { items, count }) };
}

async function explained(link, request, server, error) {
  if (location.protocol === "https:" && server.url.startsWith("http:")) {
    return `This page came by https, and may not call ${server.url}: open the notebook by http, or send through the kernel`;
  }
  const { method, target, headers } = request;
  const { said } = await link.ask("cors", { method, target, headers, origin: location.origin });
  return `The browser has refused the answer (${error.message}). ${said}`;
}

function bodyOf(body) {
  if (!body) return undefined;
  if (body.kind === "text") return body.text;
  if (body.kind === "base64") return bytesOf(body.data);
  const form = new FormData();
  for (const { name, value, filename, type, data } of body.fields) {
    if (data === undefined) form.append(name, value);
    else form.append(name, new File([bytesOf(data)], filename, { type }));
  }
  return form;
}

const bytesOf = (data) => Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
