// A letter's link carries its token in the fragment, which no server sees. This puts it into the form
// and takes it out of the address; nothing is sent until the person does. Without script the code
// that stands in the same letter is typed.

const PREFIX = "#token=";
const take = () => {
  const input = document.querySelector("[data-letter-code]");
  if (!input || !location.hash.startsWith(PREFIX)) {
    return;
  }
  input.value = location.hash.slice(PREFIX.length);
  history.replaceState(null, "", location.pathname + location.search);
  input.closest(".field").hidden = true;
  input.form.querySelector("[data-letter-read]").hidden = false;
};
take();
// The same page may be open already when the link is opened.
addEventListener("hashchange", take);
