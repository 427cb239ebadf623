// data-filters: a filter form beside the list of this id, which is replaced without it. What a link changed in the
// address, such as a removed pill, the form follows; what is typed but not sent it keeps (data-clear removes it too). A
// period and two days exclude each other (data-period). The list says how much it holds (data-told, data-told-here).
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const { pathInfo, requestConfig, target } = detail
  const form = document.querySelector(`[data-filters="${CSS.escape(target.id)}"]`)
  const list = document.getElementById(target.id)
  if (!form || !list) return

  const query = new URL(pathInfo.finalRequestPath, location.href).searchParams
  const clears = requestConfig.elt.matches("[data-clear]")
  for (const field of form.querySelectorAll("input:not([type=hidden]), select")) {
    if (clears || !isUnsent(field, query)) put(field, query.get(field.name) ?? "")
  }
  const count = form.querySelector("[data-filter-count]")
  if (count) count.textContent = list.querySelector("[data-count]")?.dataset.count ?? ""
  say(list.dataset.told)
})

document.addEventListener("change", ({ target }) => {
  const { form } = target
  if (!form?.matches("[data-filters]") || !target.value) return
  const period = form.querySelector("[data-period]")
  if (target.type === "date" && period?.value) period.value = "custom"
  if (target === period && target.value !== "custom") clearDays(form)
}, true)

function clearDays(form) {
  for (const day of form.querySelectorAll("[type=date]")) day.value = ""
}

// What is half typed, or differs from what was sent last and from what was sent now
function isUnsent(field, query) {
  if (field.validity.badInput) return true
  const told = field.matches("select") ? [...field.options].find(option => option.defaultSelected)?.value : field.defaultValue
  return field.value !== (told ?? "") && field.value !== (query.get(field.name) ?? "")
}

function put(field, value) {
  if (field.validity.badInput || field.value !== value) field.value = value
  if (!field.matches("select")) field.defaultValue = value
  else for (const option of field.options) option.defaultSelected = option.value === value
}

function say(words) {
  const place = document.querySelector("[data-told-here]")
  if (place && words && place.textContent !== words) place.textContent = words
}
