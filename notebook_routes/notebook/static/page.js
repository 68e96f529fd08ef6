// The card under a %%page cell: the HTML that Python made, and the page in a frame that can touch nothing around it.

// Apple's browsers ask a name server for names below localhost, and get no answer.
const RESOLVES = !/^Apple/.test(navigator.vendor);

function render({ model, el }) {
  const card = document.createElement("div");
  const note = document.createElement("div");
  const frame = document.createElement("iframe");
  note.textContent = "In this frame the page's script cannot call the routes; opened by the link it can.";
  note.hidden = true;
  frame.setAttribute("sandbox", "allow-scripts allow-forms allow-downloads");
  frame.referrerPolicy = "no-referrer";
  frame.style.cssText =
    "display:block;width:100%;box-sizing:border-box;margin:.4em 0;background:#fff;" +
    "border:1px solid var(--jp-border-color2,#ccc);border-radius:4px";
  el.append(card, frame, note);

  const load = () => {
    card.innerHTML = model.get("content");
    for (const link of card.querySelectorAll("a[data-path]")) {
      link.href = model.get("url") + link.dataset.path;
      link.title = link.href;
    }
    const own = RESOLVES ? model.get("frame") : "";
    note.hidden = own !== "";
    frame.title = `The page ${model.get("path")}`;
    frame.style.height = `${model.get("height")}px`;
    frame.src = (own || model.get("url")) + model.get("path");
  };
  load();
  // The last that Python sets: it comes with every change.
  model.on("change:version", load);
  return () => model.off("change:version", load);
}

export default { render };
