// A host for the folder of a Worker, as close to the platform's as Deno allows: its Pyodide, its paths, the calls of its
// entry point, no randomness while the first module loads.
//
//     deno run worker_host.mjs PYODIDE FOLDER

const [pyodide, folder] = Deno.args;
const { loadPyodide } = await import(`file://${pyodide}/pyodide.mjs`);
const python = await loadPyodide({ indexURL: `${pyodide}/`, env: { HOME: "/session", PYTHONHASHSEED: "111" } });

function copy(from, to) {
  python.FS.mkdirTree(to);
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copy(`${from}/${name}`, `${to}/${name}`);
    else python.FS.writeFile(`${to}/${name}`, Deno.readFileSync(`${from}/${name}`));
  }
}
copy(`${folder}/src`, "/session/metadata");
copy(`${folder}/python_modules`, "/session/metadata/python_modules");

python.registerJsModule("_pyodide_entrypoint_helper", { patchWaitUntil: () => {} });
python.registerJsModule("_cloudflare_compat_flags", { python_request_headers_preserve_commas: true });
python.runPython(`
import os, sys

modules = "/session/metadata/python_modules"
sys.path.append("/session/metadata")
sys.path.insert(next(place for place, path in enumerate(sys.path) if "site-packages" in path), modules)
os.chdir("/session")


def refused(*_):
    raise RuntimeError("the platform gives no randomness while a module loads")


urandom, os.urandom = os.urandom, refused
import entry
os.urandom = urandom

from workers.rpc import python_from_rpc, python_to_rpc


async def call(context, request):
    return python_to_rpc(await entry.Default(context, object()).fetch(python_from_rpc(request)))
`);
const call = python.globals.get("call");

const options = { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(`listening ${port}`) };
Deno.serve(options, async (request) => {
  // A test says in a header what the platform would know of the client.
  const place = request.headers.get("x-test-cf");
  if (place !== null) request.cf = JSON.parse(place);
  const waitUntil = (work) => {
    console.log("waiting");
    ("copy" in work ? work.copy() : work).then(() => console.log("waited"), (error) => console.error(String(error)));
  };
  try {
    return await call({ waitUntil }, request);
  } catch (error) {
    return new Response(`the host has failed: ${error}`, { status: 599 });
  }
});
