// Switches notices on in this browser. Without it the page lists the browsers and says what is missing.
"use strict";

(() => {
  const section = document.getElementById("push-here");
  if (!section) {
    return;
  }
  const show = (id) => {
    document.getElementById(id).hidden = false;
  };
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const digest = async (endpoint) => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
    return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  document.getElementById("push-needs").hidden = true;
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !window.isSecureContext) {
    show("push-unable");
    return;
  }

  const form = section.querySelector("form");
  form.addEventListener("submit", async (event) => {
    if (form.elements.endpoint.value) {
      return;
    }
    event.preventDefault();
    try {
      if ((await Notification.requestPermission()) !== "granted") {
        show("push-blocked");
        return;
      }
      await navigator.serviceWorker.register(section.dataset.worker);
      const worker = await navigator.serviceWorker.ready;
      const given = await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(section.dataset.key),
      });
      form.elements.endpoint.value = given.endpoint;
      form.elements.p256dh.value = text(given.getKey("p256dh"));
      form.elements.auth.value = text(given.getKey("auth"));
      form.submit();
    } catch (error) {
      show("push-failed");
    }
  });

  (async () => {
    const worker = await navigator.serviceWorker.getRegistration(section.dataset.worker);
    const given = worker && (await worker.pushManager.getSubscription());
    const own = given && document.querySelector(`[data-browser="${await digest(given.endpoint)}"]`);
    if (!own) {
      section.hidden = false;
      return;
    }
    own.querySelector(".this-browser").hidden = false;
    const off = own.querySelector("form");
    off.addEventListener("submit", async (event) => {
      event.preventDefault();
      await given.unsubscribe().catch(() => false);
      off.submit();
    });
  })();
})();
