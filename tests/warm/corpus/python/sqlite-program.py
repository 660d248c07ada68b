import sqlite3

database = sqlite3.connect(':memory:')
database.execute('create table t (x)')
database.executemany('insert into t values (?)', [(n,) for n in range(10)])
print(database.execute('select sum(x), count(*) from t').fetchone())
