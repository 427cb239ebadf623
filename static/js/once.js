// data-once: a form that is sent once; its button says the attribute's words until there is an answer.
const sent = new Map()

// Before htmx, which listens on the form itself
document.addEventListener("submit", event => {
  const form = event.target
  if (!form.matches("[data-once]")) return

  if (sent.has(form)) {
    event.preventDefault()
    event.stopImmediatePropagation()
  } else {
    // After the browser has read the form: a disabled button would not send its own value
    sent.set(form, null)
    setTimeout(() => hold(form, event.submitter ?? form.querySelector("button:not([type=button])")))
  }
}, true)

document.addEventListener("htmx:afterRequest", ({ target }) => release(target))
window.addEventListener("pageshow", () => { for (const form of sent.keys()) release(form) })

function hold(form, button) {
  if (!button || !sent.has(form)) return
  sent.set(form, { button, words: [...button.childNodes] })
  button.disabled = true
  if (form.dataset.once) button.textContent = form.dataset.once
}

function release(form) {
  const held = sent.get(form)
  sent.delete(form)
  if (!held) return
  held.button.disabled = false
  held.button.replaceChildren(...held.words)
}
