/** What a tiny guest does. */
export type TinyGuest =
  | 'idles'
  | 'speaks'
  | 'reboots'
  | 'speaks-and-reboots'
  | 'reboots-on-keys'
  | 'crashes'

/** What the tiny guest that speaks writes to its console. */
export const SPOKEN = 'hello from the guest\n'

const LOAD_ADDRESS = 0x10_0000
const CODE_OFFSET = 0x1000
const NOTE_OFFSET = 0x200
const NOTE_BYTES = 24
const HEADER_BYTES = 64
const PROGRAM_HEADER_BYTES = 56
/** XEN_ELFNOTE_PHYS32_ENTRY: where a PVH kernel is entered, in 32-bit protected mode. */
const PVH_ENTRY = 18

const HALT_FOR_EVER = bytes('fa f4 eb fd') // cli; hlt; jmp back
const RESTART = bytes(
  // mov byte [0xfea00202], 0x42: the reset register of QEMU's microvm, nothing in Firecracker
  'c6 05 02 02 a0 fe 42',
  // mov al, 0xfe; out 0x64, al: the reset line of Firecracker's keyboard controller
  'b0 fe e6 64',
)
const CODE: Readonly<Record<TinyGuest, Buffer>> = {
  idles: HALT_FOR_EVER,
  speaks: Buffer.concat([writeToSerial(SPOKEN), HALT_FOR_EVER]),
  reboots: Buffer.concat([RESTART, HALT_FOR_EVER]),
  'speaks-and-reboots': Buffer.concat([writeToSerial(SPOKEN), RESTART, HALT_FOR_EVER]),
  // Until bit 0 of port 0x64 is set (in; test; jz): the controller has a key.
  'reboots-on-keys': Buffer.concat([bytes('e4 64 a8 01 74 fa'), RESTART, HALT_FOR_EVER]),
  // An exception without a table of handlers, three times: lidt [zeros]; ud2.
  crashes: bytes('0f 01 1d 00 02 10 00 0f 0b'),
}

/**
 * Kernels of a few instructions, as ELF files with a PVH entry, which both QEMU and Firecracker boot
 * in milliseconds: for all that does not depend on what a guest is.
 */
export const TINY_KERNELS: ReadonlyMap<TinyGuest, Buffer> = new Map(
  Object.entries(CODE).map(([guest, code]) => [guest as TinyGuest, kernelWith(code)]),
)

function kernelWith(code: Buffer): Buffer {
  const file = Buffer.alloc(CODE_OFFSET + code.length)
  header().copy(file)
  programHeader(1, 0, file.length).copy(file, HEADER_BYTES)
  programHeader(4, NOTE_OFFSET, NOTE_BYTES).copy(file, HEADER_BYTES + PROGRAM_HEADER_BYTES)
  note().copy(file, NOTE_OFFSET)
  code.copy(file, CODE_OFFSET)
  return file
}

function header(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]) // ELF, 64 bits, little-endian
  header.writeUInt16LE(2, 16) // executable
  header.writeUInt16LE(62, 18) // x86-64
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS + CODE_OFFSET), 24)
  header.writeBigUInt64LE(BigInt(HEADER_BYTES), 32)
  header.writeUInt16LE(HEADER_BYTES, 52)
  header.writeUInt16LE(PROGRAM_HEADER_BYTES, 54)
  header.writeUInt16LE(2, 56) // program headers
  return header
}

/** `type` 1 is loaded, 4 is a note. */
function programHeader(type: number, offset: number, size: number): Buffer {
  const entry = Buffer.alloc(PROGRAM_HEADER_BYTES)
  entry.writeUInt32LE(type, 0)
  entry.writeUInt32LE(7, 4) // read, write, execute
  const fields = [offset, LOAD_ADDRESS + offset, LOAD_ADDRESS + offset, size, size, 4]
  fields.forEach((value, index) => {
    entry.writeBigUInt64LE(BigInt(value), 8 + 8 * index)
  })
  return entry
}

function note(): Buffer {
  const entry = Buffer.alloc(NOTE_BYTES)
  entry.writeUInt32LE(4, 0)
  entry.writeUInt32LE(8, 4)
  entry.writeUInt32LE(PVH_ENTRY, 8)
  entry.write('Xen\0', 12)
  entry.writeBigUInt64LE(BigInt(LOAD_ADDRESS + CODE_OFFSET), 16)
  return entry
}

/** mov dx, 0x3f8; for each character: mov al, it; out dx, al. */
function writeToSerial(text: string): Buffer {
  const each = [...Buffer.from(text)].map((byte) => Buffer.from([0xb0, byte, 0xee]))
  return Buffer.concat([bytes('66 ba f8 03'), ...each])
}

function bytes(...hex: string[]): Buffer {
  return Buffer.from(hex.join('').replaceAll(' ', ''), 'hex')
}
