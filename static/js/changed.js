// data-changed: on a message, the addresses of what it is about. The row, entry or fact that leads to the first of them
// that the page has is marked until the class has faded. The message alone is heard. Runs before toast.js moves it.
const FADED = 5000
const PLACES = "tr, li, .facts > div"

for (const { dataset } of document.querySelectorAll("[data-toast][data-changed]")) mark(dataset.changed.split(" "))

function mark(addresses) {
  const links = addresses.map(address => document.querySelector(`main a[href="${CSS.escape(address)}"]`))
  const place = links.find(link => link?.closest(PLACES))?.closest(PLACES)
  if (!place) return
  place.classList.add("changed")
  setTimeout(() => place.classList.remove("changed"), FADED)
}
