// data-dialog: a link whose page's .confirm opens in a dialog. Without a script, or without one there, it is a link.
const content = document.getElementById("dialog")
const dialog = content.closest("dialog")
let address = ""

// While capturing, before htmx follows the link as one of the list around it
document.addEventListener("click", event => {
  const link = event.target.closest("a[data-dialog]")
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  event.stopPropagation()
  address = link.href
  htmx.ajax("GET", address, { event, target: content, swap: "innerHTML ignoreTitle:true", select: ".confirm" })
}, true)

document.addEventListener("htmx:afterSwap", event => {
  if (event.detail.target !== content) return
  if (content.firstElementChild) dialog.showModal()
  else location.assign(address)
})

content.addEventListener("click", event => {
  if (!event.target.closest("[data-dialog-close]")) return
  event.preventDefault()
  dialog.close()
})

dialog.addEventListener("close", () => content.replaceChildren())
