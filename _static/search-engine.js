// 搜索的引擎：把全书的小节扫一遍，打分、排序、写摘要。不碰页面，在 node 里也能运行。
"use strict";

// ---- 查找 ----------------------------------------------------------------------------------
// 书与查询都先“压平”：大小写、全角半角、连字符与空格、上下标的差别都去掉，于是
// “KL散度”找得到“KL 散度”，“cross entropy”找得到“cross-entropy”，“log2”找得到“log₂”。

const FOLDABLE = /[^\u4e00-\u9fffa-z0-9。、]|零/g; // 别的字压平以后还是自己
const IGNORED = /[\s\-‐–−_]/;
const WORD_CHARACTER = /[a-z0-9]/;
const CAMEL_JOINT = /[a-z][A-Z]/;
const HAN = /[\u4e00-\u9fff]/;

const folded = new Map(); // 同一个字不折腾第二遍：全书的字只有一千多种

function foldCharacter(character) {
  if (!folded.has(character)) {
    const plain = character === "零" ? "0" : character.normalize("NFKC").toLowerCase();
    folded.set(character, IGNORED.test(character) ? "" : plain);
  }
  return folded.get(character);
}

class Folded {
  constructor(original) {
    this.original = original;
    this.text = original.replace(FOLDABLE, foldCharacter);
  }

  // 压平的文字里每个字在原文里的位置。用到时才算：多数小节一次也用不到。
  get positions() {
    if (!this.knownPositions) {
      this.knownPositions = new Uint32Array(this.text.length + 1);
      let at = 0;
      for (let i = 0; i < this.original.length; i++) {
        for (let k = foldCharacter(this.original[i]).length; k > 0; k--) {
          this.knownPositions[at++] = i;
        }
      }
      this.knownPositions[at] = this.original.length;
    }
    return this.knownPositions;
  }
}

const fold = (original) => new Folded(original);

const isLetterAt = (text, i) => i >= 0 && i < text.length && /[A-Za-z]/.test(text[i]);

// 英文词要从词头数起：“log” 不该算进 “catalog”；驼峰里的大写字母也是词头。
function startsWord({ original, positions }, start) {
  const i = positions[start];
  return !isLetterAt(original, i - 1) || CAMEL_JOINT.test(original.slice(i - 1, i + 1));
}

// 英文词要到词尾，允许常见的词尾变化；openEnded 是还没打完的词。
function endsWord({ original, positions }, end, openEnded) {
  let i = positions[end - 1] + 1;
  const first = i;
  while (isLetterAt(original, i) && !CAMEL_JOINT.test(original.slice(i - 1, i + 1))) {
    i += 1;
  }
  return openEnded || /^(e?s|e?d|ing|e)?$/i.test(original.slice(first, i));
}

// 一个词在压平的文字里的每一处，[起, 止)。
function occurrences(folded, key, isOpenEnded = false) {
  const found = [];
  const checkStart = WORD_CHARACTER.test(key[0]);
  const checkEnd = WORD_CHARACTER.test(key.at(-1));
  for (let i = folded.text.indexOf(key); i >= 0; i = folded.text.indexOf(key, i + key.length)) {
    const end = i + key.length;
    const isWhole =
      (!checkStart || startsWord(folded, i)) && (!checkEnd || endsWord(folded, end, isOpenEnded));
    if (isWhole) {
      found.push([i, end]);
    }
  }
  return found;
}

// ---- 书 ------------------------------------------------------------------------------------

const FIELD_WEIGHTS = { title: 6, above: 1.5, text: 1, solution: 0.4, code: 0.15 };

function openLibrary({ vocabulary, sections }) {
  const groups = vocabulary.map((names) => names.map((name) => fold(name).text));
  const names = groups.flatMap((group) => group.map((name) => [name, group]));
  const library = {
    vocabulary,
    names: new Map(names.sort(([one], [other]) => other.length - one.length)), // 先认长的
    sections: sections.map((section) => ({
      ...section,
      title: section.path.at(-1),
      defined: new Set(section.terms.map((term) => fold(term).text)),
      fields: {
        title: fold(section.path.at(-1).replace(/^(第 \d+ 章|练习 [\d.]+|[\d.]+) /, "")),
        above: fold(section.path.slice(0, -1).join("\n")),
        text: fold(section.text),
        solution: fold(section.solution),
        code: fold(section.code),
      },
    })),
  };
  // “熵”也出现在“交叉熵”里，那不算说到熵。
  library.longer = new Map();
  for (const [name, group] of names) {
    const isLonger = ([other, its]) => its !== group && other !== name && other.includes(name);
    const containing = names.filter(isLonger);
    library.longer.set(name, containing.map(([other]) => other));
  }
  library.explaining = library.sections.filter(({ isLookup }) => !isLookup);
  const lengths = library.explaining.map(({ fields }) => fields.text.text.length);
  library.averageLength = sum(lengths) / lengths.length;
  return library;
}

// ---- 查询 ----------------------------------------------------------------------------------

// 问话里的虚词：只说明这是一个问题，不说明问什么。
const FILLERS =
  /为什么|为何|怎么办|怎么样|怎样|怎么|如何|是什么|什么|哪些|哪个|多少|多大|应该|应当|可以|能不能|是不是|不是|有没有|请问|用(?=\s*[A-Za-z\n])|[的了吗呢么是和与及]/g;
const SEPARATORS = /[\n，。？！；：、“”"?!;]+/;
const WHY = /为什么|为何/;
const RUNS = /[\u4e00-\u9fff]+|[^\u4e00-\u9fff\s]+/g;

// 常见的英文词尾：smoothing、smoothed 与 smooth 当作一个词。
function stem(word) {
  const shorter = word.replace(/(?:ing|ed|([sxz]|ch|sh)es|([^s])s)$/, "$1$2");
  return shorter.length < 4 ? word : shorter;
}

// 把查询变成若干项；每一项是几种等价的写法和一个权重。整句只加分，不算非说到不可。
function parse(query, library) {
  const terms = new Map();
  const add = (weight, keys, options) => {
    if (keys[0] && !terms.has(keys[0])) {
      terms.set(keys[0], { weight, keys, isOpenEnded: false, isPhrase: false, isNested: false, ...options });
    }
  };
  const rest = takeKnownNames(query, library, add);
  if (WHY.test(query)) {
    add(1, ["为什么"], { isPhrase: true });
  }
  for (const piece of [query, ...query.replace(FILLERS, "\n").split(SEPARATORS)]) {
    const key = fold(piece).text;
    if (key.length > 2 || !HAN.test(key)) {
      add(1.5, [key], { isPhrase: true });
    }
  }
  for (const piece of rest.replace(FILLERS, "\n").split(SEPARATORS)) {
    const runs = piece.match(RUNS) ?? [];
    for (const run of runs) {
      addRun(run, add, { isAlone: runs.length === 1, isLast: query.endsWith(run) });
    }
  }
  return [...terms.values()];
}

// 书里的术语整个地认，连同它的别名；返回查询里剩下的部分。套在长术语里的短术语只算一点。
function takeKnownNames(query, library, add) {
  const whole = fold(query);
  const rest = [...query];
  for (const [name, group] of library.names) {
    for (const [start, end] of occurrences(whole, name)) {
      const [from, to] = [whole.positions[start], whole.positions[end - 1] + 1];
      if (CAMEL_JOINT.test(query.slice(Math.max(from - 1, 0), to + 1))) {
        continue; // CrossEntropyLoss 是某个框架里的名字，不是在说交叉熵损失
      }
      if (name.length === 1 && isWithinWord(query, from, rest)) {
        continue; // “交差熵”是打错了的“交叉熵”，不是在问熵
      }
      const isInside = rest.slice(from, to).every((character) => character === "\n");
      add(isInside ? 0.4 : 2, [name, ...group.filter((other) => other !== name)], { isNested: isInside });
      rest.fill("\n", from, to);
    }
  }
  return rest.join("");
}

// 这个字的左右还有别的汉字，既不是虚词，也不属于已经认出的术语。
function isWithinWord(query, i, rest) {
  const around = rest.join("").replace(FILLERS, (filler) => "\n".repeat(filler.length));
  return HAN.test(query[i - 1] && around[i - 1]) || HAN.test(query[i + 1] && around[i + 1]);
}

// 连写的汉字切成两字一组，英文切成词；最后一个英文词可能还没打完。
function addRun(run, add, { isAlone, isLast }) {
  const isHan = HAN.test(run);
  const words = isHan ? pairs(run) : run.split(/[-_‐–−]+/).filter(Boolean);
  for (const word of words) {
    const key = isHan ? word : stem(fold(word).text);
    if (key.length > 1 || (isAlone && !/[a-z]/.test(key))) {
      add(1, [key], { isOpenEnded: !isHan && isLast && run.endsWith(word) });
    }
  }
}

function pairs(run) {
  const text = fold(run).text;
  return text.length < 2 ? [text] : [...text.slice(1)].map((_, i) => text.slice(i, i + 2));
}

// ---- 打分 ----------------------------------------------------------------------------------

const SATURATION = 1.5; // BM25 的 k：一个词多次出现，加分递减
const LENGTH_NORM = 0.2; // BM25 的 b：长的小节打折
const DEFINITION_BONUS = 2; // 在这一节里定义的术语
const TITLE_BONUS = 1.5; // 查询占标题的多少
const LEAST_COVERAGE = 0.3; // 至少要说到查询的这么多，才算找到
const LEAST_SHARE = 0.08; // 不到第一名这么多分的，多半不相干
const EXERCISE_DISCOUNT = 0.4; // 讲解排在练习前面
const OPENING_DISCOUNT = 0.35; // 一章的开头只提出问题，答案在后面的小节里
const LOOKUP_DISCOUNT = 0.25; // 讲解排在供查阅的页（术语表、lib 参考……）前面……
const LOOKUP_CAP = 0.9; // ……讲解已经说全了的，更不能越过它；查的是函数的全名则不然
const APPENDIX_DISCOUNT = 0.8; // 同样切题时，各章的讲解排在附录前面

function count(folded, term, library) {
  let total = 0;
  for (const key of term.keys) {
    total += occurrences(folded, key, term.isOpenEnded).length;
    for (const longer of total > 0 ? (library.longer.get(key) ?? []) : []) {
      total -= 0.9 * occurrences(folded, longer).length;
    }
  }
  return Math.max(total, 0);
}

function frequency(section, term, library) {
  let total = 0;
  for (const [field, weight] of Object.entries(FIELD_WEIGHTS)) {
    total += weight * count(section.fields[field], term, library);
  }
  return total;
}

// 标题有多少被查询说到。
function titleCoverage(section, terms) {
  const title = section.fields.title;
  const covered = new Set();
  for (const term of terms) {
    for (const [start, end] of term.keys.flatMap((key) => occurrences(title, key))) {
      for (let i = start; i < end; i++) {
        covered.add(i);
      }
    }
  }
  return covered.size / title.text.length;
}

// 打的是 lib.softmax 这样的全名。
const isAskedFor = (section, query) => query.includes(section.title) && section.title.startsWith("lib.");

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

function search(typed, library) {
  const size = library.explaining.length; // 一个词稀不稀罕，只看讲解的小节
  const query = typed.trim().replaceAll("零", "0").replace(/([,(=]) +/g, "$1");
  const terms = parse(query, library).map((term) => {
    const counts = library.sections.map((section) => frequency(section, term, library));
    const containing = counts.filter((n) => n > 0).length;
    const explained = counts.filter((n, i) => n > 0 && !library.sections[i].isLookup).length;
    const rarity = Math.log(1 + (size - explained + 0.5) / (explained + 0.5));
    return { ...term, counts, containing, value: term.weight * rarity };
  });
  const known = terms.filter((term) => term.containing > 0);
  const needed = terms.filter((term) => !term.isPhrase);
  const total = sum(needed.map(({ weight, containing }) => (containing ? weight : weight / 2)));
  const results = library.sections.map((section, i) => {
    const length = section.fields.text.text.length / library.averageLength;
    const norm = SATURATION * (1 - LENGTH_NORM + LENGTH_NORM * length);
    let score = 0;
    let matched = 0;
    for (const term of known) {
      if (term.counts[i] > 0) {
        score += (term.value * (SATURATION + 1) * term.counts[i]) / (term.counts[i] + norm);
        score += term.keys.some((key) => section.defined.has(key)) ? DEFINITION_BONUS * term.value : 0;
        matched += term.isPhrase ? 0 : term.weight;
      }
    }
    const coverage = total > 0 ? matched / total : 1;
    score *= coverage;
    score *= 1 + TITLE_BONUS * titleCoverage(section, known);
    score *= section.title.startsWith("练习") ? EXERCISE_DISCOUNT : 1;
    score *= section.path.length === 1 ? OPENING_DISCOUNT : 1;
    const isLookup = section.isLookup && !isAskedFor(section, query);
    score *= isLookup ? LOOKUP_DISCOUNT : 1;
    score *= section.page.startsWith("appendix/") ? APPENDIX_DISCOUNT : 1;
    return { section, isLookup, terms: known, score, coverage };
  });
  capLookups(results);
  const best = Math.max(...results.map(({ score }) => score));
  return results
    .filter(({ score, coverage }) => score > LEAST_SHARE * best && coverage >= LEAST_COVERAGE)
    .sort((one, other) => other.score - one.score);
}

// 查阅用的条目又短又对题，分数容易高；读者搜一个词，多半想看讲解。
function capLookups(results) {
  const taught = results.filter(({ section, coverage }) => !section.isLookup && coverage === 1);
  const cap = LOOKUP_CAP * Math.max(0, ...taught.map(({ score }) => score));
  for (const result of results) {
    if (result.isLookup && cap > 0) {
      result.score = Math.min(result.score, cap);
    }
  }
}

// ---- 没有结果时 ----------------------------------------------------------------------------

const SUGGESTIONS = 4;
const LEAST_SIMILARITY = 0.34;

function editDistance(one, other) {
  let row = [...other, ""].map((_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const replaced = row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row.at(-1);
}

function sharedPairs(one, other) {
  const [first, second] = [new Set(pairs(one)), new Set(pairs(other))];
  const shared = [...first].filter((pair) => second.has(pair)).length;
  return (2 * shared) / (first.size + second.size);
}

const isInBook = (name, library) =>
  library.sections.some(({ fields: { title, text } }) =>
    [title, text].some((field) => occurrences(field, fold(name).text).length > 0),
  );

// 书里的术语与标题中，写法与查询最接近的几个。
function suggest(query, library) {
  const typed = fold(query).text;
  const names = library.vocabulary.flat();
  const titles = library.sections.map((section) => section.fields.title.original);
  const scored = [...new Set([...names, ...titles])].map((name) => {
    const text = fold(name).text;
    const alike = 1 - editDistance(typed, text) / Math.max(typed.length, text.length);
    return { name, similarity: Math.max(alike, sharedPairs(typed, text)) };
  });
  return scored
    .filter(({ name, similarity }) => similarity >= LEAST_SIMILARITY && isInBook(name, library))
    .sort((one, other) => other.similarity - one.similarity)
    .slice(0, SUGGESTIONS)
    .map(({ name }) => name);
}

const chapterNames = (library) =>
  library.sections
    .filter(({ path }) => path.length === 1 && path[0].startsWith("第"))
    .map(({ fields }) => fields.title.original);

// ---- 摘要 ----------------------------------------------------------------------------------

const SNIPPET_LENGTH = 80;
const LEAD = 16; // 命中的词前面留几个字

// 各项在一段文字里的位置（原文的下标），按先后，不重叠；长的优先。
function highlights(folded, terms) {
  const hits = [];
  const whole = terms.filter(({ isNested }) => !isNested); // 搜“相对熵”不标“交叉熵”里的“熵”
  for (const term of whole) {
    for (const key of term.keys) {
      for (const [start, end] of occurrences(folded, key, term.isOpenEnded)) {
        const [from, to] = [folded.positions[start], folded.positions[end - 1] + 1];
        hits.push({ from, to, term });
      }
    }
  }
  hits.sort((one, other) => one.from - other.from || other.to - one.to);
  return hits.filter((hit, i) => hits.slice(0, i).every((earlier) => earlier.to <= hit.from));
}

// 命中的项最多、最要紧的一段；从句子的开头起，太远就从命中处往前几个字起。
function snippet(section, terms) {
  const inText = highlights(section.fields.text, terms);
  const inSolution = inText.length ? [] : highlights(section.fields.solution, terms);
  const source = inSolution.length ? section.fields.solution : section.fields.text;
  const hits = inSolution.length ? inSolution : inText;
  let best = { value: -1, from: 0 };
  for (const hit of hits) {
    const inside = hits.filter(({ from, to }) => from >= hit.from && to <= hit.from + SNIPPET_LENGTH - LEAD);
    const value = sum([...new Set(inside.map(({ term }) => term))].map((term) => term.value));
    if (value > best.value) {
      best = { value, from: hit.from };
    }
  }
  const text = source.original;
  const sentence = text.slice(0, best.from).search(/[^。？！]*$/);
  const from = best.from - sentence <= LEAD * 2 ? sentence : best.from - LEAD;
  let to = Math.min(from + SNIPPET_LENGTH, text.length);
  while (isLetterAt(text, to - 1) && isLetterAt(text, to)) {
    to -= 1; // 不在英文词的中间断开
  }
  return {
    isSolution: inSolution.length > 0,
    pieces: [
      { text: from > 0 && from !== sentence ? "…" : "" },
      ...marked(text, from, to, hits),
      { text: to < text.length ? "…" : "" },
    ],
  };
}

// 把 [from, to) 的文字按命中与否切成几片。
function marked(text, from, to, hits) {
  const pieces = [];
  let at = from;
  for (const hit of hits.filter((hit) => hit.from >= from && hit.to <= to)) {
    pieces.push({ text: text.slice(at, hit.from) }, { text: text.slice(hit.from, hit.to), isHit: true });
    at = hit.to;
  }
  return [...pieces, { text: text.slice(at, to) }];
}

// 小节的标题，切成命中与没有命中的几片。
function markedTitle(section, terms) {
  return marked(section.title, 0, section.title.length, highlights(fold(section.title), terms));
}

globalThis.bookSearch = { openLibrary, search, snippet, suggest, markedTitle, chapterNames };
