// Sending: through the kernel, as its own client does, or from this page, as any other page would.

import { base64 } from "./body.js";

/** Pieces that are kept, the bytes that are shown of each, and the milliseconds between two looks at them. */
const [ITEMS, LONGEST, PAUSE] = [500, 8192, 100];
/** What a body is, by its type. */
const KINDS = [["json", /[/+]json$/], ["html", /^text\/html/], ["image", /^image/], ["text", /^text|xml$|ndjson$|^$/], ["binary", /./]];

/** A name for a run that no other has. */
export const runName = () => crypto.getRandomValues(new Uint32Array(3)).join("-");

/** Send through the kernel, unless it is under way; `take` hears what comes, and what is returned is the finished run. */
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
      link.on("lost", ({ said }) => over(reject, new Error(said))),
    );
    if (!request.going) link.ask("send", { run, ...request }).catch((error) => over(reject, error));
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
  if (!server.running) return { ...made, failed: server.note };
  try {
    const response = await fetch(server.url + request.target, {
      method: request.method,
      headers: request.headers.filter(([name]) => name.toLowerCase() !== "cookie"),
      body: bodyOf(request.body),
      redirect: "manual",
      signal,
    });
    made.answer_headers = [...response.headers];
    const media = (response.headers.get("content-type") ?? "").split(";")[0].toLowerCase();
    Object.assign(made, { status: response.status, reason: response.statusText, media });
    if (response.type === "opaqueredirect") made.failed = "The answer is a redirect, which a page may follow but not look at";
    take({ head: { status: made.status, reason: made.reason, headers: made.answer_headers } });
    Object.assign(made, await takenIn(response, media, since, take));
  } catch (error) {
    if (error.name === "AbortError") made.stopped = true;
    else made.failed = await explained(link, request, server, error);
  }
  return { ...made, seconds: since() };
}

/** The body of a response: whole, and while it comes in pieces, but not more often than a page can show. */
async function takenIn(response, media, since, take) {
  const [kind] = KINDS.find(([, type]) => type.test(media));
  const bytes = kind === "image" || kind === "binary";
  const most = { image: 4194304, binary: 1024 }[kind] ?? 262144;
  const whole = bytes || response.headers.has("content-length");
  const decoder = new TextDecoder();
  const parts = [];
  let [size, kept, count, items, news, timer] = [0, 0, 0, [], [], null];
  const tell = () => {
    timer = null;
    take({ items: news.slice(-ITEMS), dropped: Math.max(news.length - ITEMS, 0), size, count });
    news = [];
  };
  const reader = response.body?.getReader();
  try {
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader.read()) {
      size += piece.value.length;
      if (kept < most) parts.push(piece.value.slice(0, most - kept));
      kept = Math.min(size, most);
      if (whole) continue;
      count++;
      news.push([since(), "chunk", decoder.decode(piece.value.slice(0, LONGEST), { stream: true })]);
      items = [...items.slice(1 - ITEMS), news.at(-1)];
      timer ??= setTimeout(tell, PAUSE);
    }
  } finally {
    clearTimeout(timer);
  }
  const found = { kind: size ? kind : "none", size, cut: size > kept, items, count };
  const blob = new Blob(parts);
  return bytes ? { ...found, data: await base64(blob) } : { ...found, text: await blob.text() };
}

async function explained(link, request, server, error) {
  if (location.protocol === "https:" && server.url.startsWith("http:")) {
    return `This page came by https, and may not call ${server.url}: open the notebook by http, or send through the kernel`;
  }
  const { method, target, headers } = request;
  const { said } = await link.ask("cors", { method, target, headers, origin: location.origin });
  return `No answer (${error.message}). ${said}`;
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
