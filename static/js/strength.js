// data-strength: a meter of how many bits the password in the field of this id is worth, at most.
const KINDS = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[^a-zA-Z0-9]/, 32]]

document.addEventListener("input", ({ target }) => {
  const meter = target.id && document.querySelector(`[data-strength="${CSS.escape(target.id)}"]`)
  if (!meter) return

  meter.value = bits(target.value)
  meter.hidden = !target.value
})

function bits(password) {
  const signs = KINDS.reduce((sum, [kind, count]) => sum + (kind.test(password) ? count : 0), 0)
  const length = Math.min(password.length, 2 * new Set(password).size)
  return signs ? length * Math.log2(signs) : 0
}
