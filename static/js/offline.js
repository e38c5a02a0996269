// The service worker's side in a page: how old a stored page is, what waits to be sent, what is worth keeping.
/* global messages, put, remove */

(() => {
  const worker = navigator.serviceWorker;
  if (!worker) return;
  const root = document.documentElement;
  const ask = (order) => worker.controller?.postMessage(order);

  // Where the connection has gone meanwhile, the next page tries again.
  addEventListener("load", () => worker.register("/sw.js").catch(() => {}));

  // "Guardada hace 2 horas; sin conexión."
  const note = document.querySelector("[data-stored-note]");
  if (note && root.dataset.stored) {
    const minutes = Math.round((Date.now() - root.dataset.stored) / 60000);
    const [amount, unit] =
      minutes < 1 ? [0, "second"] : minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
    const ago = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" }).format(-amount, unit);
    note.querySelector("[data-age]").textContent = note.dataset.storedNote.replace("AGO", ago);
    note.hidden = false;
  }

  // A page that comes back from a store has a key that may be used up.
  function renewKeys() {
    for (const input of document.querySelectorAll("[name=client_key]")) input.value = crypto.randomUUID();
  }
  if (root.dataset.stored) renewKeys();
  addEventListener("pageshow", (event) => event.persisted && renewKeys());

  // What waits for a connection stands below the messages of its conversation.
  const list = document.querySelector("[data-outbox]");
  async function showWaiting() {
    const own = ({ person, path }) => person === list.dataset.outbox && path === location.pathname;
    const waiting = (await messages()).filter(own);
    list.replaceChildren(...waiting.map(drawn));
    list.hidden = !waiting.length;
  }

  function drawn(message) {
    const item = document.getElementById("outbox-message").content.cloneNode(true).firstElementChild;
    item.querySelector("[data-body]").textContent = message.body;
    const photos = item.querySelector("[data-photo-count]");
    photos.hidden = !message.photos;
    photos.append(` ${message.photos}`);
    if (message.refusal) {
      // The sentence is HTML of our own server: only its text is taken.
      const said = new DOMParser().parseFromString(message.refusal, "text/html").body.textContent.trim();
      item.querySelector("[data-state]").textContent = list.dataset.refused.replace("WHY", said);
    }
    const again = item.querySelector("[data-again]");
    again.hidden = !message.refusal;
    again.onclick = async () => {
      await put({ ...message, refusal: undefined });
      await showWaiting();
      ask({ do: "deliver" });
    };
    item.querySelector("[data-drop]").onclick = async () => {
      await remove(message.key);
      await showWaiting();
    };
    return item;
  }

  if (list) showWaiting();
  worker.addEventListener("message", async ({ data }) => {
    if (!list) return;
    const typing = document.querySelector("[data-message-form] [name=body]")?.value;
    if (data.sent.includes(location.pathname) && !typing) location.reload();
    else await showWaiting();
  });

  const deliver = () => ask({ do: "deliver" });
  addEventListener("online", deliver);
  worker.ready.then(deliver);

  // On the dashboard and in the inbox: what is under way is put aside for when there is no connection.
  const OPEN = ["new", "pending", "active", "delivered", "disputed"];
  const rows = [...document.querySelectorAll("main :is([data-kind=contact], [data-kind=agreement])")];
  const urls = rows.filter((row) => OPEN.includes(row.dataset.status)).map((row) => row.querySelector("a[href]")?.href);
  if (urls.length && !root.dataset.stored && !navigator.connection?.saveData) {
    worker.ready.then(() => setTimeout(ask, 2000, { do: "keep", urls: urls.filter(Boolean) }));
  }

  // On the page that stands for a missing one: what there is.
  const shelf = document.querySelector("[data-shelf]");
  async function showShelf() {
    for (const name of (await caches.keys()).filter((name) => name.startsWith("own-"))) {
      const cache = await caches.open(name);
      for (const { url } of await cache.keys()) {
        const link = document.createElement("a");
        link.href = url;
        const text = await (await cache.match(url, { ignoreVary: true })).text();
        const { title } = new DOMParser().parseFromString(text, "text/html");
        link.textContent = title.split(" · ")[0] || url;
        const item = document.createElement("li");
        item.append(link);
        shelf.append(item);
      }
    }
    shelf.parentElement.hidden = !shelf.children.length;
  }
  if (shelf) showShelf();
})();
