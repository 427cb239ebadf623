// Ctrl-Enter (on a Mac Command-Enter): presses the main button of the only form of the dialog or page that sends something.
document.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.repeat || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
  if (document.documentElement.dataset.shortcuts === "off") return
  const open = document.querySelector("dialog[open]") ?? document.getElementById("main")
  const buttons = [...open?.querySelectorAll("form[data-once] .btn.primary:enabled") ?? []].filter(one => one.checkVisibility())
  if (buttons.length !== 1) return
  event.preventDefault()
  buttons[0].click()
})
