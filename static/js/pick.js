// data-pick-all: a checkbox in a table's head that picks every row, and shows when only some are picked.
document.addEventListener("change", ({ target }) => {
  const table = target.closest("table")
  const all = table?.querySelector("[data-pick-all]")
  if (!all) return

  const boxes = [...table.querySelectorAll("tbody .pick input")]
  if (target === all) for (const box of boxes) box.checked = all.checked
  const picked = boxes.filter(box => box.checked).length
  all.checked = picked === boxes.length
  all.indeterminate = picked > 0 && picked < boxes.length
})
