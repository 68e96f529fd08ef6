// The isolate: Pyodide in a worker, with the project and what it imports in a file system of its own.

const BEAT = 25;
const WASM_PAGE = 65536;
// Milliseconds that answers have to go out in when the isolate has to end.
const LAST_WORDS = 500;
// As it is now: a handler that put another in its place would be given the beats.
const { add } = Atomics;
// What runs before a project is known, and is kept as a snapshot of the memory.
const WARM = `
import sys
sys.path.insert(0, "/core.zip")
import notebook_routes.project.isolate.inside
`;

self.onmessage = async ({ data: told }) => {
  self.onmessage = null;
  try {
    await run(told);
  } catch (error) {
    post("failed", { text: String(error.message ?? error) });
  }
};

const post = (kind, what, transfer = []) => self.postMessage({ kind, ...what }, transfer);

async function run(told) {
  const { promise: begun, resolve: begin } = Promise.withResolvers();
  const { hostname, port } = told;
  const { promise: ended, resolve: end } = Promise.withResolvers();
  const waiting = new Set();
  // The port is taken at once; who asks early waits.
  const server = Deno.serve({ hostname, port, onListen: () => {} }, (request, { remoteAddr: peer }) => {
    const { promise: response, resolve } = Promise.withResolvers();
    waiting.add(resolve);
    const answered = begun.then((answer) => answer(request, peer.hostname, peer.port));
    // What no handler could catch, the interpreter does not outlive.
    answered.then((found) => (waiting.delete(resolve), resolve(found)), (error) => end(String(error)));
    return response;
  });
  self.onmessage = ({ data }) => end(data);
  // What fails behind a handler's back is no reason to end.
  for (const kind of ["error", "unhandledrejection"]) {
    self.addEventListener(kind, (event) => {
      event.preventDefault();
      const text = `Uncaught ${Deno.inspect(event.reason ?? event.error)}`;
      // Whoever waits for that promise in Python would wait for ever: so it is when memory is used up.
      if (text.includes("_pyodide/_future_helper.py")) end(text);
      else post("stderr", { text });
    });
  }
  ended.then(async (text) => {
    for (const resolve of waiting) resolve(new Response("Service Unavailable\n", { status: 503 }));
    await Promise.race([server.shutdown(), new Promise((resolve) => setTimeout(resolve, LAST_WORDS))]);
    post("failed", { text });
  });
  capMemory(told.memoryLimit);
  const python = await boot(told);
  python._api.on_fatal = (error) => end(String(error));
  python.setInterruptBuffer(told.interrupt);
  await giveBack();
  await takeAway();
  const inside = python.pyimport("notebook_routes.project.isolate.inside");
  const app = await inside.begin(JSON.stringify(told.inside));
  if (typeof app === "string") return post("failed", { text: app });
  setInterval(() => add(told.beats, 0, 1), BEAT);
  begin(app.fetch);
  post("ready", {});
}

async function boot(told) {
  const { loadPyodide } = await import(`file://${told.pyodide}/pyodide.mjs`);
  const options = {
    indexURL: `${told.pyodide}/`,
    stdout: (text) => post("stdout", { text }),
    stderr: (text) => post("stderr", { text }),
    env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
  };
  let python = null;
  if (told.snapshot !== null) {
    try {
      python = await loadPyodide({ ...options, _loadSnapshot: told.snapshot });
    } catch (error) {
      post("stale", { text: `the snapshot cannot be used, it takes longer this time: ${error}` });
    }
  }
  const isCold = python === null;
  python ??= await loadPyodide({ ...options, _makeSnapshot: told.keep !== null });
  mount(python, told);
  if (isCold) {
    python.runPython(WARM);
    if (told.keep !== null) {
      const bytes = python.makeMemorySnapshot();
      post("snapshot", { bytes });
    }
  }
  return python;
}

function mount(python, told) {
  python.FS.writeFile("/core.zip", told.core);
  if (told.packages !== null) python.FS.writeFile("/packages.zip", told.packages);
  if (told.native !== null) python.FS.writeFile("/native.zip", told.native);
  python.FS.writeFile("/site.zip", told.site);
}

// Emscripten's malloc fails where memory cannot grow, and Python raises MemoryError.
function capMemory(limit) {
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * WASM_PAGE > limit) throw new RangeError("the isolate's memory is used up");
    return grow.call(this, pages);
  };
}

// Python reaches all that JavaScript has here, and what that may do is what the process's permissions say; those that
// only booting needed are given back.
async function giveBack() {
  await Deno.permissions.revoke({ name: "read" });
}

// The supervisor would not see that this worker has closed itself, or what others do that it has started.
async function takeAway() {
  const refuse = (what) => {
    throw new Error(`an edge isolate cannot ${what}`);
  };
  self.close = Deno.exit = () => refuse("close itself");
  delete Deno[Deno.internal];
  const threads = await import("node:worker_threads");
  for (const kind of [Worker, threads.Worker]) {
    // What `super()` calls is looked up as it is called.
    Object.setPrototypeOf(kind, class { constructor() { refuse("start another"); } });
    Object.preventExtensions(kind);
  }
}
