// Search in place: htmx brings the results; the form and the navigation follow the address.

const form = document.querySelector("[data-search]");

// The address says only what is asked for.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement !== form) return;
  for (const [name, value] of [...ctx.request.body]) if (!value.trim()) ctx.request.body.delete(name);
});

// The same search again is no further step back.
document.addEventListener("htmx:before:history:update", (event) => {
  const { path } = event.detail.history;
  if (path === location.pathname + location.search) event.preventDefault();
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.sourceElement === form) return; // it says so already, and somebody may be typing in it
  const asked = new URLSearchParams(location.search);
  form.action = location.pathname;
  form.elements.q.placeholder = document.getElementById("resultados").dataset.placeholder;
  for (const field of form.elements) {
    if (!field.name) continue;
    field.value = asked.get(field.name) ?? "";
    if (field.type === "hidden") field.disabled = !field.value;
  }
  for (const link of document.querySelectorAll("[data-marks-page] > a")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
});
