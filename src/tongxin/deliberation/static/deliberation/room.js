/* The running countdown, by the server's clock. Without it the page says when a speaker began and how long they have. */
(() => {
  "use strict";
  const clock = document.querySelector("[data-now]");
  const ahead = clock ? Date.now() - Number(clock.dataset.now) : 0;
  const english = document.documentElement.lang.startsWith("en");
  const tick = () => {
    for (const shown of document.querySelectorAll("[data-ends]")) {
      const left = Math.ceil((Number(shown.dataset.ends) - (Date.now() - ahead)) / 1000);
      const seconds = Math.abs(left), figure = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      shown.classList.toggle("over", left < 0);
      shown.textContent = left < 0 ? (english ? `▲ ${figure} over` : `▲ 超时 ${figure}`) : figure;
    }
  };
  tick();
  setInterval(tick, 500);
})();
