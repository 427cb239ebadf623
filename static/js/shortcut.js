// data-shortcut: the keys, one after the other ("g s"), that follow a link or focus an input.
const PATIENCE = 1200
let typed = ""
let last = 0

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
  if (document.documentElement.dataset.shortcuts === "off") return

  typed = event.timeStamp - last < PATIENCE ? `${typed} ${event.key}` : event.key
  last = event.timeStamp

  const target = visible(typed) ?? visible(event.key)
  if (!target) return
  event.preventDefault()
  typed = ""
  if (target.matches("input")) target.select()
  else target.click()
})

function visible(keys) {
  return [...document.querySelectorAll(`[data-shortcut="${CSS.escape(keys)}"]`)].findLast(element => element.checkVisibility())
}

function isWriting(element) {
  return element.isContentEditable || element.matches("input, textarea, select") || document.querySelector("dialog[open]")
}
