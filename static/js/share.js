// The buttons that share a page. Without this file its address can still be selected, and WhatsApp is a plain link.

for (const box of document.querySelectorAll("[data-share]")) {
  const field = box.querySelector("[data-share-url]");
  const copy = box.querySelector("[data-share-copy]");
  const native = box.querySelector("[data-share-native]");
  const status = box.querySelector("[data-share-done]");

  field.addEventListener("focus", () => field.select());

  if (navigator.clipboard) {
    copy.hidden = false;
    field.parentElement.hidden = true;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(field.value);
        status.textContent = status.dataset.shareDone;
      } catch {
        field.parentElement.hidden = false;
        field.focus();
      }
    });
  }

  if (navigator.share) {
    native.hidden = false;
    native.addEventListener("click", () =>
      // Who closes the phone's own sheet has not failed at anything.
      navigator.share({ title: native.dataset.shareNative, url: field.value }).catch(() => {}),
    );
  }
}
