// data-print: a button that prints the page; data-print="now" on a page that was opened to be printed.
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-print]")) print()
})

if (document.querySelector("[data-print=now]")) addEventListener("load", () => print(), { once: true })
