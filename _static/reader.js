// 读书时的小工具：复制代码、标出正在读的小节、对准跳到的地方、宽内容可用键盘滚动。
"use strict";

async function copyText(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text);
  }
  // 局域网里的 http 页面没有 clipboard，退回旧办法。
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function addCopyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-button";
  button.textContent = "复制";
  button.addEventListener("click", async () => {
    await copyText(block.querySelector("pre").textContent.trimEnd());
    button.textContent = "已复制";
    setTimeout(() => (button.textContent = "复制"), 2000);
  });
  block.append(button);
}

function addCopyButtons() {
  document.querySelectorAll(".cell_input .highlight, .run .highlight").forEach(addCopyButton);
}

// 正在读的小节：标题过了屏幕上沿的最后一个。
function markCurrentSection() {
  const links = new Map(
    [...document.querySelectorAll("#page-contents a")].map((link) => [link.hash.slice(1), link]),
  );
  const sections = [...document.querySelectorAll("article section[id]")].filter((section) =>
    links.has(section.id),
  );
  let current = null;
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        entry.target.dataset.inView = entry.isIntersecting ? "yes" : "no";
      }
      const reading = sections.filter((section) => section.dataset.inView === "yes").at(-1);
      const link = reading && links.get(reading.id);
      if (link && link !== current) {
        current?.removeAttribute("aria-current");
        link.setAttribute("aria-current", "true");
        current = link;
      }
    },
    { rootMargin: "-20% 0px -75% 0px" },
  );
  sections.forEach((section) => observer.observe(section));
}

// 装不下的公式、表格与代码要能用键盘滚动，所以让它们得到焦点；装得下的不占一站。
function makeOverflowFocusable() {
  const laidOut = new Set(); // 离屏的还没排版，不去惊动
  const update = (box) => {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
    } else if (box !== document.activeElement) {
      box.removeAttribute("tabindex"); // 正停在上面的不动，不然焦点就丢了
    }
  };
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      laidOut.add(target);
      update(target);
    }
  });
  document.querySelectorAll("div.math, .table-box, pre").forEach((box) => observer.observe(box));
  // 字体后到，框没有变，里面的公式却变宽了。
  document.fonts.addEventListener("loadingdone", () => laidOut.forEach(update));
}

// 跳到的地方若在收起的解答里，就展开；离屏段落的高度原是估计，排好以后再对准一次。
function settleOnTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) {
    return;
  }
  const folded = target.closest("details:not([open])");
  if (folded) {
    folded.open = true;
  }
  requestAnimationFrame(() => requestAnimationFrame(() => target.scrollIntoView()));
}

// 用 Tab 走到还没排过版的段落时，几帧以后才知道它在不在屏幕里、有没有被顶栏遮住。
const FRAMES_TO_SETTLE = 10;

function keepFocusInView({ target }) {
  const bar = target.closest(".bar, .skip") ? null : document.querySelector(".bar");
  const barBottom = bar?.offsetHeight ?? 0;
  let frames = 0;
  const check = () => {
    const { top, bottom } = target.getBoundingClientRect();
    if (bottom <= barBottom || top >= innerHeight) {
      target.scrollIntoView({ block: "center" });
    }
    frames += 1;
    if (frames < FRAMES_TO_SETTLE && target === document.activeElement) {
      requestAnimationFrame(check);
    }
  };
  requestAnimationFrame(check);
}

// 点了目录里的链接，抽屉就该让开。
function closeDrawersOnJump() {
  for (const drawer of document.querySelectorAll(".drawer")) {
    drawer.addEventListener("click", (event) => {
      if (event.target.closest("a") && drawer.matches(":popover-open")) {
        drawer.hidePopover();
      }
    });
  }
}

// 印到纸上：收起的解答都打开（新浏览器只靠样式就行），还没滚到的图都取来；印完照旧。
function unfoldForPrinting() {
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((details) => (details.open = true));
    document.querySelectorAll("img[loading]").forEach((image) => (image.loading = "eager"));
  });
  addEventListener("afterprint", () => folded.forEach((details) => (details.open = false)));
}

settleOnTarget();
addEventListener("hashchange", settleOnTarget);
addEventListener("focusin", keepFocusInView);
closeDrawersOnJump();
unfoldForPrinting();
// 其余的不急，一件一件地做，不挡住第一屏。
for (const task of [addCopyButtons, markCurrentSection, makeOverflowFocusable]) {
  setTimeout(task);
}
