// data-generate: a button that puts a random password into the field of this id and shows it, to be kept elsewhere.
const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
const KINDS = [/[A-Z]/, /[a-z]/, /[0-9]/, /[-_]/]

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-generate]")
  if (!button) return

  const field = document.getElementById(button.dataset.generate)
  field.type = "text"
  field.value = password()
  field.dispatchEvent(new Event("input", { bubbles: true }))
  field.focus()
  field.select()
})

function password() {
  // 64 signs divide a byte's 256 values evenly
  const bytes = crypto.getRandomValues(new Uint8Array(20))
  const made = Array.from(bytes, byte => SIGNS[byte % SIGNS.length]).join("")
  return KINDS.every(kind => kind.test(made)) ? made : password()
}
