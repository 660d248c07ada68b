// {"env": {"MINE": "value", "EMPTY": "", "UMLAUT": "äöü", "WITH_EQUALS": "a=b=c"}}
for (const [name, value] of Object.entries(process.env)) console.log(name, value)
