// Two comforts for recovery codes: copying them all, and printing the page. Both work without, too:
// they can be marked by hand, downloaded, and printed from the browser's menu.

const codes = [...document.querySelectorAll(".codes .code")].map((code) => code.textContent);

for (const button of document.querySelectorAll("button[data-copied]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(codes.join("\n"));
    button.textContent = button.dataset.copied;
  });
  button.hidden = !navigator.clipboard;
}

for (const button of document.querySelectorAll("button[data-print]")) {
  button.addEventListener("click", () => print());
  button.hidden = false;
}
