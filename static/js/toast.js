// data-toasts: the live region. Messages come with the page, as a "toast" event ({level, text}, or a list of
// them) that the server sends in HX-Trigger, or from here when there was no answer at all.
// Beside an open dialog nothing can be pressed or heard, so the region is in the dialog that lies on top.
const LIFE = 8000
const HUES = { success: "good", warning: "soon", error: "bad" }
const region = document.querySelector("[data-toasts]")
const home = region.parentElement
const pattern = document.querySelector("[data-toast-template]").content

// A live region speaks of what is added to it: those of the page itself are added once more
const early = [...region.children]
region.replaceChildren()
setTimeout(() => early.forEach(show), 100)

document.addEventListener("toast", ({ detail }) => {
  for (const { level, text } of [detail.value ?? detail].flat()) say(text, HUES[level] ?? "info")
})
document.addEventListener("htmx:sendError", event => regret(event, region.dataset.lost))
document.addEventListener("htmx:timeout", event => regret(event, region.dataset.lost))
document.addEventListener("htmx:responseError", event => {
  const { xhr, requestConfig, pathInfo } = event.detail
  const isFollowed = requestConfig.verb === "get" && ["click", "submit"].includes(requestConfig.triggeringEvent?.type)
  const isGone = isFollowed && (xhr.status === 404 || xhr.status === 403)
  if (isGone) location.assign(pathInfo.finalRequestPath) // the page says itself that it is not there, or not any more
  else regret(event, region.dataset.failed)
})

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-toast-close]")) target.closest("[data-toast]").remove()
})

new MutationObserver(() => {
  const place = document.querySelector("dialog:modal") ?? home
  if (region.parentElement !== place) place.append(region)
}).observe(document.body, { attributeFilter: ["open"], subtree: true })

// Only what somebody did: a region that asks by itself asks again by itself
function regret({ detail }, text) {
  if (detail.requestConfig.triggeringEvent) say(text, "bad")
}

function say(text, hue) {
  const toast = pattern.cloneNode(true).firstElementChild
  toast.dataset.hue = hue
  toast.querySelector(".words").textContent = text
  show(toast)
}

// What went wrong stays until it is closed, the rest goes unless somebody is there
function show(toast) {
  region.append(toast)
  if (toast.dataset.hue === "bad" || toast.dataset.hue === "soon") return
  setTimeout(function leave() {
    if (toast.matches(":hover, :focus-within")) setTimeout(leave, LIFE / 4)
    else toast.remove()
  }, LIFE)
}
