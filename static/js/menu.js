// data-menu: a <details> that closes on Escape, and, unless something in it is half typed, on a click elsewhere and when
// the focus leaves it. A dialog that opens over it is not elsewhere: closed, it gives the focus back to the menu.
const openMenus = () => document.querySelectorAll("details[data-menu][open]")
const leave = menu => { if (!menu.querySelector(":invalid")) menu.open = false }
const isLevel = (menu, element) => element.closest("dialog") === menu.closest("dialog")
const isElsewhere = (menu, element) => isLevel(menu, element) && !menu.contains(element)

document.addEventListener("click", ({ target }) => {
  for (const menu of openMenus()) if (isElsewhere(menu, target)) leave(menu)
})

document.addEventListener("keydown", ({ key, target }) => {
  if (key !== "Escape") return
  for (const menu of openMenus()) {
    if (!isLevel(menu, target)) continue
    menu.open = false
    menu.querySelector("summary").focus()
  }
})

document.addEventListener("focusout", ({ relatedTarget }) => {
  for (const menu of openMenus()) if (relatedTarget && isElsewhere(menu, relatedTarget)) leave(menu)
})
