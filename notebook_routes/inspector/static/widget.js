// The anywidget of a card or of %routes. The front end's modules are the state of one hidden model, so that a notebook
// with many cards holds them once; here they are linked and imported.

const CACHE = (globalThis.__notebook_routes_front_end ??= new Map());

/** The inspector's module, of the sources `[[name, text], ...]` in the order in which they import each other. */
function linked(version, sources) {
  if (!CACHE.has(version)) {
    const urls = new Map();
    for (const [name, text] of sources) {
      const bound = text.replace(/(from\s+)"\.\/([\w.]+)"/g, (_, from, other) => `${from}"${urls.get(other)}"`);
      urls.set(name, URL.createObjectURL(new Blob([bound], { type: "text/javascript" })));
    }
    CACHE.set(version, import(urls.get("inspector.js")));
  }
  return CACHE.get(version);
}

function styled(version, css) {
  const id = `notebook-routes-style-${version}`;
  if (document.getElementById(id)) return;
  const style = document.createElement("style");
  style.id = id;
  style.textContent = css;
  document.head.append(style);
}

async function render({ model, el }) {
  const front = await model.widget_manager.get_model(model.get("front_end").replace("IPY_MODEL_", ""));
  styled(front.get("version"), front.get("css"));
  const { mount, byWidget } = await linked(front.get("version"), front.get("sources"));
  const given = () => Object.fromEntries(["route", "said", "remarks", "snapshot", "key"].map((name) => [name, model.get(name)]));
  const view = mount(el, byWidget(model), given());
  const refresh = () => view.refresh(given());
  const restarted = "The kernel is gone or was restarted: run %load_ext notebook_routes, then this cell again";
  const gone = () => model.comm_live || view.link.end(restarted);
  model.on("change:snapshot", refresh);
  model.on("comm_live_update", gone);
  model.on("comm:close", gone);
  return () => {
    model.off("change:snapshot", refresh);
    model.off("comm_live_update", gone);
    model.off("comm:close", gone);
    view.close();
  };
}

export default { render };
