// data-fold: a <details> whose fold is kept in the cookie "folded", for the server to open only the others.
const YEAR = 365 * 24 * 3600

document.addEventListener("toggle", ({ target }) => {
  if (!target.matches("[data-fold]")) return

  const cookie = document.cookie.split("; ").find(one => one.startsWith("folded="))
  const folded = new Set(cookie?.slice("folded=".length).split(".").filter(Boolean))
  if (target.open) folded.delete(target.dataset.fold)
  else folded.add(target.dataset.fold)
  document.cookie = `folded=${[...folded].join(".")}; path=/; max-age=${folded.size ? YEAR : 0}; samesite=lax`
}, true)
