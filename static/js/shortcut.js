// data-shortcut: the keys, one after the other ("g s"), that follow a link or focus an input. A link may be folded away.
const PATIENCE = 1200
let typed = ""
let last = 0

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
  if (document.documentElement.dataset.shortcuts === "off") return

  typed = typed && event.timeStamp - last < PATIENCE ? `${typed} ${event.key}` : event.key
  last = event.timeStamp

  const target = meant(typed) ?? meant(event.key)
  if (!target) return
  event.preventDefault()
  typed = ""
  if (target.matches("input")) target.select()
  else target.click()
})

function meant(keys) {
  const all = [...document.querySelectorAll(`[data-shortcut="${CSS.escape(keys)}"]`)]
  return all.findLast(element => element.checkVisibility()) ?? all.find(element => element.matches("details a, a[hidden]"))
}

function isWriting(element) {
  return element.isContentEditable || element.matches("input, textarea, select") || document.querySelector("dialog[open]")
}
