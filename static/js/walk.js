// data-walk: a region; j and k walk through the links in it that the attribute selects, and Enter follows one.
const STEPS = { j: 1, k: -1 }

document.addEventListener("keydown", event => {
  const step = STEPS[event.key]
  if (!step || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
  if (document.documentElement.dataset.shortcuts === "off") return

  const region = document.querySelector("[data-walk]")
  const links = [...region?.querySelectorAll(region.dataset.walk) ?? []].filter(link => link.checkVisibility())
  if (!links.length) return
  const row = document.activeElement.closest("tr, li")
  const at = links.findIndex(link => link === document.activeElement || row?.contains(link))
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)
  event.preventDefault()
  links[next].focus()
  links[next].scrollIntoView({ block: "nearest" })
})

function isWriting(element) {
  const isField = element.matches("input:not([type=checkbox], [type=radio]), textarea, select")
  return isField || element.isContentEditable || document.querySelector("dialog[open]")
}
