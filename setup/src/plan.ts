import type { Step } from './step.ts'

/** Says what is about to happen: which steps, and what they take at most. */
export function describePlan(steps: readonly Step[], home: string): string {
  const lines = steps.map(({ name, estimate }) => {
    const { downloadMib, diskMib, seconds } = estimate
    return `  ${name.padEnd(28)}${column(downloadMib)} MB${column(diskMib)} MB${duration(seconds).padStart(10)}`
  })
  const sum = (field: 'downloadMib' | 'diskMib' | 'seconds') =>
    steps.reduce((total, step) => total + step.estimate[field], 0)
  const total = `  ${'at most'.padEnd(28)}${column(sum('downloadMib'))} MB${column(sum('diskMib'))} MB${duration(sum('seconds')).padStart(10)}`
  const head = `  ${''.padEnd(28)}${'download'.padStart(11)}${'disk'.padStart(11)}${'time'.padStart(10)}`
  return [
    `Set-up: ${steps.length} ${steps.length === 1 ? 'step is' : 'steps are'} missing (kept in ${home})`,
    head,
    ...lines,
    ...(steps.length > 1 ? [total] : []),
  ].join('\n')
}

function column(mib: number): string {
  return String(mib).padStart(8)
}

/** A time as people say it: `45 s`, `2 min`. */
function duration(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
