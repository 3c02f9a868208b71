// Passkeys (WebAuthn Level 3): the one thing that does not work without script.
//
// A form with data-passkey holds the options of one ceremony. Its button asks the browser for a
// passkey, puts the answer into the form, and sends it as any other form is sent. What went wrong is
// said beside the button; every other way on the page keeps working.

const supported = typeof PublicKeyCredential === "function" && Boolean(navigator.credentials);

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
    letter.charCodeAt(0));

const toText = (buffer) => {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte));
  return btoa(letters.join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

const withBytes = (listed = []) => listed.map((one) => ({...one, id: toBytes(one.id)}));

const readOptions = (form) => {
  const options = JSON.parse(form.dataset.options);
  options.challenge = toBytes(options.challenge);
  if (options.user) {
    options.user.id = toBytes(options.user.id);
  }
  if (options.excludeCredentials) {
    options.excludeCredentials = withBytes(options.excludeCredentials);
  }
  if (options.allowCredentials) {
    options.allowCredentials = withBytes(options.allowCredentials);
  }
  return options;
};

// By hand: password managers that stand in for the browser know no toJSON.
const writeAnswer = (credential) => {
  const {response} = credential;
  const answer = {clientDataJSON: toText(response.clientDataJSON)};
  if (response.attestationObject) {
    answer.attestationObject = toText(response.attestationObject);
    answer.transports = response.getTransports ? response.getTransports() : [];
  } else {
    answer.authenticatorData = toText(response.authenticatorData);
    answer.signature = toText(response.signature);
    if (response.userHandle) {
      answer.userHandle = toText(response.userHandle);
    }
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response: answer,
    clientExtensionResults: {},
  });
};

const say = (form, what) => {
  const place = form.querySelector("[role=alert]");
  place.textContent = what ? form.dataset[what] : "";
  place.hidden = !what;
};

// A name or box beside the button belongs to another form: it is sent along.
const borrow = (form) => {
  for (const field of form.querySelectorAll("input[data-from]")) {
    const source = document.getElementById(field.dataset.from);
    if (source) {
      field.value = source.type === "checkbox" ? (source.checked ? "on" : "") : source.value;
    }
  }
};

const send = (form, credential) => {
  form.querySelector("input[name=credential]").value = writeAnswer(credential);
  borrow(form);
  form.requestSubmit();
};

const REASONS = {InvalidStateError: "exists", NotAllowedError: "cancelled", AbortError: null};
let waiting = new AbortController();

const ask = async (form) => {
  waiting.abort();
  waiting = new AbortController();
  const {signal} = waiting;
  const button = form.querySelector("button");
  button.setAttribute("aria-disabled", "true");
  say(form, null);
  try {
    const publicKey = readOptions(form);
    const request = {publicKey, signal};
    const credential = form.dataset.passkey === "create"
      ? await navigator.credentials.create(request)
      : await navigator.credentials.get(request);
    send(form, credential);
  } catch (error) {
    button.removeAttribute("aria-disabled");
    say(form, error.name in REASONS ? REASONS[error.name] : "failed");
  }
};

// The browser offers passkeys in the user name's autofill, for as long as the page is open.
const offerInAutofill = async (form) => {
  const available = await PublicKeyCredential.isConditionalMediationAvailable?.();
  if (!available) {
    return;
  }
  const {signal} = waiting;
  try {
    const publicKey = readOptions(form);
    send(form, await navigator.credentials.get({publicKey, signal, mediation: "conditional"}));
  } catch (error) {
    if (error.name !== "AbortError") {
      say(form, REASONS[error.name] || "failed");
    }
  }
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button");
  form.hidden = false;
  if (supported) {
    button.addEventListener("click", () => {
      // What the form lacks is said before anybody is asked for a passkey.
      if (!button.hasAttribute("aria-disabled") && form.reportValidity()) {
        ask(form);
      }
    });
  } else {
    button.hidden = true;
    say(form, "unsupported");
  }
  if (supported && "autofill" in form.dataset) {
    offerInAutofill(form);
  }
}

for (const button of document.querySelectorAll("[data-needs-passkeys]")) {
  button.hidden = !supported;
}

// Whether this device could hold a passkey itself: then one is offered after the sign-in.
const platform = document.querySelector("input[data-platform]");
if (supported && platform) {
  PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable?.().then((available) => {
    platform.value = available ? "yes" : "";
  });
}

// Tells whoever keeps the passkeys which of them still count, so that it offers no dead ones.
const kept = document.querySelector("[data-accepted]");
if (supported && kept) {
  PublicKeyCredential.signalAllAcceptedCredentials?.(JSON.parse(kept.dataset.accepted))
    .catch(() => {});
}
