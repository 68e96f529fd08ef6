// The inspector as a page of its own, /_routes/. Its token comes behind the "#" of its address, which no server is told.

import { fill, h } from "./dom.js";
import { byHTTP } from "./http.js";
import { mount } from "./inspector.js";

const NAME = "notebook_routes token";
const place = document.getElementById("inspector");

const given = location.hash.slice(1);
if (given) {
  sessionStorage.setItem(NAME, given);
  history.replaceState(null, "", location.pathname);
}
const token = sessionStorage.getItem(NAME);

if (token) start();
else refuse("This page is for whoever runs the notebook: open it by the link that %routes or notebook-routes dev shows.");

function start() {
  let view = null;
  let lost = false;
  const tell = (state, said) => {
    if (state === "refused") return refuse("The link is of another run of the server: open the page by the newest one.");
    if (state === "lost") view.link.lose(said);
    else if (lost) view.link.dispatchEvent(new CustomEvent("reopen"));
    lost = state === "lost";
    document.title = `${lost ? "(away) " : ""}Routes`;
  };
  view = mount(place, byHTTP("/_routes/inspector/", token, tell), { route: null, snapshot: null, key: "page" });
}

function refuse(sentence) {
  place.classList.add("nbi");
  fill(place, h("p.note", { role: "alert" }, sentence));
}
