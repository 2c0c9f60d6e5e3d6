// 深浅色：跟随系统，可以切换，记得住。尽早运行，免得先闪一下另一种颜色。
"use strict";

(() => {
  // 从跟随系统起，第一下总是换成与眼前相反的颜色，看得见变化。
  const CHOICES = matchMedia("(prefers-color-scheme: dark)").matches
    ? ["auto", "light", "dark"]
    : ["auto", "dark", "light"];
  const NAMES = { auto: "跟随系统", light: "浅色", dark: "深色" };
  const FOLLOW_SYSTEM = document.getElementById("dark-style").media; // 页面里写好的
  const MEDIA = { auto: FOLLOW_SYSTEM, light: "not all", dark: "screen" };

  function savedChoice() {
    try {
      const saved = localStorage.getItem("theme");
      return CHOICES.includes(saved) ? saved : "auto";
    } catch {
      return "auto"; // 有的浏览器在隐私模式下不让用 localStorage
    }
  }

  function save(choice) {
    try {
      localStorage.setItem("theme", choice);
    } catch {
      // 记不住就只管这一页
    }
  }

  // 深色的样式与每幅图的深色版，都只由 media 决定用不用。
  function apply(choice) {
    for (const part of document.querySelectorAll("#dark-style, picture > source")) {
      part.media = MEDIA[choice];
    }
  }

  function setUpButton() {
    const button = document.getElementById("theme-button");
    const use = (next) => {
      choice = next;
      apply(choice);
      button.dataset.choice = choice;
      button.title = `深浅色：${NAMES[choice]}（点一下切换）`;
      button.setAttribute("aria-label", button.title);
    };
    button.addEventListener("click", () => {
      use(CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length]);
      save(choice);
    });
    use(choice); // 刚才后面的图还没有到，这时再换一次
    button.hidden = false;
  }

  let choice = savedChoice();
  apply(choice);
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", setUpButton);
  } else {
    setUpButton();
  }
})();
