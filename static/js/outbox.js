// Messages that wait for a connection: one store for the pages and for the service worker.

function inStore(mode, act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("outbox", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("messages", { keyPath: "key" });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("messages", mode);
      const request = act(transaction.objectStore("messages"));
      transaction.oncomplete = () => {
        opening.result.close();
        resolve(request.result);
      };
      transaction.onabort = () => reject(transaction.error);
    };
  });
}

const put = (message) => inStore("readwrite", (store) => store.put(message));
const remove = (key) => inStore("readwrite", (store) => store.delete(key));

// Oldest first.
async function messages() {
  return (await inStore("readonly", (store) => store.getAll())).sort((one, other) => one.at - other.at);
}
