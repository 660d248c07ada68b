const { DatabaseSync } = require('node:sqlite')
const database = new DatabaseSync(':memory:')
database.exec('create table t (x); insert into t values (1), (2)')
console.log(database.prepare('select sum(x) as s from t').get())
