// Lists the events of the run that pass the filters, the first so many of them.
const MOST = 1000;
const events = JSON.parse(document.getElementById('events').textContent);
const byId = (id) => document.getElementById(id);

function fill(select, values) {
  for (const value of values) select.append(new Option(value, value));
}

function cell(row, text, name) {
  const td = row.insertCell();
  td.textContent = text;
  if (name) td.className = name;
}

function show() {
  const place = byId('place').value;
  const kind = byId('kind').value;
  const text = byId('text').value.toLowerCase();
  const hits = events.filter(
    ([, , where, what, words]) =>
      (place === '' || where === place) &&
      (kind === '' || what === kind) &&
      (text === '' || words.toLowerCase().includes(text)),
  );
  const body = byId('list');
  body.replaceChildren();
  for (const [seq, time, where, what, words] of hits.slice(0, MOST)) {
    const row = body.insertRow();
    row.className = what;
    cell(row, seq, 'n');
    cell(row, time, 'n');
    cell(row, where);
    cell(row, words);
  }
  const more = hits.length > MOST ? `, the first ${MOST} are shown` : '';
  byId('count').textContent = `${hits.length} of ${events.length} events${more}`;
}

fill(byId('place'), [...new Set(events.map((e) => e[2]))].sort());
fill(byId('kind'), [...new Set(events.map((e) => e[3]))].sort());
for (const id of ['place', 'kind', 'text']) byId(id).addEventListener('input', show);
show();
