// data-time: a <time> that goes on counting with the words of portal/wording/formats.py.
const STEPS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]]
const EVERY = 30_000
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "short" })
const wordForNow = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" }).format(0, "second")

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-time]")) time.textContent = age(new Date(time.dateTime))
}, EVERY)

function age(moment) {
  const seconds = (moment - Date.now()) / 1000
  const [unit, length] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? []
  return unit ? words.format(Math.round(seconds / length), unit).replaceAll(".", "") : wordForNow
}
