// Draws every figure of the page. Names reach the page as data and as text nodes, never as markup or code:
// expressions are interpreted from their syntax tree (ast), so the page needs no eval, and the loader refuses all.
// The one text that may be set as markup is the empty one: vega-embed clears its place that way.
self.trustedTypes?.createPolicy("default", { createHTML: (markup) => (markup === "" ? "" : null) });

const TIP_OFFSET = 14;
const LOOK = {
  font: "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, Arial, sans-serif",
  background: null,
  view: { stroke: null },
  axis: {
    labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, titlePadding: 10, labelLimit: 260, titleLimit: 600,
    labelColor: "#33404d", titleColor: "#33404d", gridColor: "#e6ebf0", domainColor: "#b9c4d0", tickColor: "#b9c4d0",
  },
  legend: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, labelLimit: 260, titleLimit: 260 },
  header: { labelFontSize: 12, titleFontSize: 12, labelLimit: 260, titleLimit: 600, labelFontWeight: 600 },
  title: { fontSize: 13, anchor: "start", limit: 800 },
};

const tip = document.body.appendChild(document.createElement("div"));
tip.className = "tip";

function showTip(_, event, __, value) {
  tip.style.display = value == null || value === "" ? "none" : "block";
  if (tip.style.display === "none") return;
  const lines = typeof value === "object" ? Object.entries(value).map(([name, text]) => `${name}: ${text}`) : [value];
  tip.replaceChildren(...lines.map((line) => {
    const row = document.createElement("div");
    row.textContent = String(line);
    return row;
  }));
  const left = Math.min(event.clientX + TIP_OFFSET, innerWidth - tip.offsetWidth - TIP_OFFSET);
  const top = Math.min(event.clientY + TIP_OFFSET, innerHeight - tip.offsetHeight - TIP_OFFSET);
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${Math.max(0, top)}px`;
}

const refuse = () => Promise.reject(new Error("this page loads nothing"));
const loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse, options: {} };

for (const figure of document.querySelectorAll("figure")) {
  const place = figure.querySelector(".chart");
  const spec = JSON.parse(figure.querySelector("script").textContent);
  vegaEmbed(place, spec, {
    mode: "vega-lite", ast: true, renderer: "svg", actions: false, defaultStyle: false,
    tooltip: showTip, config: LOOK, loader,
  }).catch((error) => {
    place.textContent = `This chart could not be drawn: ${error.message}`;
  });
}
