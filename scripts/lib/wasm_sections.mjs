// Reads and changes sections of a WebAssembly module (core specification §5.5): the names of its imports, and its data.

const IMPORTS = 2;
const DATA = 11;

/** The names under which functions are imported. */
export function importNames(bytes) {
  const { body } = sections(bytes).find(({ id }) => id === IMPORTS);
  return imports(body).map(({ field }) => field.toString());
}

/** The same module, with other names where the map has one. */
export function withImportNames(bytes, names) {
  return changed(bytes, IMPORTS, (body) => {
    const parts = imports(body).map(({ module, field, rest }) => {
      const name = Buffer.from(names.get(field.toString()) ?? field);
      return Buffer.concat([leb(module.length), module, leb(name.length), name, rest]);
    });
    return Buffer.concat([leb(parts.length), ...parts]);
  });
}

/** The same module, with zeros in place of all `core::panic::Location` and the names of files that they point to. */
export function withoutPlaces(bytes) {
  return changed(bytes, DATA, (body) => {
    const data = Buffer.from(body);
    const segments = segmentsOf(data);
    const at = (address, length) => {
      const segment = segments.find(({ start, length: all }) => start <= address && address + length <= start + all);
      return segment && data.subarray(segment.offset + address - segment.start).subarray(0, length);
    };
    const places = segments.flatMap(({ start, length }) =>
      Array.from({ length: Math.max(0, (length >> 2) - 3) }, (_, index) => ((start + 3) & ~3) + index * 4)
        .map((address) => ({ address, file: fileOf(at, address) }))
        .filter(({ file }) => file),
    );
    for (const { address, file } of places) {
      at(address, 16).fill(0);
      file.fill(0);
    }
    return data;
  });
}

/** The bytes of the file's name, if a `Location` is there: pointer and length of the name, line, column. */
function fileOf(at, address) {
  const place = at(address, 16);
  if (!place) return undefined;
  const [pointer, length, line, column] = [0, 4, 8, 12].map((offset) => place.readUInt32LE(offset));
  const isPlace = length > 3 && length < 300 && line > 0 && line < 100_000 && column > 0 && column < 1_000;
  const file = isPlace ? at(pointer, length) : undefined;
  return file?.toString('latin1').match(/^[\x20-\x7e]+\.rs$/) ? file : undefined;
}

/** Active segments of memory 0, with where they are in the body. */
function segmentsOf(body) {
  const reader = new Reader(body);
  return Array.from({ length: reader.number() }, () => {
    if (reader.byte() !== 0 || reader.byte() !== 0x41) throw new Error('a segment is not at a constant address');
    const start = reader.number();
    if (reader.byte() !== 0x0b) throw new Error('a segment is not at a constant address');
    const length = reader.number();
    const offset = reader.position;
    reader.position += length;
    return { start, length, offset };
  });
}

function imports(body) {
  const reader = new Reader(body);
  return Array.from({ length: reader.number() }, () => {
    const module = reader.bytes(reader.number());
    const field = reader.bytes(reader.number());
    const begin = reader.position;
    if (reader.byte() !== 0) throw new Error('something other than a function is imported');
    reader.number();
    return { module, field, rest: body.subarray(begin, reader.position) };
  });
}

function changed(bytes, id, change) {
  const parts = sections(bytes).map((section) => {
    const body = section.id === id ? change(section.body) : section.body;
    return Buffer.concat([Buffer.from([section.id]), leb(body.length), body]);
  });
  return Buffer.concat([bytes.subarray(0, 8), ...parts]);
}

function sections(bytes) {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  reader.position = 8;
  const found = [];
  while (reader.position < bytes.length) found.push({ id: reader.byte(), body: reader.bytes(reader.number()) });
  return found;
}

/** An unsigned number (§5.2.2). */
function leb(number) {
  const bytes = [];
  do {
    const low = number & 0x7f;
    number >>>= 7;
    bytes.push(number > 0 ? low | 0x80 : low);
  } while (number > 0);
  return Buffer.from(bytes);
}

class Reader {
  constructor(body) {
    this.body = body;
    this.position = 0;
  }

  byte() {
    return this.body[this.position++];
  }

  bytes(length) {
    this.position += length;
    return this.body.subarray(this.position - length, this.position);
  }

  number() {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      number |= (byte & 0x7f) << shift;
      if (byte < 0x80) return number >>> 0;
    }
  }
}
