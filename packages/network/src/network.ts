import type { NetworkPolicy } from '@vulcan/schema'
import type { Conflist } from './cni/conflist.ts'
import { findPlugins, loadConflist } from './cni/load-conflist.ts'
import { refuseUnsafeChain } from './cni/refuse-unsafe-chain.ts'
import { HOST_PROGRAMS, hostProgram } from './host-programs.ts'
import { makeSlot, type NetworkSlot, type SlotRequest } from './make-slot.ts'

export interface NetworkSettings {
  /** Whose first `*.conflist` by name is the chain; without one it is the shipped one. */
  readonly cniConfigDir: string
  /** Where plugins are looked up, in this order. */
  readonly cniBinDirs: readonly string[]
}

export interface MakeSlotOptions extends SlotRequest {
  readonly policy: NetworkPolicy
}

/** The operator's CNI chain, found safe for guests that nobody trusts. */
export class Network {
  readonly conflistName: string
  /** The operator's file, or `shipped`. */
  readonly source: string
  /** The file of each plugin that the chain executes, by type. */
  readonly plugins: ReadonlyMap<string, string>
  readonly #conflist: Conflist
  readonly #binDirs: readonly string[]

  /** Reads the chain and finds all that it needs. Throws `NetworkError`, before anything is made. */
  static async open({ cniConfigDir, cniBinDirs }: NetworkSettings): Promise<Network> {
    const { conflist, source } = await loadConflist(cniConfigDir)
    refuseUnsafeChain(conflist)
    const plugins = await findPlugins(conflist, cniBinDirs)
    for (const program of HOST_PROGRAMS) await hostProgram(program)
    return new Network(conflist, source, plugins, cniBinDirs)
  }

  private constructor(
    conflist: Conflist,
    source: string,
    plugins: ReadonlyMap<string, string>,
    binDirs: readonly string[],
  ) {
    this.conflistName = conflist.name
    this.source = source
    this.plugins = plugins
    this.#conflist = conflist
    this.#binDirs = binDirs
  }

  /**
   * Makes a namespace with a TAP for one guest, filtered by its policy before the TAP exists. What
   * was recorded is the caller's to release, after a failure too. Throws `NetworkError`, or the
   * signal's reason.
   */
  makeSlot(options: MakeSlotOptions): Promise<NetworkSlot> {
    return makeSlot({ conflist: this.#conflist, binDirs: this.#binDirs }, options)
  }
}
