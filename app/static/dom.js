// A small way to build pages without ever parsing a person's text as HTML.
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// The server sanitised this HTML; the page's content security policy would refuse scripts in it all the same.
export function sanitised(html) {
  const element = h("div", { class: "body" });
  element.innerHTML = html;
  return element;
}

export function bar(share) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "bar");
  svg.setAttribute("width", "100%");
  svg.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  rect.setAttribute("height", "100%");
  rect.setAttribute("width", `${Math.round(share * 1000) / 10}%`);
  svg.append(rect);
  return svg;
}

export function toast(text) {
  const line = h("p", {}, text);
  document.getElementById("toast").append(line);
  setTimeout(() => line.remove(), 6000);
}
