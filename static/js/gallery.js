// Galleries: which photo of how many, arrow keys, and all of them over the whole screen. Swiping is the browser's own.

function carousel(root, text, links = []) {
  const track = root.querySelector("ul");
  const place = root.querySelector("[role=status]");
  let index = -1;

  function look() {
    const now = Math.round((track.scrollLeft * track.children.length) / track.scrollWidth);
    if (now === index) return;
    index = now;
    place.hidden = track.children.length < 2;
    place.textContent = text.replace("{place}", index + 1).replace("{total}", track.children.length);
    links.forEach((link, number) => link.toggleAttribute("aria-current", number === index));
  }

  function go(number) {
    track.scrollLeft = track.children[number]?.offsetLeft ?? track.scrollLeft;
  }

  track.addEventListener("scroll", look);
  root.addEventListener("keydown", (event) => {
    const last = track.children.length - 1;
    const next = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    go(next);
  });
  look();
  return { go, look, step: (by) => go(index + by), track };
}

function setUp(gallery) {
  const text = gallery.dataset.place;
  const links = [...gallery.querySelectorAll("a[href^='#']")];
  const main = carousel(gallery.firstElementChild, text, links);
  const dialog = gallery.querySelector("dialog");
  const photos = [...main.track.children];
  let viewer;

  function view(number) {
    if (!viewer) {
      for (const photo of photos) {
        const image = photo.querySelector("img").cloneNode();
        image.sizes = "100vw";
        const item = document.createElement("li");
        item.append(image);
        dialog.firstElementChild.append(item);
      }
    }
    dialog.showModal();
    viewer ??= carousel(dialog, text);
    viewer.go(number);
  }

  gallery.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a");
    const button = event.target.closest("[data-step]");
    if (button) viewer.step(Number(button.dataset.step));
    if (!link) return;
    event.preventDefault();
    if (links.includes(link)) main.go(links.indexOf(link));
    else view(photos.indexOf(link.parentElement));
  });
}

for (const gallery of document.querySelectorAll("[data-gallery]")) setUp(gallery);
