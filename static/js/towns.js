// The list of towns in a form: a box to find one by its name, and the chosen ones in a row above.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const root of document.querySelectorAll("[data-towns]")) {
  const towns = [...root.querySelectorAll("[type=checkbox]")].map((box) => {
    const label = box.closest("label");
    return { box, item: label.parentElement, name: label.textContent.trim() };
  });
  root.querySelector("legend").after(root.querySelector("template").content);
  const search = root.querySelector("[type=search]");
  const [chip] = root.querySelector("[data-chosen]").children;

  function update() {
    const words = plain(search.value.trim());
    for (const { item, name } of towns) item.hidden = !` ${plain(name)}`.includes(` ${words}`);
    const chips = towns.filter(({ box }) => box.checked).map(({ box, name }) => {
      const copy = chip.cloneNode(true);
      copy.hidden = false;
      copy.querySelector("[data-name]").textContent = name;
      copy.onclick = () => {
        box.checked = false;
        update();
        search.focus();
      };
      return copy;
    });
    root.querySelector("[data-chosen]").replaceChildren(chip, ...chips);
    root.querySelector("[role=status]").hidden = towns.some(({ item }) => !item.hidden);
  }

  search.addEventListener("input", update);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // choose the town, do not send the form
    const found = towns.find(({ item }) => !item.hidden);
    if (!search.value.trim() || !found) return;
    found.box.checked = true;
    search.value = "";
    update();
  });
  // The box for the name changes when a chip is pressed, which must stay under the finger.
  root.addEventListener("change", ({ target }) => target !== search && update());
  update();
}
