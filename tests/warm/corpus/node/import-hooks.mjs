import { registerHooks } from 'node:module'
registerHooks({ resolve: (s, c, next) => (s === 'virtual:x' ? { url: 'virtual:x', shortCircuit: true, format: 'module' } : next(s, c)), load: (u, c, next) => (u === 'virtual:x' ? { source: 'export default 5', format: 'module', shortCircuit: true } : next(u, c)) })
console.log((await import('virtual:x')).default)
