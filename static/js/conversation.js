// An open conversation asks for what is new, and sends without leaving the page.

const EVERY = 10_000; // ms
const SLOWEST = 160_000; // ms between two questions that find no server

const chat = document.querySelector("[data-chat]");
const scroller = document.querySelector("[data-chat-scroll]");
const hasKeyboard = matchMedia("(hover: hover) and (pointer: fine)").matches;
let wait = EVERY;
let timer;

// The newest message and the box to answer it are in sight at once. The list is turned round: 0 is its end.
function showEnd() {
  scroller.scrollTop = 0;
  document.querySelector("[data-conversation]").scrollIntoView({ block: "end", behavior: "instant" });
}

function askLater() {
  clearTimeout(timer);
  timer = setTimeout(ask, wait);
}

function ask() {
  askLater();
  if (document.visibilityState === "visible" && navigator.onLine) htmx.trigger(chat, "ask");
}

function askNow() {
  wait = EVERY;
  ask();
}

if (chat) {
  askLater();
  document.addEventListener("visibilitychange", askNow);
  addEventListener("online", askNow);
  chat.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== chat) return;
    wait = [200, 204].includes(ctx.response?.status) ? EVERY : Math.min(2 * wait, SLOWEST);
    askLater();
    if (ctx.response?.raw.redirected) clearTimeout(timer); // the session has ended
  });
  if (!location.hash) showEnd();
}

// An answer may bring what another one brought meanwhile.
document.addEventListener("htmx:before:swap", ({ detail: { tasks } }) => {
  for (const { target, fragment } of tasks) {
    if (target !== chat) continue;
    for (const item of fragment.querySelectorAll("li[id]")) if (document.getElementById(item.id)) item.remove();
  }
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  document.querySelector("main").dataset.status = document.getElementById("estado").dataset.status;
  const [contacts, notices] = document.querySelector("#novedades [name=puntos]").value;
  const isUnread = { contacts: contacts > 0, notices: notices > 0, any: contacts > 0 || notices > 0 };
  for (const dot of document.querySelectorAll("[data-unread]")) dot.hidden = !isUnread[dot.dataset.unread];
  if (!ctx.sourceElement.matches("[data-message-form], [data-chat]")) return;
  if (ctx.request.method === "POST") {
    showEnd();
    if (hasKeyboard) document.querySelector("[data-message-form] textarea")?.focus({ preventScroll: true });
  }
});

// Enter sends where there is a keyboard; on a phone it begins a line, and Ctrl+Enter sends everywhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-message-form] textarea")) return;
  if (!event.ctrlKey && !event.metaKey && (event.shiftKey || !hasKeyboard)) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
