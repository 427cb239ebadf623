// data-patient: a region that does not replace itself while something in it is ticked, typed, open or focused. It says
// that there is news (data-news) and waits. What a person asked for comes at once, and the focus stays.
let pressed = null
let left = null

// A hidden page has nobody to show anything to; what looks every few seconds goes on when it is shown again
document.addEventListener("htmx:beforeRequest", event => {
  const { elt, target } = event.detail
  if (document.hidden && elt.matches("[hx-trigger*='every']")) event.preventDefault()
  // A button that is held until there is an answer has lost the focus by then
  else pressed = focusIn(target)
})

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { requestConfig, serverResponse, target } = detail
  left = { id: target.id, focus: focusIn(target) ?? lost(), open: openIn(target) }
  if (isAsked(requestConfig) || !target.matches("[data-patient]") || !isBusy(target)) return

  detail.shouldSwap = false
  const news = target.querySelector("[data-news]")
  if (news && isNew(target, serverResponse)) news.hidden = false
})

document.addEventListener("htmx:afterSwap", () => {
  if (!left) return
  for (const id of left.open) document.getElementById(id)?.setAttribute("open", "")
  if (left.focus === null || document.activeElement !== document.body) return
  for (const id of [left.focus, left.id]) {
    if (id && document.activeElement === document.body) document.getElementById(id)?.focus({ preventScroll: true })
  }
})

// By a click or a form, or as the first content of a page
function isAsked({ elt, triggeringEvent }) {
  return ["click", "submit"].includes(triggeringEvent?.type) || elt.matches("[hx-trigger^='load']")
}

// The id of what has the focus in this region, null where nothing has
function focusIn(region) {
  return region.contains(document.activeElement) ? document.activeElement.id : null
}

function lost() {
  const id = document.activeElement === document.body ? pressed : null
  pressed = null
  return id
}

function openIn(region) {
  return [...region.querySelectorAll("details[open][id]")].map(({ id }) => id)
}

function isBusy(region) {
  const isFocused = region !== document.activeElement && region.contains(document.activeElement)
  const isTouched = [...region.querySelectorAll("details, input, select, textarea")].some(touched)
  return isFocused || isTouched || document.querySelector("dialog[open]") !== null
}

function touched(element) {
  if (element.matches("details")) return element.open
  if (element.matches("[type=checkbox], [type=radio]")) return element.checked !== element.defaultChecked
  if (element.matches("select")) return element.selectedIndex !== first(element)
  return element.value !== element.defaultValue || element.validity.badInput
}

function first(select) {
  return Math.max(0, [...select.options].findIndex(option => option.defaultSelected))
}

function isNew(region, html) {
  const answer = new DOMParser().parseFromString(html, "text/html").getElementById(region.id)
  return answer !== null && words(answer) !== words(region)
}

// Ages count on by themselves
function words(region) {
  const copy = region.cloneNode(true)
  for (const part of copy.querySelectorAll("[data-news], time[data-time]")) part.remove()
  return copy.textContent.replace(/\s+/g, " ")
}
