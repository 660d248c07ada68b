// {"files": {"package.json": "{\"type\": \"module\", \"name\": \"mine\", \"exports\": \"./other.js\"}", "other.js": "export default 'other'"}}
import other from 'mine'
console.log(import.meta.main, other)
