// Forms: how much room is left, mistakes said before the form is sent, uploads with progress, nothing sent twice.

const WAIT = 30_000; // ms after which a form that brought no answer may be sent again
const PAUSE = 1_000; // ms without a key before a screen reader hears how much room is left
const ABOUT_FULL = 0.8;

// Room left -----------------------------------------------------------------------------------------------------------

function addCounter(control) {
  const texts = control.form?.querySelector("template[data-form]")?.dataset;
  const { lines } = control.dataset;
  const limit = Number(lines ?? control.maxLength);
  if (!texts || limit < 0) return;
  const [left, over] = lines ? [texts.linesLeft, texts.linesOver] : [texts.lettersLeft, texts.lettersOver];
  control.removeAttribute("maxlength"); // what is too much is said and not cut off

  const counter = document.createElement("p");
  counter.className = "helptext counter";
  counter.id = `${control.id}_counter`;
  const status = document.createElement("span");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  control.after(counter, status);
  describe(control, counter.id, true);

  let timer;
  function update(event) {
    // Letters as the server counts them, and lines that are not empty.
    const used = lines ? control.value.split("\n").filter((line) => line.trim()).length : [...control.value].length;
    const sentence = (used > limit ? over : left).replace("{number}", Math.abs(limit - used));
    counter.textContent = sentence;
    counter.toggleAttribute("data-over", used > limit);
    control.setCustomValidity(used > limit ? sentence : "");
    clearTimeout(timer);
    if (event && used > limit * ABOUT_FULL) timer = setTimeout(() => (status.textContent = sentence), PAUSE);
  }
  control.addEventListener("input", update);
  update();
}

// Mistakes ------------------------------------------------------------------------------------------------------------

function describe(element, id, isOn) {
  const ids = new Set((element.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  ids[isOn ? "add" : "delete"](id);
  if (ids.size) element.setAttribute("aria-describedby", [...ids].join(" "));
  else element.removeAttribute("aria-describedby");
}

function sentenceFor(control) {
  const { dataset } = control.closest("[data-field]");
  const { validity } = control;
  if (validity.valueMissing) return dataset.required ?? control.validationMessage;
  if (validity.rangeUnderflow) return dataset.past ?? control.validationMessage;
  if (validity.customError) return control.validationMessage;
  return dataset.invalid ?? control.validationMessage;
}

/** Show what is wrong with a control as the server would, or take it away. Returns the sentence. */
function mark(control, isWrong) {
  const field = control.closest("[data-field]");
  const id = `${field.dataset.field}_error`;
  document.getElementById(id)?.remove();
  field.classList.toggle("field-invalid", isWrong);
  describe(control, id, isWrong);
  if (!isWrong) return control.removeAttribute("aria-invalid");
  const list = document.createElement("ul");
  list.className = "errorlist";
  list.id = id;
  list.append(document.createElement("li"));
  list.firstChild.textContent = sentenceFor(control);
  (document.getElementById(`${field.dataset.field}_helptext`) ?? field.querySelector("legend, label")).after(list);
  control.setAttribute("aria-invalid", "true");
  return list.textContent;
}

const wrongIn = (form) =>
  [...form.elements].filter((control) => control.willValidate && !control.validity.valid && control.closest("[data-field]"));

/** Return whether the browser finds nothing wrong; else say what is, in its places and in a list at the top. */
function check(form, template) {
  form.querySelector("[data-summary]")?.remove();
  const wrong = new Map(wrongIn(form).reverse().map((control) => [control.closest("[data-field]"), control]));
  if (!wrong.size) return true;
  const summary = template.content.firstElementChild.cloneNode(true);
  const list = document.createElement("ul");
  summary.lastElementChild.append(list);
  for (const [field, control] of [...wrong].reverse()) {
    const link = document.createElement("a");
    link.href = `#${control.id}`;
    link.textContent = field.querySelector("legend, label").firstChild.textContent.trim();
    const item = document.createElement("li");
    item.append(link, `: ${mark(control, true)}`);
    list.append(item);
  }
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
  // An empty field is not wrong yet: the person may come back to it.
  if (target.value && target.willValidate && !target.validity.valid && target.closest("[data-field]")) mark(target, true);
});

document.addEventListener("input", ({ target }) => {
  if (target.closest("[data-field]")?.querySelector("[aria-invalid]") && target.validity?.valid) mark(target, false);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-summary] a");
  const target = link && document.getElementById(link.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  (target.matches("input, select, textarea") ? target : target.querySelector("input"))?.focus();
});

// Sending -------------------------------------------------------------------------------------------------------------

function follow(address) {
  const url = new URL(address, location.href);
  const isHere = url.pathname + url.search === location.pathname + location.search;
  location.href = url;
  if (isHere && url.hash) location.reload();
}

/** Send a form with files. The server answers 201 and an address, or the page with what is wrong. */
async function upload(form, submitter, files) {
  const template = form.querySelector("template[data-upload]");
  const texts = template.dataset;
  const box = template.content.firstElementChild.cloneNode(true);
  const [bar, shown, status, cancel] = box.children;
  form.querySelector("[data-uploading]")?.remove();
  (submitter ?? form.lastElementChild).before(box);
  form.dataset.sending = "";

  const say = (sentence) => {
    shown.textContent = sentence;
    status.textContent = sentence;
  };
  const end = (sentence) => {
    say(sentence);
    bar.remove();
    cancel.remove();
    delete form.dataset.sending;
    submitter?.focus();
  };
  const request = new XMLHttpRequest();
  let isCancelled = false;
  cancel.onclick = () => {
    isCancelled = true;
    request.abort();
    end(texts.cancelled);
  };
  request.upload.onprogress = ({ loaded, total }) => {
    const percent = Math.floor((100 * loaded) / total);
    bar.value = percent;
    shown.textContent = texts.sending.replace("{percent}", percent);
    const quarter = 25 * Math.floor(percent / 25); // a screen reader hears four of them
    const sentence = texts.sending.replace("{percent}", quarter);
    if (status.textContent !== sentence) status.textContent = sentence;
  };
  request.upload.onload = () => {
    bar.removeAttribute("value");
    say(texts.working);
  };
  request.onerror = () => end(texts.failed);
  request.onload = () => {
    const address = request.getResponseHeader("Location");
    if (request.status === 201 && address) return follow(address);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.querySelector("main");
    if (!main || request.status >= 500) return end(texts.failed);
    document.title = page.title;
    document.querySelector("main").replaceWith(main);
    (main.querySelector("[data-summary], [aria-invalid]") ?? main).focus();
  };

  say(texts.preparing);
  await Promise.all(files.map((input) => input.ready));
  if (isCancelled) return;
  const data = new FormData(form);
  if (submitter?.name) data.append(submitter.name, submitter.value);
  request.open("POST", form.action);
  request.setRequestHeader("X-Upload", "1");
  request.send(data);
}

document.addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    if (form.method !== "post") return;
    const stop = () => {
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    if ("sending" in form.dataset) return stop();
    const template = form.querySelector("template[data-form]");
    if (template && !submitter?.formNoValidate && !check(form, template)) return stop();
    const files = [...form.querySelectorAll("[type=file]")].filter((input) => input.files.length);
    if (files.length && form.querySelector("template[data-upload]")) {
      stop();
      upload(form, submitter, files);
      return;
    }
    form.dataset.sending = "";
    const release = () => delete form.dataset.sending;
    // Another script may have taken the form over, and a form that leads to a file leaves the page standing.
    setTimeout(() => event.defaultPrevented && release());
    setTimeout(release, WAIT);
  },
  true,
);

// The page comes back as it was left.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});

function setUpAll() {
  for (const control of document.querySelectorAll("textarea[maxlength], [data-count], [data-lines]")) {
    if ("counted" in control.dataset) continue;
    control.dataset.counted = "";
    addCounter(control);
  }
}

setUpAll();
new MutationObserver(setUpAll).observe(document.body, { childList: true, subtree: true });
// The browser itself does this unless the address names another place of the page.
document.querySelector("[data-summary][autofocus]")?.focus();
