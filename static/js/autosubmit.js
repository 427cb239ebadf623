// data-autosubmit: a filter form that sends itself, on a change at once, while typing after a pause.
const PAUSE = 350
let typing

document.addEventListener("change", ({ target }) => {
  if (target.type !== "search" && !isHalfTyped(target)) submit(target.form)
})

document.addEventListener("input", ({ target }) => {
  if (target.type !== "search" || !target.form?.matches("[data-autosubmit]")) return
  clearTimeout(typing)
  typing = setTimeout(() => submit(target.form), PAUSE)
})

document.addEventListener("submit", () => clearTimeout(typing), true)

// What is not filled in stays out of the address
document.addEventListener("formdata", ({ target, formData }) => {
  if (!target.matches("[data-autosubmit]")) return
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name)
})

// A year is typed digit by digit, and is before the field's min until its last one
function isHalfTyped(field) {
  return field.type === "date" && !field.validity.valid
}

function submit(form) {
  if (form?.matches("[data-autosubmit]")) form.requestSubmit()
}
