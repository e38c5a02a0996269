// The service worker: pages when there is no connection, and messages that wait for one.
// /sw.js has put the release into SITE: {version, shell}.
/* global SITE, messages, put, remove */
importScripts(SITE.shell.find((url) => /\/outbox\./.test(url)));

const STATIC = `static-${SITE.version}`;
const OWN = "own-"; // + the mark of a session: one such cache at a time
const NOBODY = "none";
const MAX_PAGES = 40;
const MAX_FILES = 60;
const MAX_PAGE = 300000; // letters
const PATIENCE = 4000; // ms that a page may take while there is a stored one
const AFTER_POST = 60000; // ms in which a stored page is shown only without connection: it lacks what was just sent
const KEEP_AHEAD = 10;
const FRESH = 1800000; // ms in which a page is not fetched ahead again
const STORED_AT = "X-Stored-At";

const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const NEVER_TOUCHED = /^\/(admin|media|salud)\//;
const NEVER_KEPT = /^\/(en\/)?(admin|cuenta|media|correo|estilo|baja|salud|sin-conexion|denunciar)\//;
const CONVERSATION = /^\/(en\/)?contactos\/\d+\/$/;
const LOGOUT = /\/cuenta\/logout\/$/;

let mark; // of the session whose pages are kept
let epoch = 0; // changes with the mark: what was asked for before belongs to somebody who has left
let lastPost = 0;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(STATIC).then((cache) => cache.addAll(SITE.shell)));
});

self.addEventListener("activate", (event) => {
  const drop = (names) => names.filter((name) => name.startsWith("static-") && name !== STATIC);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(drop(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || NEVER_TOUCHED.test(url.pathname)) return;
  if (request.method === "POST") {
    lastPost = Date.now();
    if (LOGOUT.test(url.pathname)) event.waitUntil(forgetEverything());
    else if (CONVERSATION.test(url.pathname) && !isWatched(request)) event.respondWith(send(request, url));
  } else if (request.method === "GET" && url.pathname.startsWith("/static/")) {
    event.respondWith(file(request, url));
  } else if (request.method === "GET" && request.mode === "navigate") {
    event.respondWith(page(event, url));
  }
});

self.addEventListener("sync", (event) => event.waitUntil(deliver()));

self.addEventListener("message", (event) => {
  if (event.data.do === "deliver") event.waitUntil(deliver().catch(() => {}));
  if (event.data.do === "keep") event.waitUntil(keepAhead(event.data.urls).catch(() => {}));
});

// Files ---------------------------------------------------------------------------------------------------------------

// A name with a hash never changes what it means; others (in development) are asked for anew.
async function file(request, url) {
  const stored = await caches.match(request, { ignoreVary: true });
  if (stored && HASHED.test(url.pathname)) return stored;
  try {
    const response = await fetch(request);
    if (response.ok && response.status === 200) await add(STATIC, request.url, response.clone(), MAX_FILES);
    return response;
  } catch (error) {
    if (stored) return stored;
    throw error;
  }
}

async function add(name, url, response, limit) {
  const cache = await caches.open(name);
  await cache.delete(url, { ignoreVary: true });
  await cache.put(url, response);
  const kept = await cache.keys();
  await Promise.all(kept.slice(0, Math.max(0, kept.length - limit)).map((old) => cache.delete(old, { ignoreVary: true })));
}

// Pages ---------------------------------------------------------------------------------------------------------------

async function page(event, url) {
  const asked = epoch;
  const network = fetch(event.request);
  event.waitUntil(network.then((response) => keep(url, response.clone(), asked)).catch(() => {}));
  const stored = await find(url.href);
  if (!stored) return network.catch(() => offlinePage(url));
  const isNew = Date.now() - lastPost < AFTER_POST;
  const late = new Promise((resolve) => isNew || setTimeout(resolve, PATIENCE));
  const first = await Promise.race([network.catch(() => null), late]);
  return first ?? aged(stored);
}

async function offlinePage(url) {
  return caches.match(url.pathname.startsWith("/en/") ? "/en/sin-conexion/" : "/sin-conexion/", { ignoreVary: true });
}

async function ownCaches() {
  return (await caches.keys()).filter((name) => name.startsWith(OWN));
}

async function find(url) {
  for (const name of await ownCaches()) {
    const stored = await (await caches.open(name)).match(url, { ignoreVary: true });
    if (stored) return stored;
  }
  return undefined;
}

// The page itself says how old it is: static/js/offline.js reads the attribute.
async function aged(stored) {
  const text = (await stored.text()).replace("<html ", `<html data-stored="${stored.headers.get(STORED_AT)}" `);
  return new Response(text, { headers: stored.headers });
}

// Whether an answer that was asked for in the epoch `asked` belongs to whom the browser belongs to now.
async function isCurrent(theirs, asked) {
  mark ??= (await ownCaches())[0]?.slice(OWN.length);
  if (asked !== epoch) return theirs === mark;
  if (theirs !== mark) {
    mark = theirs;
    epoch += 1;
    await forgetPages(OWN + mark);
  }
  return true;
}

async function forgetPages(except) {
  await Promise.all((await ownCaches()).filter((name) => name !== except).map((name) => caches.delete(name)));
}

async function forgetEverything() {
  mark = NOBODY;
  epoch += 1;
  await forgetPages();
  await Promise.all((await messages()).map((message) => remove(message.key)));
}

async function keep(url, response, asked) {
  const theirs = response.headers.get("X-Session-Mark");
  if (!theirs || !(await isCurrent(theirs, asked))) return;
  const isPage = response.status === 200 && !response.redirected;
  if (!isPage || NEVER_KEPT.test(url.pathname) || /no-store/.test(response.headers.get("Cache-Control"))) return;
  const text = await response.text();
  if (text.length > MAX_PAGE || theirs !== mark) return;
  const headers = new Headers(response.headers);
  headers.set(STORED_AT, Date.now());
  await add(OWN + theirs, url.href, new Response(text, { headers }), MAX_PAGES);
  if (theirs !== mark) await caches.delete(OWN + theirs); // somebody left meanwhile
}

// One after the other, and only what has not been seen for a while. The header leaves things unread.
async function keepAhead(urls) {
  for (const href of urls.slice(0, KEEP_AHEAD)) {
    const stored = await find(href);
    if (stored && Date.now() - stored.headers.get(STORED_AT) < FRESH) continue;
    const asked = epoch;
    const response = await fetch(href, { headers: { Purpose: "prefetch" } });
    if (!response.ok) return;
    await keep(new URL(href), response, asked);
  }
}

// Messages ------------------------------------------------------------------------------------------------------------

// A script that shows the progress of an upload would not see it through a worker; it keeps the form when it fails.
function isWatched(request) {
  return navigator.onLine && request.headers.has("X-Upload");
}

// A message that does not arrive, or whose answer does not, waits under the key that the page made for it: the server
// takes one key once.
async function send(request, url) {
  const copy = request.clone();
  try {
    const response = await fetch(request);
    if (![502, 503, 504].includes(response.status)) return response;
  } catch {
    // no connection
  }
  const form = await copy.formData();
  if (!form.get("person") || !form.get("client_key")) return Response.error();
  const fields = [...form].filter(([name]) => name !== "csrfmiddlewaretoken");
  await put({
    key: form.get("client_key"),
    person: form.get("person"),
    path: url.pathname,
    body: form.get("body"),
    photos: form.getAll("photos").filter((photo) => photo.size).length,
    at: Date.now(),
    fields,
  });
  await self.registration.sync?.register("outbox").catch(() => {});
  if (request.headers.get("X-Upload")) return new Response(null, { status: 201, headers: { Location: url.pathname } });
  if (request.headers.get("HX-Request")) return new Response(null, { headers: { "HX-Redirect": url.pathname } });
  return Response.redirect(url.pathname, 303);
}

async function session() {
  return (await fetch("/sesion/")).json();
}

function deliver() {
  return navigator.locks.request("outbox", async () => {
    const waiting = (await messages()).filter((message) => !message.refusal);
    if (!waiting.length) return;
    const { person, token } = await session();
    if (!person) return; // the session has ended: until the same person is back
    const sent = [];
    for (const message of waiting) {
      if (message.person !== person) await remove(message.key);
      else if (await post(message, token)) {
        await remove(message.key);
        sent.push(message);
      }
    }
    for (const client of await self.clients.matchAll()) client.postMessage({ sent: sent.map(({ path }) => path) });
  });
}

// Whether the server has the message. What it refuses stays, with its sentence, for the person to decide.
async function post(message, token) {
  const body = new FormData();
  for (const [name, value] of message.fields) body.append(name, value);
  body.set("csrfmiddlewaretoken", token);
  const response = await fetch(message.path, { method: "POST", body, headers: { "X-Upload": "1" } });
  // Led back to the conversation; to the login page instead when the session has ended just now.
  if (response.status === 201) return response.headers.get("Location") === message.path;
  if (response.status >= 500) return false;
  const sentence = /(?:data-sentence|role="alert"[^]*?<li)>([^]*?)<\/(?:p|li)>/.exec(await response.text());
  await put({ ...message, refusal: sentence?.[1] ?? String(response.status) });
  return false;
}
