// data-copy: a button that copies this text and says so (data-copied) for a moment.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]")
  if (!button) return

  await copy(button.dataset.copy)
  const words = button.textContent
  if (words === button.dataset.copied) return
  button.textContent = button.dataset.copied
  button.setAttribute("aria-live", "polite")
  setTimeout(() => { button.textContent = words }, 2000)
})

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)

  // Plain http on a local network has no clipboard object
  const area = Object.assign(document.createElement("textarea"), { value: text })
  document.body.append(area)
  area.select()
  document.execCommand("copy")
  area.remove()
}
