// Asks the browser for a passkey and sends its answer with the form. Without it the page says so and names the other ways.
"use strict";

document.querySelectorAll("form[data-passkey]").forEach((form) => {
  const fault = form.querySelector("[data-passkey-fault]");
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const options = async () => {
    const kept = document.getElementById(form.dataset.options || "");
    if (kept) {
      return JSON.parse(kept.textContent).publicKey;
    }
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    return (await answer.json()).request_options.publicKey;
  };

  const made = async (asked) => {
    const publicKey = {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: named(asked.excludeCredentials),
    };
    const credential = await navigator.credentials.create({ publicKey });
    return [credential, { attestationObject: text(credential.response.attestationObject) }];
  };

  const shown = async (asked) => {
    const publicKey = {
      ...asked,
      challenge: bytes(asked.challenge),
      allowCredentials: named(asked.allowCredentials),
    };
    const credential = await navigator.credentials.get({ publicKey });
    const { authenticatorData, signature, userHandle } = credential.response;
    return [
      credential,
      {
        authenticatorData: text(authenticatorData),
        signature: text(signature),
        userHandle: userHandle ? text(userHandle) : null,
      },
    ];
  };

  if (!window.PublicKeyCredential || !window.isSecureContext) {
    return;
  }
  form.querySelector("[data-passkey-needs]").hidden = true;
  form.querySelector("[data-passkey-use]").hidden = false;
  let isAsked = false;
  form.addEventListener("submit", async (event) => {
    if (isAsked) {
      return;
    }
    event.preventDefault();
    fault.hidden = true;
    try {
      const [credential, response] = await (form.dataset.passkey === "make" ? made : shown)(await options());
      form.elements[form.dataset.field].value = JSON.stringify({
        type: credential.type,
        id: credential.id,
        rawId: text(credential.rawId),
        authenticatorAttachment: credential.authenticatorAttachment,
        clientExtensionResults: credential.getClientExtensionResults(),
        response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
      });
    } catch {
      fault.hidden = false;
      return;
    }
    isAsked = true;
    form.requestSubmit();
  });
});
