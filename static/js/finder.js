// data-finder: the input of the search dialog. Ctrl-K and what has data-finder-open open it; arrows choose among the
// options that htmx fetches while typing, Enter follows one, Escape closes and gives the focus back.
// data-question: what the search names whole is asked above the options; Enter answers while the first one is chosen.
const input = document.querySelector("[data-finder]")
const dialog = input?.closest("dialog")
let chosen = null
let entered = false

document.addEventListener("click", event => {
  const link = event.target.closest("[data-finder-open]")
  if (!dialog || !link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  open()
})

document.addEventListener("keydown", event => {
  if (!dialog || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
  if (!dialog.open && document.querySelector("dialog[open]")) return
  event.preventDefault()
  if (dialog.open) dialog.close()
  else open()
})

input?.addEventListener("keydown", event => {
  const all = options()
  const moves = { ArrowDown: 1, ArrowUp: -1 }
  if (event.key in moves && all.length) {
    event.preventDefault()
    const at = all.indexOf(chosen)
    choose(all.at((at + moves[event.key] + all.length) % all.length))
  }
  if (event.key !== "Enter" || event.isComposing) return
  event.preventDefault()
  if (event.repeat) return
  const question = results().querySelector("[data-question] form")
  if (isSettled() && question && chosen === all[0]) question.requestSubmit()
  else if (isSettled()) follow()
  else entered = true // what was typed is on its way
})

input?.addEventListener("input", () => { entered = false; choose(null) })

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (!dialog || target.id !== "search-results") return
  document.querySelector("[data-finder-status]").textContent = results().querySelector("[data-told]")?.dataset.told ?? ""
  choose(options()[0] ?? null)
  if (entered && isSettled()) follow()
})

// An answer that fails leaves the page of the search
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt === input && entered && detail.failed) input.form.submit()
})

dialog?.addEventListener("click", event => {
  const close = event.target.closest("[data-finder-close], [data-dialog-close]")
  if (event.target !== dialog && !close) return
  event.preventDefault()
  dialog.close()
})

function open() {
  dialog.showModal()
  input.select()
}

function results() {
  return document.getElementById("search-results")
}

function options() {
  return [...results().querySelectorAll("[role=option]")]
}

function isSettled() {
  return results().dataset.query === input.value.trim().replace(/\s+/g, " ")
}

function follow() {
  entered = false
  if (chosen) chosen.click()
  else if (input.value.trim()) input.form.submit()
}

function choose(option) {
  chosen?.setAttribute("aria-selected", "false")
  chosen = option
  input.setAttribute("aria-expanded", String(options().length > 0))
  if (!option) return input.removeAttribute("aria-activedescendant")
  option.setAttribute("aria-selected", "true")
  option.scrollIntoView({ block: "nearest" })
  input.setAttribute("aria-activedescendant", option.id)
}
