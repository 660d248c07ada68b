import { VulcanError } from '@vulcan/schema'

/** No image where one is needed. */
export class ImageMissingError extends VulcanError<'image_missing'> {
  readonly image: string
  readonly path: string

  constructor(image: string, path: string, options?: ErrorOptions) {
    super(
      'image_missing',
      `there is no image "${image}" at ${path}: make it with "vulcan images build"`,
      options,
    )
    this.image = image
    this.path = path
  }
}

/** A file of an image does not hold what was written into it. */
export class ImageDamagedError extends VulcanError<'image_damaged'> {
  readonly path: string
  readonly problem: string

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(
      'image_damaged',
      `${path} is damaged (${problem}): remove its directory and run "vulcan images build"`,
      options,
    )
    this.path = path
    this.problem = problem
  }
}

/** A program or file of the host that a build needs is not installed. */
export class BuildToolMissingError extends VulcanError<'build_tool_missing'> {
  readonly tool: string
  readonly aptPackage: string

  constructor(tool: string, aptPackage: string, options?: ErrorOptions) {
    super(
      'build_tool_missing',
      `building images needs ${tool}, which is not on this machine: "apt install ${aptPackage}"`,
      options,
    )
    this.tool = tool
    this.aptPackage = aptPackage
  }
}

/** The guest agent, which goes into the initrd, could not be read. */
export class GuestAgentMissingError extends VulcanError<'guest_agent_missing'> {
  readonly path: string

  constructor(path: string, options?: ErrorOptions) {
    super(
      'guest_agent_missing',
      `the guest agent ${path} cannot be read: build the native programs first, or name another path`,
      options,
    )
    this.path = path
  }
}

/** How a program ended that should have ended with code 0. */
export type ProgramEnd =
  | { readonly type: 'exited'; readonly exitCode: number }
  | { readonly type: 'signalled'; readonly signal: string }
  | { readonly type: 'timed_out'; readonly deadlineMs: number }

/** A program that a build runs failed or did not end in time. */
export class BuildProgramError extends VulcanError<'build_program_failed'> {
  readonly program: string
  readonly end: ProgramEnd
  /** The last lines that the program wrote on standard error. */
  readonly stderrTail: string

  constructor(program: string, end: ProgramEnd, stderrTail: string, options?: ErrorOptions) {
    super('build_program_failed', `${program} ${describeEnd(end)}:\n${stderrTail}`, options)
    this.program = program
    this.end = end
    this.stderrTail = stderrTail
  }
}

function describeEnd(end: ProgramEnd): string {
  switch (end.type) {
    case 'exited':
      return `failed with exit code ${end.exitCode}`
    case 'signalled':
      return `was ended by ${end.signal}`
    case 'timed_out':
      return `did not end within ${end.deadlineMs} ms and was killed`
  }
}

/** A kernel, or one of its modules, is not what the guest can be made of. */
export class KernelFormatError extends VulcanError<'kernel_format'> {
  constructor(problem: string, options?: ErrorOptions) {
    super('kernel_format', `the kernel cannot be used: ${problem}`, options)
  }
}

/** The file system is too full for what is to be written. */
export class NoSpaceError extends VulcanError<'no_space'> {
  readonly path: string
  readonly neededBytes: number
  readonly freeBytes: number

  constructor(path: string, neededBytes: number, freeBytes: number, options?: ErrorOptions) {
    super(
      'no_space',
      `the file system of ${path} has ${mib(freeBytes)} MiB free where ${mib(neededBytes)} MiB are needed: free some space there`,
      options,
    )
    this.path = path
    this.neededBytes = neededBytes
    this.freeBytes = freeBytes
  }
}

function mib(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024)
}

/** The name of an image or runtime that nobody has a recipe for. */
export class UnknownImageError extends VulcanError<'unknown_image'> {
  readonly image: string

  constructor(image: string, known: readonly string[], options?: ErrorOptions) {
    super('unknown_image', `there is no image "${image}"; there are ${known.join(', ')}`, options)
    this.image = image
  }
}

/** A file of somebody's is where a link into the store belongs. */
export class LinkOccupiedError extends VulcanError<'link_occupied'> {
  readonly path: string

  constructor(path: string, options?: ErrorOptions) {
    super('link_occupied', `${path} is not a link made by Vulcan: move it elsewhere`, options)
    this.path = path
  }
}
