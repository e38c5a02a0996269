// Niceties only: every page works without this file.

// An open menu closes with Escape, or when something outside it is pressed or focused.
const openMenus = () => document.querySelectorAll("details.menu[open]");

function closeMenusWithout(target) {
  for (const menu of openMenus()) {
    if (!menu.contains(target)) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenusWithout(event.target));
document.addEventListener("focusin", (event) => closeMenusWithout(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
