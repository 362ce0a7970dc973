// The page: whom it is for, ten toys, like or not. Everything is decided here, on the device.
import { openRanker } from './ranker.js';

const WORDS = {
  en: {
    heading: 'Find a gift', age: 'How old is the youngest child?', again: 'Start again', like: 'Like', not: 'Not this',
    months: (n) => `${n} months`, years: (n) => (n === 1 ? '1 year' : `${n} years`), newborn: 'newborn', none: 'No toy fits any more.',
    broken: 'The shelves cannot be opened just now. Please load the page again.', unpriced: 'Ask for the price',
  },
  zh: {
    heading: '挑一份礼物', age: '最小的孩子多大？', again: '重新开始', like: '喜欢', not: '不要',
    months: (n) => `${n}个月`, years: (n) => `${n}岁`, newborn: '新生儿', none: '没有合适的玩具了。',
    broken: '暂时无法打开货架，请重新加载页面。', unpriced: '请询问价格',
  },
};
const AGES = [0, 6, 12, 24, 36, 48, 60, 72, 96, 120, 156]; // months; a band counts as its lower end
const language = navigator.language.startsWith('zh') ? 'zh' : 'en';
const words = WORDS[language];
const at = (id) => document.getElementById(id);

async function read(name) {
  const answer = await fetch(name, { cache: 'no-cache' });
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer;
}

async function open() {
  const [facts, withheld, model] = await Promise.all([
    read('page.json').then((it) => it.json()),
    read('withheld.json').then((it) => it.json()), // without it nothing is shown: a recall may be in it
    read('student-mobile.onnx').then((it) => it.arrayBuffer()),
  ]);
  const ranker = await openRanker(new Uint8Array(model));
  const kept = new Set(withheld);
  let liked = []; // toy indices, oldest first
  let refused = new Set();
  let turn = 0;

  function allowed(age) {
    const mask = new Uint8Array(facts.toys.length + 1);
    facts.toys.forEach((toy, i) => {
      const fits = toy.from !== null && toy.from <= age && (toy.until === null || age < toy.until);
      mask[i + 1] = fits && !kept.has(toy.id) && !refused.has(i + 1) && !liked.includes(i + 1) ? 1 : 0;
    });
    return mask;
  }

  async function show() {
    const mine = ++turn;
    const { toys } = await ranker.rank(liked.slice(-facts.max_history), allowed(Number(at('age').value)));
    const cards = await Promise.all(toys.filter((toy) => toy > 0).map(card));
    if (mine !== turn) return; // somebody tapped meanwhile
    at('toys').replaceChildren(...cards);
    at('status').textContent = cards.length ? '' : words.none;
  }

  async function card(place) {
    const toy = facts.toys[place - 1];
    const item = document.createElement('li');
    item.dataset.toy = toy.id;
    item.append(await picture(toy, place));
    const title = document.createElement('h2');
    title.textContent = (language === 'zh' && toy.title_zh) || toy.title;
    const price = document.createElement('p');
    price.textContent = toy.price === null ? words.unpriced : money(toy.price, facts.currency);
    const taps = document.createElement('div');
    taps.className = 'taps';
    taps.append(
      tap(words.like, title, 'like', () => liked.push(place)),
      tap(words.not, title, 'not', () => refused.add(place)),
    );
    item.append(title, price, taps);
    return item;
  }

  function tap(word, title, kind, change) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = kind;
    button.textContent = word;
    button.setAttribute('aria-label', `${word}: ${title.textContent}`);
    button.addEventListener('click', () => { change(); attempt(show); });
    return button;
  }

  at('age').addEventListener('change', () => attempt(show));
  at('again').addEventListener('click', () => { liked = []; refused = new Set(); attempt(show); });
  await show();
}

async function picture(toy, place) {
  if (!toy.picture) {
    const blank = document.createElement('div');
    blank.className = 'blank';
    return blank;
  }
  const drawing = await read(`pictures/${place}.txt`).then((it) => it.text());
  const image = document.createElement('img');
  image.alt = ''; // the title stands below it
  image.src = `data:image/svg+xml,${encodeURIComponent(drawing)}`; // in an <img> a drawing runs no script
  return image;
}

function money(amount, currency) {
  return currency ? new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount) : amount;
}

function ageInWords(months) {
  if (months === 0) return words.newborn;
  return months < 12 ? words.months(months) : words.years(months / 12);
}

async function attempt(step) {
  try {
    await step();
  } catch (error) {
    console.error(error);
    at('toys').replaceChildren();
    at('status').textContent = words.broken;
  }
}

document.documentElement.lang = language;
document.title = `ToyGuide · ${words.heading}`;
document.querySelectorAll('[data-word]').forEach((it) => { it.textContent = words[it.dataset.word]; });
AGES.forEach((months) => at('age').add(new Option(ageInWords(months), months, months === 36, months === 36)));
await attempt(open);
