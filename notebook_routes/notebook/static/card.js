// The card under a %%route cell: the HTML that Python made, its links pointed at the server.
function render({ model, el }) {
  const fill = () => {
    el.innerHTML = model.get("content");
    for (const link of el.querySelectorAll("a[data-path]")) {
      link.href = model.get("url") + link.dataset.path;
      link.title = link.href;
    }
  };
  fill();
  model.on("change:content", fill);
  model.on("change:url", fill);
}

export default { render };
