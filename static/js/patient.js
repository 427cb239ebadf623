// data-patient: a region that does not replace itself while something in it, or in its filter form, is ticked, typed,
// open, focused or selected. It says how many rows changed, or that there is news (data-news, data-news-one,
// data-news-more), and waits. What a person asked for comes at once, and the focus stays.
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
  const answer = new DOMParser().parseFromString(serverResponse, "text/html").getElementById(target.id)
  if (news && answer && words(answer) !== words(target)) tell(news, changes(target, answer))
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
  const form = document.querySelector(`[data-filters="${CSS.escape(region.id)}"]`)
  return [region, form].some(part => part && isAtWork(part)) || document.querySelector("dialog[open]") !== null
}

function isAtWork(part) {
  const isFocused = part !== document.activeElement && part.contains(document.activeElement)
  const isTouched = [...part.querySelectorAll("details, input, select, textarea")].some(touched)
  return isFocused || isTouched || isSelected(part)
}

function isSelected(part) {
  const selection = getSelection()
  return !selection.isCollapsed && selection.containsNode(part, true)
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

function tell(news, count) {
  const { newsOne, newsMore } = news.dataset
  if (count) news.querySelector("p").textContent = count === 1 ? newsOne : newsMore.replace("%n", count)
  news.hidden = false
}

// Rows that changed or came; one that left made room for one that came
function changes(region, answer) {
  const now = rows(region), then = rows(answer)
  const changed = [...then.keys()].filter(key => now.has(key) && now.get(key) !== then.get(key)).length
  const came = [...then.keys()].filter(key => !now.has(key)).length
  const left = [...now.keys()].filter(key => !then.has(key)).length
  return changed + Math.max(came, left)
}

function rows(region) {
  const found = [...region.querySelectorAll("table.rows tbody tr")]
  return new Map(found.map(row => [row.querySelector(".name a")?.href ?? words(row), words(row)]))
}

// Ages count on by themselves
function words(region) {
  const copy = region.cloneNode(true)
  for (const part of copy.querySelectorAll("[data-news], time[data-time]")) part.remove()
  return copy.textContent.replace(/\s+/g, " ")
}
