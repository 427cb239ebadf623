// data-pick-all: a checkbox in a table's head that picks every row, and shows when only some are picked. With Shift, a
// click picks all rows between it and the one before; the key x picks the row that has the focus.
// data-picked: in the bar below, how many are picked (data-one, data-more, and data-all with "all that match"), and the
// sum of their data-amount in each data-currency (data-sums).
// The whole cell around a box selects, as a finger is wider than the box.
// #select-all in the address: all rows that match are picked at first, and the focus is on what can be done to them.
let last = null

document.addEventListener("click", ({ target, shiftKey }) => {
  if (!target.matches(".rows .pick")) return
  target.querySelector("input:enabled")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey }))
})

document.addEventListener("click", event => {
  const box = event.target
  if (!box.matches("tbody .pick input")) return
  const boxes = boxesOf(box.closest("table"))
  const ends = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b)
  if (event.shiftKey && ends[0] >= 0) for (const one of boxes.slice(...[ends[0], ends[1] + 1])) one.checked = box.checked
  last = box
})

document.addEventListener("change", ({ target }) => {
  const list = target.closest(".list")
  if (!list?.querySelector("[data-pick-all]")) return
  if (target.matches("[data-pick-all]")) for (const box of boxesOf(list)) box.checked = target.checked
  show(list)
})

document.addEventListener("reset", ({ target }) => {
  const list = target.closest(".list")
  if (list?.querySelector("[data-pick-all]")) setTimeout(() => show(list))
})

document.addEventListener("keydown", event => {
  const { target, key, ctrlKey, metaKey, altKey } = event
  if (key !== "x" || ctrlKey || metaKey || altKey || document.documentElement.dataset.shortcuts === "off") return
  if (target.matches("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return
  const box = target.closest("tr")?.querySelector(".pick input:enabled")
  if (!box) return
  event.preventDefault()
  box.click()
})

if (location.hash === "#select-all") {
  history.replaceState(history.state, "", location.pathname + location.search)
  const all = document.querySelector("[data-pick-all]")
  const bar = all?.closest(".list").querySelector(".bulk")
  all?.click()
  bar?.querySelector("[name=all]")?.click()
  if (all?.checked) bar?.querySelector(".btn.primary")?.focus()
}

function boxesOf(part) {
  return [...part.querySelectorAll("tbody .pick input:enabled")]
}

function show(list) {
  const boxes = boxesOf(list)
  const picked = boxes.filter(box => box.checked)
  const all = list.querySelector("[data-pick-all]")
  all.checked = picked.length > 0 && picked.length === boxes.length
  all.indeterminate = picked.length > 0 && picked.length < boxes.length
  const told = list.querySelector("[data-picked]")
  if (told) told.textContent = list.querySelector(".bulk [name=all]:checked") ? told.dataset.all : words(told, picked)
}

function words({ dataset }, picked) {
  const count = picked.length === 1 ? dataset.one : dataset.more.replace("%n", picked.length)
  const added = sums(picked).join(" · ")
  return added ? `${count} · ${dataset.sums.replace("%n", added)}` : count
}

// In ten-thousandths, as an amount has at most four decimals
function sums(picked) {
  const found = new Map()
  for (const { dataset: { amount, currency } } of picked) {
    if (amount) found.set(currency, (found.get(currency) ?? 0) + Math.round(amount * 1e4))
  }
  return [...found].map(([currency, sum]) => money(sum / 1e4, currency))
}

function money(amount, currency) {
  try {
    return amount.toLocaleString(document.documentElement.lang, { style: "currency", currency })
  } catch {
    return `${amount.toFixed(2)} ${currency}`
  }
}
