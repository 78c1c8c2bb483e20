// A report like those of Oracle's Automatic Workload Repository, as text and as HTML: the same tables of made-up figures.

interface Table {
  title: string;
  columns: string[];
  row: (n: number) => (string | number)[];
}

/** Figures that look like some, and are the same each time. */
const figure = (n: number, most: number) => (n * 7_919 + 104_729) % most;
const decimal = (n: number, most: number) => (figure(n, most * 100) / 100).toFixed(2);
const sqlId = (n: number) => `${figure(n, 36 ** 5).toString(36).padStart(6, 'g')}${figure(n + 13, 36 ** 5).toString(36).padStart(7, 'z')}`;
const pick = (from: string[], n: number) => from[n % from.length];

const modules = ['JDBC Thin Client', 'SQL*Plus', 'ORDERS_BATCH', 'DBMS_SCHEDULER', 'w3wp.exe', 'python3'];
const events = [
  'db file sequential read', 'log file sync', 'enq: TX - row lock contention', 'gc buffer busy acquire', 'direct path read temp',
  'library cache: mutex X', 'cursor: pin S wait on X', 'read by other session', 'buffer busy waits', 'SQL*Net message from dblink',
];
const statistics = ['physical reads', 'redo size', 'parse count (hard)', 'table scans (long tables)', 'session logical reads', 'sorts (disk)'];
const objects = ['ORDERS', 'ORDERS_PK', 'ORDER_LINES', 'STOCK_MOVEMENTS', 'CUSTOMERS_IX1', 'AUDIT_TRAIL', 'LOB_INVOICES'];

const tables: Table[] = [
  {
    title: 'Top Timed Foreground Events',
    columns: ['Event', 'Waits', 'Total Wait Time (sec)', 'Avg Wait', '% DB time', 'Wait Class'],
    row: (n) => [
      `${pick(events, n)}${n < events.length ? '' : ` (${n})`}`, figure(n, 9_000_000), figure(n, 90_000), `${decimal(n, 90)}ms`,
      decimal(n, 40), pick(['User I/O', 'Commit', 'Application', 'Concurrency', 'Cluster'], n),
    ],
  },
  {
    title: 'SQL ordered by Elapsed Time',
    columns: ['Elapsed Time (s)', 'Executions', 'Elapsed Time per Exec (s)', '%Total', '%CPU', '%IO', 'SQL Id', 'SQL Module', 'SQL Text'],
    row: (n) => [
      decimal(n, 9_000), figure(n, 900_000), decimal(n, 9), decimal(n, 30), decimal(n, 99), decimal(n + 1, 99), sqlId(n), pick(modules, n),
      `select /*+ index(o ${pick(objects, n)}_IX${n}) */ o.id, sum(l.amount) from ${pick(objects, n)} o where o.created_at >= :B${n % 9}`,
    ],
  },
  {
    title: 'Instance Activity Stats',
    columns: ['Statistic', 'Total', 'per Second', 'per Trans'],
    row: (n) => [`${pick(statistics, n)} (${n})`, figure(n, 900_000_000), decimal(n, 90_000), decimal(n, 900)],
  },
  {
    title: 'Segments by Physical Reads',
    columns: ['Owner', 'Tablespace Name', 'Object Name', 'Subobject Name', 'Obj. Type', 'Physical Reads', '%Total'],
    row: (n) => [
      'SHOP', `SHOP_DATA_${n % 40}`, pick(objects, n), `P_2026_${String((n % 12) + 1).padStart(2, '0')}_${n}`, 'TABLE PARTITION',
      figure(n, 90_000_000), decimal(n, 20),
    ],
  },
];

const head = ['DB Name: ORCL', 'Instance: orcl1', 'Release: 19.0.0.0.0', 'RAC: NO', 'Elapsed: 60.02 (mins)', 'DB Time: 1,482.37 (mins)'];
const title = 'WORKLOAD REPOSITORY report for DB ORCL';
/** Its last line: who knows it has read all of the report. */
export const lastLine = 'End of Report (snapshots 41222 to 41223)';

function asText(rows: number): string {
  const table = ({ title, columns, row }: Table) => {
    const lines = [columns, ...Array.from({ length: rows }, (_, n) => row(n))].map((cells) => cells.map(String));
    const widths = columns.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
    const line = (cells: string[]) => cells.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd();
    return [title, '~'.repeat(title.length), line(lines[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1).map(line)].join('\n');
  };
  return [title, ...head, '', ...tables.map((it) => `${table(it)}\n`), lastLine, ''].join('\n');
}

function asHtml(rows: number): string {
  const cell = (value: string | number, n: number) =>
    `<td class='awr${n % 2 ? 'nc' : 'c'}'${typeof value === 'number' ? ' align="right"' : ''}>${value}</td>`;
  const table = ({ title, columns, row }: Table) => [
    `<h3 class="awr">${title}</h3>`,
    '<table border="1" width="600" summary="This table displays figures">',
    `<tr>${columns.map((name) => `<th class="awrbg" scope="col">${name}</th>`).join('')}</tr>`,
    ...Array.from({ length: rows }, (_, n) => `<tr>${row(n).map((value) => cell(value, n)).join('')}</tr>`),
    '</table><p />',
  ].join('\n');
  return [
    `<html lang="en"><head><title>AWR Report</title><style type="text/css">body.awr {font:bold 10pt Arial}</style></head><body class="awr">`,
    `<h1 class="awr">${title}</h1>`, ...head.map((line) => `<p>${line}</p>`), ...tables.map(table), `<p>${lastLine}</p>`, '</body></html>', '',
  ].join('\n');
}

/** The first that has so many characters. */
function atLeast(chars: number, make: (rows: number) => string): string {
  for (let rows = 20; ; rows += 1) {
    const made = make(rows);
    if (made.length >= chars) return made;
  }
}

export const awrText = (chars: number) => atLeast(chars, asText);
export const awrHtml = (chars: number) => atLeast(chars, asHtml);
