// data-passkey: a form that asks the browser to "create" or "get" a passkey and sends it in its field "credential".
// Before htmx, which sends those in a dialog
document.addEventListener("submit", async event => {
  const form = event.target
  if (!form.matches("[data-passkey]") || form.elements.credential.value) return
  event.preventDefault()
  event.stopPropagation()

  const button = event.submitter
  const { passkey, passkeyFailed, passkeyMissing } = form.dataset
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return regret(passkeyMissing)
  if (button) button.disabled = true
  try {
    const { publicKey } = await options(form)
    const credential = passkey === "create" ? await create(publicKey, form) : await get(publicKey)
    form.elements.credential.value = JSON.stringify(credential)
    form.requestSubmit()
  } catch {
    regret(passkeyFailed)
    if (button) button.disabled = false
  }
}, true)

// A page that is shown again has a used answer in its field
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.elements.credential.value = ""
    for (const button of form.querySelectorAll("button")) button.disabled = false
  }
})

async function options(form) {
  const told = form.dataset.passkeyOptions
  if (told) {
    const { creation_options, request_options } = JSON.parse(form.parentElement.querySelector(`#${told}`).textContent)
    return creation_options ?? request_options
  }
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } })
  return (await answer.json()).request_options
}

function create(publicKey, form) {
  const alone = form.elements.passwordless.checked
  publicKey.authenticatorSelection.residentKey = alone ? "required" : "discouraged"
  publicKey.authenticatorSelection.requireResidentKey = alone
  if (alone) publicKey.authenticatorSelection.userVerification = "required"
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
}

function get(publicKey) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) })
}

function regret(text) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { level: "error", text } }))
}
