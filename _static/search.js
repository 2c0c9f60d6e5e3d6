// 搜索的界面：打字出结果，键盘可选，点开跳到小节。引擎与索引在第一次要用时才取。
"use strict";

const IN_PANEL = 8;
const ON_PAGE = 30;

function element(name, attributes = {}, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    created.setAttribute(key, value);
  }
  created.append(...children);
  return created;
}

// file:// 下不能 fetch，所以插入 <script>。
function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = element("script", { src: address });
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

async function loadLibrary({ engine, index }) {
  await Promise.all([loadScript(engine), loadScript(index)]);
  return bookSearch.openLibrary(searchIndex);
}

function withMarks(pieces) {
  return pieces.map(({ text, isHit }) => (isHit ? element("mark", {}, text) : text));
}

function resultLink({ section, terms }, root) {
  const { isSolution, pieces } = bookSearch.snippet(section, terms);
  const anchor = isSolution ? section.solutionAnchor : section.anchor;
  const title = bookSearch.markedTitle(section, terms);
  const link = element("a", { href: root + section.page + (anchor && `#${anchor}`) });
  if (section.path.length > 1) {
    link.append(element("span", { class: "search-path" }, section.path.slice(0, -1).join(" › ")));
  }
  link.append(element("span", { class: "search-title" }, ...withMarks(title)));
  if (pieces.some(({ text }) => text)) {
    const label = isSolution ? ["解答："] : [];
    link.append(element("span", { class: "search-snippet" }, ...label, ...withMarks(pieces)));
  }
  return link;
}

// 页头的搜索框。平时结果列在下拉的面板里（combobox 与 listbox），
// 在搜索页上列在正文里，是一串普通的链接。
class SearchBox {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector("input");
    this.page = document.getElementById("search-page");
    this.panel = this.page ?? form.querySelector(".search-panel");
    this.status = element("p", { class: "search-status", "aria-live": "polite" });
    this.list = element(this.page ? "ol" : "div", { id: "search-results", class: "search-results" });
    this.panel.replaceChildren(this.status, this.list);
    this.active = -1;
    this.latest = 0;
    if (!this.page) {
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", "搜索结果");
      const combobox = { role: "combobox", "aria-autocomplete": "list", "aria-controls": this.list.id };
      for (const [key, value] of Object.entries(combobox)) {
        this.input.setAttribute(key, value);
      }
    }
    this.clear();
    this.listen();
  }

  listen() {
    this.input.addEventListener("focus", () => this.library());
    // 输入法组字的时候，框里是拼音，不要拿去搜。
    this.input.addEventListener("input", (event) => event.isComposing || this.update());
    this.input.addEventListener("compositionend", () => this.update());
    this.input.addEventListener("keydown", (event) => event.isComposing || this.onKey(event));
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
    this.panel.addEventListener("click", (event) => this.onClick(event));
    document.addEventListener("keydown", (event) => this.onShortcut(event));
    document.addEventListener("pointerdown", (event) => this.form.contains(event.target) || this.close());
    this.form.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.form.contains(event.relatedTarget)) {
        this.close();
      }
    });
  }

  library() {
    this.loading ??= loadLibrary(this.form.dataset).catch(() => {
      this.loading = undefined; // 下次再试
      this.say("搜索用的文件没有取到，请检查网络，再打一遍。");
      this.open();
    });
    return this.loading;
  }

  async update() {
    const query = this.input.value.trim();
    const turn = ++this.latest;
    if (!query) {
      this.clear();
      return;
    }
    const library = await this.library();
    if (!library || turn !== this.latest) {
      return;
    }
    const results = bookSearch.search(query, library);
    this.show(results.slice(0, this.page ? ON_PAGE : IN_PANEL), results.length);
    if (results.length === 0) {
      this.propose(query, bookSearch.suggest(query, library), bookSearch.chapterNames(library));
    }
    this.open();
  }

  show(results, total) {
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.say(`找到 ${total} 节`);
    if (total > results.length && !this.page) {
      const address = `${this.form.action}?q=${encodeURIComponent(this.input.value.trim())}`;
      this.status.append(`，先列 ${results.length} 节，`, element("a", { href: address }, "看全部"));
    }
    const links = results.map((result) => resultLink(result, this.form.dataset.root));
    this.options = links;
    if (this.page) {
      this.list.replaceChildren(...links.map((link) => element("li", {}, link)));
      return;
    }
    links.forEach((link, i) => {
      link.id = `search-option-${i}`;
      link.tabIndex = -1;
      link.setAttribute("role", "option");
      link.setAttribute("aria-selected", "false");
    });
    this.list.replaceChildren(...links);
  }

  propose(query, near, chapters) {
    this.status.replaceChildren(`没有找到“${query}”。`);
    const names = near.length ? near : chapters;
    const buttons = names.map((name) =>
      element("button", { type: "button", class: "search-suggestion" }, name),
    );
    this.status.append(near.length ? "你要找的是不是：" : "书里讲的有：", element("br"), ...buttons);
  }

  say(message) {
    this.status.replaceChildren(message);
  }

  open() {
    this.panel.hidden = false;
    if (!this.page) {
      this.input.setAttribute("aria-expanded", "true");
    }
  }

  close() {
    if (this.page) {
      return; // 搜索页上的结果一直留着
    }
    this.latest += 1;
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-expanded", "false");
    this.panel.hidden = true;
  }

  clear() {
    this.close();
    this.latest += 1;
    this.list.replaceChildren();
    this.say(this.page ? "在上面的搜索框里打字，结果会列在这里。" : "");
  }

  get isOpen() {
    return !this.page && !this.panel.hidden;
  }

  move(step) {
    const count = this.options?.length ?? 0;
    if (!this.isOpen || count === 0) {
      return;
    }
    this.options[this.active]?.setAttribute("aria-selected", "false");
    this.active = this.active < 0 && step < 0 ? count - 1 : (this.active + step + count) % count;
    const option = this.options[this.active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  onKey(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && this.isOpen && this.active >= 0) {
      event.preventDefault();
      this.options[this.active].click();
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault(); // 先收起面板；再按一次才清空
      this.close();
    }
  }

  onShortcut(event) {
    const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.input.focus();
      this.input.select();
    }
  }

  // 没有选中哪一条就按回车：去搜索页看全部结果；已经在搜索页，就地更新。
  onSubmit(event) {
    if (this.page || !this.input.value.trim()) {
      event.preventDefault();
      this.update();
    }
  }

  onClick(event) {
    const suggestion = event.target.closest(".search-suggestion");
    if (suggestion) {
      this.input.value = suggestion.textContent;
      this.input.focus();
      this.update();
    } else if (event.target.closest("a")) {
      this.close();
    }
  }
}

function start() {
  const box = new SearchBox(document.getElementById("search"));
  const asked = new URLSearchParams(location.search).get("q");
  if (box.page && asked) {
    box.input.value = asked;
    box.update();
  }
}

start();
