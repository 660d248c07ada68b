console.log(this === module.exports, (function () { return this === globalThis })(), (function () { 'use strict'; return this })())
