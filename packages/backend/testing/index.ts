export { Execution, FakeBackend } from './fake-backend.ts'
