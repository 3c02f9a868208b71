// Three comforts for forms; every page works without them.

// After a failed submission the summary of what went wrong gets the focus.
const summary = document.querySelector(".error-summary");
if (summary) {
  summary.focus();
}

// A password can be shown while typing, and is always hidden again before it is sent.
for (const button of document.querySelectorAll("button[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    input.toggleAttribute("data-shown", shown);
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
    button.setAttribute("aria-label", shown ? button.dataset.hideLabel : button.dataset.showLabel);
  };
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false));
  show(false);
  button.hidden = false;
}

// A form is sent once: its button says that it is working, and a second press does nothing.
// aria-disabled instead of disabled, so that the button keeps the focus and its own value is sent.
const PATIENCE = 20000;
const rest = (form, button) => {
  delete form.dataset.sent;
  button.removeAttribute("aria-disabled");
  button.textContent = button.dataset.rest;
};
const working = new Map();
for (const form of document.querySelectorAll("form")) {
  const button = form.querySelector("button[data-working]");
  if (!button) {
    continue;
  }
  const status = document.createElement("span");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  form.append(status);
  button.dataset.rest = button.textContent;
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.working;
    status.textContent = button.dataset.working;
    working.set(form, button);
    setTimeout(rest, PATIENCE, form, button);
  });
}

// Coming back to this page with the browser's Back button finds it ready again.
addEventListener("pageshow", () => {
  for (const [form, button] of working) {
    rest(form, button);
  }
  working.clear();
});
