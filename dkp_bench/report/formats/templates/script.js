
// Sorts and filters tables and links to cells. All content is in the page: without this script nothing is missing.
// The address holds the view, so that a link shows to others what its maker saw: ?show=… filters, ?sort=… sorts.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const query = () => new URLSearchParams(location.search);
const create = (tag, properties) => Object.assign(document.createElement(tag), properties);

function remember(change) {
  const kept = query();
  change(kept);
  history.replaceState(null, "", `${kept.size ? `?${kept}` : location.pathname}${location.hash}`);
}

// ---- Sorting: the heads of columns become buttons; a click goes on to the next order.
const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
const texts = new Intl.Collator("en", { numeric: true });
const original = new Map(all("tbody").map((body) => [body, [...body.rows]]));

/** Compares two rows by a column; what has no value comes last in both orders, and equal rows keep their places. */
function comparison(rows, column, order) {
  const sign = order === "ascending" ? 1 : -1;
  const byValue = rows.some((row) => row.cells[column].dataset.value);
  const key = ({ cells: { [column]: cell } }) => {
    if (byValue) return cell.dataset.value ? Number(cell.dataset.value) : null;
    return cell.matches(".empty, .not-run") ? null : cell.textContent.trim();
  };
  return (one, other) => {
    const [a, b] = [key(one), key(other)];
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (byValue ? a - b : texts.compare(a, b));
  };
}

function sort(head, order) {
  const table = head.closest("table");
  const [body] = table.tBodies;
  const rows = [...original.get(body)];
  for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
  if (order !== "none") {
    head.setAttribute("aria-sort", order);
    rows.sort(comparison(rows, head.cellIndex, order));
  }
  body.append(...rows);
  const title = head.querySelector("button").firstChild.textContent.trim();
  const said = order === "none" ? "in the original order" : `sorted by ${title}, ${order}`;
  table.querySelector("[role=status]").textContent = said;
}

for (const table of all("table[data-sortable]")) {
  const prefix = `${table.closest("[id]").id}.`;
  table.caption.firstElementChild.after(" ", create("span", { role: "status", className: "status" }));
  for (const head of table.tHead.rows[0].cells) {
    const button = create("button", { type: "button" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const order = NEXT[head.getAttribute("aria-sort") ?? "none"];
      sort(head, order);
      remember((kept) => {
        const others = kept.getAll("sort").filter((value) => !value.startsWith(prefix));
        kept.delete("sort");
        if (order !== "none") others.push(prefix + head.dataset.name + "." + order);
        others.forEach((value) => kept.append("sort", value));
      });
    });
  }
}

// ---- Filtering: a row stays if it holds every word; its table's caption, heads and section count as part of it.
const form = document.querySelector("form");
const [words, output, clear] = ["input", "output", "button"].map((tag) => form.querySelector(tag));
const choices = all("select", form); // of a dataset, of a method: these match whole words
const spaced = (...parts) => ` ${parts.join(" ").toLowerCase().split(/[\s,;:()/|“”]+/).join(" ")} `;
const rows = all("tbody tr").map((row) => {
  const table = row.closest("table");
  const parts = [table.closest("section").querySelector("h2"), table.caption, table.tHead, row];
  return { row, table, text: spaced(...parts.map((part) => part.textContent)) };
});

function filter() {
  const wanted = spaced(words.value).split(" ").filter(Boolean);
  const tokens = choices.filter((select) => select.value).map((select) => spaced(select.value));
  const active = wanted.length + tokens.length > 0;
  const found = rows.filter(({ text }) => [...wanted, ...tokens].every((part) => text.includes(part)));
  const kept = new Set(found.map(({ row }) => row));
  const tables = new Set(found.map(({ table }) => table));
  for (const { row } of rows) row.hidden = !kept.has(row);
  for (const exhibit of all(".exhibit")) exhibit.hidden = active && !tables.has(exhibit.querySelector("table"));
  for (const section of all("section")) {
    section.classList.toggle("none", active && !all("table", section).some((table) => tables.has(table)));
  }
  if (active) tables.forEach(unfold);
  output.textContent = active ? `${found.length} of ${rows.length} rows` : "";
  clear.hidden = !active;
}

function change() {
  filter();
  remember((kept) => {
    for (const { name, value } of [words, ...choices]) {
      if (value) kept.set(name, value);
      else kept.delete(name);
    }
  });
}

function showAll() {
  for (const field of [words, ...choices]) field.value = "";
  change();
}

form.addEventListener("input", change);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("keydown", (event) => event.key === "Escape" && showAll());
clear.addEventListener("click", () => (showAll(), words.focus()));

// ---- Links: one # goes from cell to cell, with the pointer or, from a table's box, with Enter and the arrow keys.
const link = create("a", { className: "anchor" });
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function offer(cell) {
  link.href = `#${cell.id}`;
  link.ariaLabel = `Link to ${cell.parentElement.cells[0].textContent.trim()}: ${cell.textContent.trim()}`;
  cell.append(link);
}

document.addEventListener("pointerover", ({ target }) => {
  const cell = target.closest("tbody [id]");
  if (cell && cell !== link.parentElement && !link.matches(":focus-visible")) offer(cell);
});

document.addEventListener("keydown", (event) => {
  const [down, right] = STEPS[event.key] ?? [];
  if (event.key === "Enter" && event.target.matches(".scroll")) {
    const cell = event.target.querySelector("tbody tr:not([hidden]) td");
    if (cell) offer(cell);
    link.focus();
  } else if (event.target === link && event.key === "Escape") {
    link.closest(".scroll").focus();
  } else if (event.target === link && down !== undefined) {
    event.preventDefault();
    const [cell, row] = [link.parentElement, link.closest("tr")];
    const shown = [...row.parentElement.rows].filter(({ hidden }) => !hidden);
    const next = shown[shown.indexOf(row) + down]?.cells[cell.cellIndex + right];
    if (next) offer(next);
    link.focus();
  }
});

// ---- Opening a link: what is folded or filtered away comes to light.
function unfold(element) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  if (!target) return;
  if (target.closest("[hidden], .none")) showAll();
  unfold(target);
  target.scrollIntoView({ block: target.matches("td, tbody th") ? "center" : "start", inline: "nearest" });
  if (link.hash === location.hash) link.focus({ preventScroll: true }); // following a link moves the focus away
}

for (const field of [words, ...choices]) field.value = query().get(field.name) ?? "";
for (const select of choices) select.selectedIndex = Math.max(select.selectedIndex, 0); // a name that is not here
for (const [anchor, name, order] of query().getAll("sort").map((value) => value.split("."))) {
  const table = document.getElementById(anchor)?.querySelector("table[data-sortable]");
  const head = table && all("thead th", table).find(({ dataset }) => dataset.name === name);
  if (head && order in NEXT) sort(head, order);
}
form.hidden = false;
filter();
addEventListener("hashchange", reveal);
reveal();

// ---- Paper has nothing to unfold; and the contents tell where the reader is.
let folded = [];
const foldAll = (open) => folded.forEach((fold) => (fold.open = open));
addEventListener("beforeprint", () => ((folded = all("details:not([open])")), foldAll(true)));
addEventListener("afterprint", () => foldAll(false));

const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const entry = document.querySelector(`nav a[href="#${target.id}"]`);
    if (isIntersecting) entry.setAttribute("aria-current", "true");
    else entry.removeAttribute("aria-current");
  }
}, { rootMargin: "-20% 0px -80% 0px" });
all("section").forEach((section) => seen.observe(section));
