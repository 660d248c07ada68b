/**
 * Risks that a server takes only when it is told to, by flag of `vulcan serve`. The names are those
 * that commander gives to the flags.
 */
export const EXPOSURE_FLAGS = {
  allowUnauthenticatedNetwork: {
    flag: '--allow-unauthenticated-network',
    description: 'let everybody who reaches the address run code, without API keys',
  },
  allowEmulatedIsolation: {
    flag: '--allow-emulated-isolation',
    description: "run other people's code in emulated VMs, which are no security boundary",
  },
  allowWithoutJailer: {
    flag: '--allow-without-jailer',
    description: "run other people's code in VMMs that the jailer does not confine",
  },
} as const

export type ExposureFlag = keyof typeof EXPOSURE_FLAGS
