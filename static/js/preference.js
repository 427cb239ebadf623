// data-preference: a select whose value is kept in a cookie of that name, for the server to write on <html>.
const YEAR = 365 * 24 * 3600

for (const select of document.querySelectorAll("select[data-preference]")) {
  select.value = document.documentElement.dataset[select.dataset.preference] ?? ""
}

document.addEventListener("change", ({ target }) => {
  const name = target.dataset.preference
  if (!name) return

  const { value } = target
  document.cookie = `${name}=${value}; path=/; max-age=${value ? YEAR : 0}; samesite=lax`
  if (value) document.documentElement.dataset[name] = value
  else delete document.documentElement.dataset[name]
})
