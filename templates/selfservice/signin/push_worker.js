// Shows the notices that the portal sends to this browser, and opens the page each one is about.
"use strict";

self.addEventListener("push", (event) => {
  let notice = {};
  try {
    notice = event.data.json();
  } catch (error) {
    return;
  }
  event.waitUntil(
    self.registration.showNotification(String(notice.title), {
      body: String(notice.body),
      lang: String(notice.lang),
      tag: String(notice.tag),
      data: { url: String(notice.url) },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, self.location.origin);
  if (url.origin === self.location.origin) {
    event.waitUntil(self.clients.openWindow(url.href));
  }
});
