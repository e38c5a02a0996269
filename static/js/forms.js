// Forms: how much room is left, mistakes said before the form is sent, uploads with progress, nothing sent twice.

const WAIT = 30_000; // ms after which a form that brought no answer may be sent again

function describe(control, id, isOn) {
  const ids = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && each !== id);
  control.setAttribute("aria-describedby", (isOn ? [...ids, id] : ids).join(" "));
}

function addCounter(control) {
  control.dataset.counted = "";
  const texts = control.form?.querySelector("template[data-form]")?.dataset;
  const { lines } = control.dataset;
  const limit = Number(lines ?? control.maxLength);
  if (!texts || limit < 0) return;
  control.removeAttribute("maxlength"); // what is too much is said and not cut off
  control.insertAdjacentHTML(
    "afterend",
    `<p class="helptext counter" id="${control.id}_counter"></p><span class="visually-hidden" role="status"></span>`,
  );
  const counter = control.nextElementSibling;
  const status = counter.nextElementSibling;
  describe(control, counter.id, true);
  let timer;
  function update(event) {
    // Letters as the server counts them, and lines that are not empty.
    const { length } = lines ? control.value.split("\n").filter((line) => line.trim()) : [...control.value];
    const sentence = texts[(lines ? "lines" : "letters") + (length > limit ? "Over" : "Left")];
    counter.textContent = sentence.replace("{number}", Math.abs(limit - length));
    counter.toggleAttribute("data-over", length > limit);
    control.setCustomValidity(length > limit ? counter.textContent : "");
    // A screen reader hears it where it gets tight, once the keys rest.
    clearTimeout(timer);
    if (event && length > 0.8 * limit) timer = setTimeout(() => (status.textContent = counter.textContent), 1000);
  }
  control.addEventListener("input", update);
  update();
}

// Mistakes, in the markup and in the sentences of the server.

const isWrong = (control) => control.willValidate && !control.validity.valid && control.closest("[data-field]");

/** Show what is wrong with a control, or take it away. Returns the sentence. */
function mark(control) {
  const field = control.closest("[data-field]");
  const { field: name } = field.dataset;
  const { valid, valueMissing, rangeUnderflow, customError } = control.validity;
  document.getElementById(`${name}_error`)?.remove();
  field.classList.toggle("field-invalid", !valid);
  describe(control, `${name}_error`, !valid);
  if (valid) return control.removeAttribute("aria-invalid");
  const kind = valueMissing ? "required" : rangeUnderflow ? "past" : "invalid";
  const sentence = (!customError && field.dataset[kind]) || control.validationMessage;
  const before = document.getElementById(`${name}_helptext`) ?? field.querySelector("legend, label");
  before.insertAdjacentHTML("afterend", `<ul class="errorlist" id="${name}_error"><li></li></ul>`);
  before.nextElementSibling.firstChild.textContent = sentence;
  control.setAttribute("aria-invalid", "true");
  return sentence;
}

/** Return whether the browser finds nothing wrong; else say what is, in its places and in a list at the top. */
function check(form, template) {
  form.querySelector("[data-summary]")?.remove();
  const wrong = [...form.elements].filter(isWrong);
  if (!wrong.length) return true;
  const summary = template.content.firstElementChild.cloneNode(true);
  const list = document.createElement("ul");
  const fields = new Set(); // all of a group's buttons are wrong at once
  for (const control of wrong) {
    const field = control.closest("[data-field]");
    if (fields.has(field)) continue;
    fields.add(field);
    const link = document.createElement("a");
    link.href = `#${control.id}`;
    link.textContent = field.querySelector("legend, label").firstChild.textContent.trim();
    const item = document.createElement("li");
    item.append(link, `: ${mark(control)}`);
    list.append(item);
  }
  summary.lastElementChild.append(list);
  template.before(summary);
  summary.focus();
  return false;
}

// A sentence that appears while a button is being pressed would move the button from under the finger.
let pressed = Promise.resolve();
document.addEventListener("pointerdown", () => {
  pressed = new Promise((resolve) => {
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(resolve), { once: true });
  });
});

document.addEventListener("focusout", async ({ target }) => {
  await pressed;
  if (target.value && isWrong(target)) mark(target); // an empty field may yet be filled in
});

document.addEventListener("input", ({ target }) => {
  if (target.closest("[data-field]")?.querySelector("[aria-invalid]") && target.validity?.valid) mark(target);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-summary] a");
  const target = link && document.getElementById(link.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  (target.matches("input, select, textarea") ? target : target.querySelector("input"))?.focus();
});

// Sending. With photos the server answers 201 and an address, or the page with what is wrong.

async function upload(form, submitter, inputs) {
  const template = form.querySelector("template[data-upload]");
  const texts = template.dataset;
  const box = template.content.firstElementChild.cloneNode(true);
  const [bar, shown, status, cancel] = box.children;
  form.querySelector("[data-uploading]")?.remove();
  (submitter ?? form.lastElementChild).before(box);
  form.dataset.sending = "";
  const say = (sentence) => (shown.textContent = status.textContent = sentence);
  const end = (sentence) => {
    say(sentence);
    bar.remove();
    cancel.remove();
    delete form.dataset.sending;
    submitter?.focus();
  };
  const request = new XMLHttpRequest();
  cancel.onclick = () => {
    request.abort();
    end(texts.cancelled);
  };
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = Math.floor((100 * loaded) / total);
    shown.textContent = texts.sending.replace("{percent}", bar.value);
    const heard = texts.sending.replace("{percent}", 25 * Math.floor(bar.value / 25));
    if (status.textContent !== heard) status.textContent = heard;
  };
  request.upload.onload = () => {
    bar.removeAttribute("value");
    say(texts.working);
  };
  request.onerror = () => end(texts.failed);
  request.onload = () => {
    const address = request.getResponseHeader("Location");
    if (request.status === 201 && address) {
      const url = new URL(address, location);
      location.href = url;
      if (url.hash && url.pathname === location.pathname) location.reload();
      return;
    }
    // The session has ended.
    if (request.status === 401) return end(document.querySelector("[data-toasts]").dataset.expired);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.querySelector("main");
    if (!main || request.status >= 500) return end(texts.failed);
    document.title = page.title;
    document.querySelector("main").replaceWith(main);
    (main.querySelector("[data-summary], [aria-invalid]") ?? main).focus();
  };
  say(texts.preparing);
  await Promise.all(inputs.map((input) => input.ready));
  if (!("sending" in form.dataset)) return; // cancelled meanwhile
  const data = new FormData(form);
  if (submitter?.name) data.append(submitter.name, submitter.value);
  request.open("POST", form.action);
  request.setRequestHeader("X-Upload", "1");
  request.send(data);
}

function onSubmit(event) {
  const { target: form, submitter } = event;
  if (form.method !== "post") return;
  const template = form.querySelector("template[data-form]");
  const inputs = [...form.querySelectorAll("[type=file]")].filter((input) => input.files.length);
  const isTwice = "sending" in form.dataset;
  const isRefused = isTwice || (template && !submitter?.formNoValidate && !check(form, template));
  if (isRefused || inputs.length) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!isRefused) upload(form, submitter, inputs);
    return;
  }
  form.dataset.sending = "";
  const release = () => delete form.dataset.sending;
  // Another script may have taken the form over, and a form that leads to a file leaves the page standing.
  setTimeout(() => event.defaultPrevented && release());
  setTimeout(release, WAIT);
}

document.addEventListener("submit", onSubmit, true);

// The page comes back as it was left.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});

function setUp() {
  document
    .querySelectorAll(":is(textarea[maxlength], [data-count], [data-lines]):not([data-counted])")
    .forEach(addCounter);
}

setUp();
new MutationObserver(setUp).observe(document.body, { childList: true, subtree: true });
// The browser itself does this unless the address names another place of the page.
document.querySelector("[data-summary][autofocus]")?.focus();
