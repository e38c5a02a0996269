// Photos of a form: files are shrunk when they are chosen, shown, put in order and taken out again. The file input stays
// the one control: what it holds is what is sent.

const LONGEST_SIDE = 1600; // the server keeps no more
const LIGHT = 300_000; // bytes that are not worth shrinking
const files = new WeakMap(); // the file of each new photo, by its <li>

// One after the other: a picture of 12 megapixels takes 48 MB of memory, which a cheap phone has once.
let queue = Promise.resolve();

const encode = (canvas, type) => new Promise((resolve) => canvas.toBlob(resolve, type, 0.85));

/** Return the photo upright and at most 1,600 px long, or the file itself where that is no smaller or not possible. */
async function shrunk(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    if (scale === 1 && file.size <= LIGHT) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const drawing = canvas.getContext("2d");
    drawing.fillStyle = "#fff"; // JPEG has no transparency; the server puts white there too
    drawing.fillRect(0, 0, canvas.width, canvas.height);
    drawing.imageSmoothingQuality = "high";
    drawing.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    let blob = await encode(canvas, "image/webp");
    if (blob?.type !== "image/webp") blob = await encode(canvas, "image/jpeg"); // Safari
    if (!blob || blob.size >= file.size) return file;
    const suffix = blob.type === "image/webp" ? ".webp" : ".jpg";
    return new File([blob], file.name.replace(/\.\w+$/, "") + suffix, { type: blob.type });
  } catch {
    return file; // HEIC outside Safari, or no picture at all: the server knows more formats and says what is wrong
  } finally {
    bitmap?.close();
  }
}

function setUp(root) {
  const input = root.querySelector("[type=file]");
  const template = root.querySelector("template");
  const status = root.querySelector("[role=status]");
  const max = Number(root.dataset.photos);
  const list = root.querySelector("ul") ?? document.createElement("ul");
  list.className = "photo-grid photo-grid-form";
  input.before(list);

  const all = () => [...list.children];
  const isNew = (item) => "new" in item.dataset;
  const dropBox = (item) => item.querySelector("[type=checkbox]");
  const staying = () => all().filter((item) => !dropBox(item)?.checked);

  /** Make the input and the places say what the list shows. */
  function update() {
    const transfer = new DataTransfer();
    all().forEach((item, index, items) => {
      if (isNew(item)) transfer.items.add(files.get(item));
      const place = item.querySelector("[data-place]");
      if (place) place.value = index + 1;
      for (const button of item.querySelectorAll("[data-move]")) {
        button.disabled = !items[index + Number(button.dataset.move)];
      }
    });
    input.files = transfer.files;
    list.hidden = !list.firstElementChild;
  }

  function add(file) {
    const item = template.content.firstElementChild.cloneNode(true);
    item.querySelector("[data-name]").textContent = file.name;
    files.set(item, file);
    list.append(item);
    queue = queue.then(async () => {
      if (!item.isConnected) return;
      const small = await shrunk(file);
      files.set(item, small);
      update();
      const image = item.querySelector("img");
      image.onload = () => {
        image.hidden = false;
        image.alt = file.name;
        image.nextElementSibling.hidden = true;
      };
      image.src = URL.createObjectURL(small); // as long as the page: a few hundred kB each
    });
    input.ready = queue;
  }

  function choose() {
    const chosen = [...input.files];
    if (!chosen.length) return update(); // the browser's dialog was closed: what was chosen before stays
    if (max === 1) {
      // The server puts the new one in the former's place.
      for (const item of all()) {
        if (isNew(item)) item.remove();
        else dropBox(item).checked = true;
      }
    }
    const room = Math.max(0, max - staying().length);
    chosen.slice(0, room).forEach(add);
    say(chosen.length > room ? root.dataset.full : "", true);
    update();
  }

  function say(sentence, isShown = false) {
    status.classList.toggle("visually-hidden", !isShown);
    status.textContent = sentence;
  }

  function remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    if (max === 1) for (const other of all()) dropBox(other).checked = false;
    update();
    (next?.querySelector("button, [type=checkbox]") ?? input).focus();
    say(root.dataset.removed);
  }

  function place(item, before) {
    list.insertBefore(item, before);
    update();
    say(root.dataset.moved.replace("{place}", all().indexOf(item) + 1).replace("{total}", all().length));
  }

  function move(button) {
    const item = button.closest("li");
    const step = Number(button.dataset.move);
    place(item, step < 0 ? item.previousElementSibling : item.nextElementSibling.nextElementSibling);
    // Moving took the focus away; at the end of the row the other button is left.
    (button.disabled ? item.querySelector("[data-move]:enabled") : button)?.focus();
  }

  for (const item of all()) {
    const order = item.querySelector("[data-place]");
    if (!order) continue;
    order.closest("label").hidden = true;
    const tools = template.content.querySelector(".photo-tools").cloneNode(true);
    tools.querySelector("[data-remove]").remove();
    item.querySelector("img").after(tools);
  }
  input.addEventListener("change", choose);
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.move) move(button);
    else if (button) remove(button.closest("li"));
  });

  // With a mouse, pictures can be dragged by nature; fingers and keys have the buttons.
  let dragged = null;
  list.addEventListener("dragstart", (event) => {
    dragged = max > 1 ? event.target.closest("li") : null;
  });
  list.addEventListener("dragover", (event) => dragged && event.preventDefault());
  list.addEventListener("drop", (event) => {
    const target = event.target.closest("li");
    if (!dragged || !target) return;
    event.preventDefault();
    const isLater = all().indexOf(dragged) < all().indexOf(target);
    if (target !== dragged) place(dragged, isLater ? target.nextElementSibling : target);
  });
  list.addEventListener("dragend", () => {
    dragged = null;
  });

  update();
}

function setUpAll() {
  for (const root of document.querySelectorAll("[data-photos]:not([data-ready])")) {
    root.dataset.ready = "";
    setUp(root);
  }
}

setUpAll();
new MutationObserver(setUpAll).observe(document.body, { childList: true, subtree: true });
