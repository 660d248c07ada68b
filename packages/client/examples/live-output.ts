import { Vulcan } from '@vulcan/client'

const vulcan = new Vulcan()
const decoder = new TextDecoder()
const result = await vulcan.run(
  { runtime: 'node', code: 'print("one"); warn("two"); exit(3)', timeoutS: 10 },
  {
    signal: AbortSignal.timeout(60_000),
    onStdout: (bytes) => console.log(`stdout: ${decoder.decode(bytes).trim()}`),
    onStderr: (bytes) => console.log(`stderr: ${decoder.decode(bytes).trim()}`),
    onPhase: (phase) => console.log(`it is ${phase}`),
  },
)
console.log(`it ${result.reason} with ${result.exitCode}`)
