// The token of an operator's link stands behind the # of its address. Here it is taken out of there, so
// that it stays in no history, and sent in the page's form, which shows whose link it is.

const form = document.querySelector("form[data-link]");

const take = () => {
  const token = location.hash.slice(1);
  if (form && token) {
    history.replaceState(null, "", location.pathname);
    form.elements.token.value = token;
    form.requestSubmit();
  }
};

take();
// A link that is pasted into this page's address bar loads nothing anew.
addEventListener("hashchange", take);
