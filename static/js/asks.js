// data-asks: a form or link whose act may need the password first. The server is asked; its question opens in a dialog
// over the page, and after the right answer the form is sent, once. Any other answer: as without a script.
// Stands before the behaviours that follow a link or send a form: they see neither until it is confirmed.
// While the question is on its way, what was pressed says so (data-asking); without an answer nothing is sent (data-silent).
const PATIENCE = 10_000
const SOON = 150 // most questions come before anything has to be said
const content = document.getElementById("again")
const dialog = content?.closest("dialog")
let held = null // continues with what was pressed
let passed = null

document.addEventListener("submit", event => {
  const { target, submitter } = event
  ask(event, target, submitter ?? target.querySelector("button:not([type=button])"),
    () => target.requestSubmit(submitter), () => formRequest(target, submitter))
}, true)

document.addEventListener("click", event => {
  const link = event.target.closest("a[data-asks]")
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return
  ask(event, link, link, () => link.click(), () => [link.href, {}])
}, true)

async function ask(event, element, pressed, goOn, request) {
  if (!dialog || !element.matches("[data-asks]") || passed === element) return
  event.preventDefault()
  event.stopImmediatePropagation()
  if (held) return

  held = () => {
    held = null
    passed = element
    goOn()
    passed = null
  }
  const rest = wait(pressed)
  try {
    const question = await answer(...request())
    rest()
    if (question) show(question)
    else held()
  } catch {
    rest()
    held = null
    document.dispatchEvent(new CustomEvent("toast", { detail: { level: "error", text: content.dataset.silent } }))
  }
}

// The question, null if there is none; throws if nothing answers
async function answer(address, options) {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), PATIENCE)
  try {
    const answer = await fetch(address, { ...options, headers: { "Ask-First": "yes" }, signal: silence.signal })
    return answer.ok && answer.headers.has("Over-Page") ? await answer.text() : null
  } finally {
    clearTimeout(timer)
  }
}

// Returns what ends it. Only a button changes its words, and it keeps its width: nothing beside it moves
function wait(pressed) {
  let words = null
  const timer = setTimeout(() => {
    pressed?.setAttribute("aria-busy", "true")
    if (!pressed?.matches(".btn")) return
    pressed.style.minWidth = `${pressed.offsetWidth}px`
    words = [...pressed.childNodes]
    pressed.textContent = content.dataset.asking
  }, SOON)
  return () => {
    clearTimeout(timer)
    pressed?.removeAttribute("aria-busy")
    if (!words) return
    pressed.replaceChildren(...words)
    pressed.style.minWidth = ""
  }
}

function formRequest(form, button) {
  const address = new URL(button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", document.baseURI)
  const typed = new URLSearchParams(new FormData(form, button))
  if (form.method === "post") return [address, { method: "POST", body: typed }]
  address.search = typed
  return [address, {}]
}

function show(question) {
  content.innerHTML = question
  htmx.process(content)
  dialog.showModal()
}

document.addEventListener("confirmed", () => {
  const goOn = held
  dialog.close()
  goOn?.()
})

// Too many tries have words of their own. An answer to a question that was closed meets that of another act, or none
content?.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.xhr.getResponseHeader("Over-Page")) return
  detail.shouldSwap = detail.requestConfig.elt.isConnected
  detail.isError = false
})

content?.addEventListener("click", event => {
  if (!event.target.closest("[data-dialog-close]")) return
  event.preventDefault()
  dialog.close()
})

dialog?.addEventListener("close", () => {
  held = null
  content.replaceChildren()
})
