console.log(process.moduleLoadList.filter((name) => !name.startsWith('Internal Binding')).sort().join('\n'))
