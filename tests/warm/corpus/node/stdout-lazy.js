console.log(typeof Object.getOwnPropertyDescriptor(process, 'stdout').get, typeof Object.getOwnPropertyDescriptor(process, 'stdin').get)
