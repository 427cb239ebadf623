// data-autosubmit: a filter form that sends itself, on a change at once, while typing after a pause.
const PAUSE = 350
let typing = 0

document.addEventListener("change", ({ target }) => {
  if (target.type !== "search" && !isHalfTyped(target)) submit(target.form)
})

document.addEventListener("input", ({ target }) => {
  if (target.type !== "search") return
  clearTimeout(typing)
  typing = setTimeout(() => { typing = 0; submit(target.form) }, PAUSE)
})

document.addEventListener("submit", () => { clearTimeout(typing); typing = 0 }, true)

// What is not filled in stays out of the address
document.addEventListener("formdata", ({ target, formData }) => {
  if (!target.matches("[data-autosubmit]")) return
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name)
})

// An answer that arrives between two letters would take the second one away; the next one is on its way.
document.addEventListener("htmx:beforeSwap", event => {
  if (typing) event.detail.shouldSwap = false
})

// A year is typed digit by digit, and is before the field's min until its last one
function isHalfTyped(field) {
  return field.type === "date" && !field.validity.valid
}

function submit(form) {
  if (form?.matches("[data-autosubmit]")) form.requestSubmit()
}
