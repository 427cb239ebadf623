// data-menu: a <details> that closes on Escape, and, unless something in it is half typed, on a click elsewhere and when
// the focus leaves it.
const openMenus = () => document.querySelectorAll("details[data-menu][open]")
const leave = menu => { if (!menu.querySelector(":invalid")) menu.open = false }

document.addEventListener("click", ({ target }) => {
  for (const menu of openMenus()) if (!menu.contains(target)) leave(menu)
})

document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return
  for (const menu of openMenus()) {
    menu.open = false
    menu.querySelector("summary").focus()
  }
})

document.addEventListener("focusout", ({ relatedTarget }) => {
  for (const menu of openMenus()) if (relatedTarget && !menu.contains(relatedTarget)) leave(menu)
})
