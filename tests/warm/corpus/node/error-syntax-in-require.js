// {"files": {"broken.js": "function ( {"}}
require('./broken')
