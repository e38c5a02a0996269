// What htmx needs on every page: a busy mark, focus and announcements after a swap, refusals said in a toast.

const toasts = document.querySelector("[data-toasts]");
const announcer = document.querySelector("[data-announcer]");
const SHOWN_FOR = 8000; // ms; what went wrong stays until it is closed

function toast(text, level) {
  const part = document.getElementById(`toast-${level}`).content.cloneNode(true).firstElementChild;
  part.querySelector("[data-toast-text]").textContent = text;
  toasts.append(part);
  if (level === "success") setTimeout(() => part.remove(), SHOWN_FOR);
}

// The server says "toast" in HX-Trigger; scripts of a page dispatch the same event.
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  ctx.target.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  ctx.target.removeAttribute("aria-busy");
});

// A fragment never redirects, except to the login page: what is on the page must not be lost.
document.addEventListener("htmx:before:response", (event) => {
  if (!event.detail.ctx.response.raw.redirected) return;
  event.preventDefault();
  toast(toasts.dataset.expired, "error");
});

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { sourceElement: source, response } = ctx;
  if (source.hasAttribute("data-quiet") || source.hasAttribute(`data-hx-status:${response.status}`)) return;
  const page = new DOMParser().parseFromString(ctx.text, "text/html");
  const sentence = page.querySelector("[data-sentence]")?.textContent.trim();
  toast(sentence || toasts.dataset.failed, "error");
});

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx && !ctx.sourceElement.hasAttribute("data-quiet")) toast(toasts.dataset.offline, "error");
});

document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  ctx.hadFocus = ctx.target.contains?.(document.activeElement);
});

// htmx finds the focused element again by its id; where it is gone, focus goes to the heading of what came instead.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const target = document.getElementById(ctx.target.id) ?? ctx.target;
  if (ctx.hadFocus && document.activeElement === document.body) {
    target.querySelector("[data-focus]")?.focus({ preventScroll: true });
  }
  const said = target.querySelector("[data-announce]");
  if (said) announcer.textContent = said.textContent.trim();
  if (target.matches("[data-dialog-body]")) target.closest("dialog").showModal();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault(); // a button that would send its form at once
    document.getElementById(opener.dataset.dialog).showModal();
  }
  const closer = event.target.closest("[data-close]");
  const closed = closer?.closest("dialog, .toast");
  if (!closed) return; // the same link on a page of its own leads back
  event.preventDefault();
  if (closed.matches("dialog")) closed.close();
  else closed.remove();
});
